// JsonDocument on any bytes: agrees with RapidJSON and nlohmann, and with itself.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "common/json/json_document.h"
#include "common/json/json_write.h"
#include "tests/common/json/json_peers.h"
#include "tests/fuzz/fuzz_check.h"

namespace ostiary {
namespace {

bool IsInside(absl::string_view outer, absl::string_view inner) {
  return inner.data() >= outer.data() && inner.data() + inner.size() <= outer.data() + outer.size();
}

void CheckString(const JsonValue& value) {
  const std::string decoded = value.string_copy();
  OSTIARY_FUZZ_CHECK(value.string_equals(decoded), value.raw());
  OSTIARY_FUZZ_CHECK(!value.string_equals(decoded + "x"), value.raw());
  const std::string written = JsonString(decoded);
  JsonDocument again;
  OSTIARY_FUZZ_CHECK(again.Parse(written), again.error().message);
  OSTIARY_FUZZ_CHECK(again.root().string_equals(decoded), written);
}

uint32_t CheckValue(const JsonValue& value);

// The depth of what is inside `object`.
uint32_t CheckMembers(const JsonValue& object) {
  uint32_t depth = 0;
  size_t members = 0;
  std::set<std::string> seen;
  size_t first_duplicate = 0;
  for (auto key = object.first_key(); key; key = key->next_key(), ++members) {
    OSTIARY_FUZZ_CHECK(IsInside(object.raw(), key->raw()), key->raw());
    CheckString(*key);
    const std::string name = key->string_copy();
    if (seen.insert(name).second) {
      OSTIARY_FUZZ_CHECK(object.Find(name)->offset() == key->member_value().offset(), name);
    } else if (first_duplicate == 0) {
      first_duplicate = key->offset();
    }
    depth = std::max(depth, CheckValue(key->member_value()));
  }
  const auto duplicate = object.FirstDuplicateKey();
  OSTIARY_FUZZ_CHECK((duplicate ? duplicate->offset() : 0) == first_duplicate, object.raw());
  OSTIARY_FUZZ_CHECK(members == object.size(), object.raw());
  return depth;
}

// Checks `value` and all in it, and returns its depth.
uint32_t CheckValue(const JsonValue& value) {
  if (value.is_string()) CheckString(value);
  if (value.is_number()) {
    const auto number = value.int64_value();
    OSTIARY_FUZZ_CHECK(!number || std::to_string(*number) == value.raw(), value.raw());
  }
  if (value.is_object()) return 1 + CheckMembers(value);
  if (!value.is_array()) return 0;
  uint32_t depth = 0;
  size_t elements = 0;
  for (auto e = value.first_element(); e; e = e->next_element(), ++elements) {
    OSTIARY_FUZZ_CHECK(IsInside(value.raw(), e->raw()), e->raw());
    depth = std::max(depth, CheckValue(*e));
  }
  OSTIARY_FUZZ_CHECK(elements == value.size(), value.raw());
  return 1 + depth;
}

// The members of the root's first object are handed out as they stand in the whole document.
void CheckPieces(const JsonDocument& whole) {
  auto key = whole.root().is_object() ? whole.root().first_key() : std::nullopt;
  while (key && !key->member_value().is_object()) key = key->next_key();
  if (!key) return;
  const std::string name = key->string_copy();
  const bool is_first = whole.root().Find(name)->offset() == key->member_value().offset();
  auto expected = is_first ? key->member_value().first_key() : std::nullopt;
  const auto visit = [&](JsonValue handed_out) {
    OSTIARY_FUZZ_CHECK(expected.has_value(), handed_out.raw());
    OSTIARY_FUZZ_CHECK(handed_out.raw().data() == expected->raw().data(), handed_out.raw());
    const JsonValue value = handed_out.member_value();
    OSTIARY_FUZZ_CHECK(value.raw() == expected->member_value().raw(), value.raw());
    CheckValue(value);
    expected = expected->next_key();
  };
  const JsonPieces pieces{name, visit};
  JsonDocument document;
  OSTIARY_FUZZ_CHECK(document.Parse(whole.text(), {}, &pieces), document.error().message);
  OSTIARY_FUZZ_CHECK(!expected.has_value(), "not handed out");
  OSTIARY_FUZZ_CHECK(document.root().raw() == whole.root().raw(), "another root");
  OSTIARY_FUZZ_CHECK(document.root().size() == whole.root().size(), "other members");
  CheckValue(document.root());
}

void CheckText(absl::string_view text) {
  static JsonDocument document;  // kept, so that what one text leaves is there for the next
  const JsonComparison comparison = CompareJsonReaders(text, &document);
  OSTIARY_FUZZ_CHECK(comparison.finding.empty(), comparison.finding);
  if (!comparison.accepted) {
    OSTIARY_FUZZ_CHECK(document.error().offset <= text.size(), document.error().message);
    OSTIARY_FUZZ_CHECK(!document.error().message.empty(), "a refusal without words");
    return;
  }
  OSTIARY_FUZZ_CHECK(document.root().raw() == absl::StripAsciiWhitespace(text), "blanks");
  const uint32_t depth = CheckValue(document.root());
  CheckPieces(document);
  JsonDocument limited;
  OSTIARY_FUZZ_CHECK(limited.Parse(text, {.max_bytes = text.size(), .max_depth = depth}),
                     limited.error().message);
  if (depth > 0) {
    OSTIARY_FUZZ_CHECK(!limited.Parse(text, {.max_depth = depth - 1}), "depth");
  }
  OSTIARY_FUZZ_CHECK(!limited.Parse(text, {.max_bytes = text.size() - 1}), "size");
}

}  // namespace
}  // namespace ostiary

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ostiary::CheckText(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
