// LoadBindings on any bytes: every issue has a place, what loads decides alike each time, grants
// nothing to nobody, and reads an identity in one way at most.
#include <cstdint>
#include <string>
#include <vector>

#include "common/json/json_document.h"
#include "pdp/identity/identity_name.h"
#include "pdp/identity/load_bindings.h"
#include "tests/fuzz/fuzz_check.h"

namespace ostiary::pdp {
namespace {

// Strings of the document, and what a template among them may stand for.
void Collect(JsonValue value, std::vector<std::string>* out) {
  constexpr size_t kMost = 40;
  if (out->size() >= kMost) return;
  if (value.is_string()) {
    std::string text = value.string_copy();
    out->push_back(text);
    for (size_t open; (open = text.find('{')) != std::string::npos;) {
      const size_t close = text.find('}', open);
      if (close == std::string::npos) break;
      text.replace(open, close + 1 - open, "a.b");
    }
    out->push_back(std::move(text));
  }
  for (auto e = value.is_array() ? value.first_element() : std::nullopt; e; e = e->next_element()) {
    Collect(*e, out);
  }
  for (auto k = value.is_object() ? value.first_key() : std::nullopt; k; k = k->next_key()) {
    Collect(k->member_value(), out);
  }
}

void CheckText(absl::string_view text) {
  const LoadedBindings loaded = LoadBindings({"b", text});
  OSTIARY_FUZZ_CHECK((loaded.bindings == nullptr) == HasErrors(loaded.issues), "bindings");
  for (const Issue& issue : loaded.issues) {
    OSTIARY_FUZZ_CHECK(!issue.message.empty(), "an issue without words");
    OSTIARY_FUZZ_CHECK((issue.line == 0) == (issue.column == 0), FormatIssue(issue));
  }
  if (loaded.bindings == nullptr) return;
  JsonDocument document;
  OSTIARY_FUZZ_CHECK(document.Parse(text), document.error().message);
  std::vector<std::string> texts = {"", "a", "a.b"};
  Collect(document.root(), &texts);
  const LoadedBindings again = LoadBindings({"b", text});
  for (const std::string& identity : texts) {
    OSTIARY_FUZZ_CHECK(loaded.bindings->HasRole(identity, Role::kAdmin) ==
                           again.bindings->HasRole(identity, Role::kAdmin),
                       identity);
    for (const std::string& agent : texts) {
      const bool may = loaded.bindings->MayActAs(identity, agent);
      OSTIARY_FUZZ_CHECK(may == again.bindings->MayActAs(identity, agent), identity);
      OSTIARY_FUZZ_CHECK(!may || !identity.empty(), "nobody may act");
      OSTIARY_FUZZ_CHECK(!may || CheckIdentity(identity).ok(), identity);
    }
  }
}

}  // namespace
}  // namespace ostiary::pdp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ostiary::pdp::CheckText(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
