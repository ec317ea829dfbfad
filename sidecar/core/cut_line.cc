#include "sidecar/core/cut_line.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace ostiary::sidecar {
namespace {

// Longer than any id that an SDK makes up.
constexpr size_t kMaxPlainIdBytes = 48;

bool IsPlain(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-'; }

// An id as we would write it: no sign, no leading zero, no fraction, no escapes.
MessageId PlainId(absl::string_view raw) {
  MessageId id;
  id.raw = raw;
  absl::string_view text = raw;
  if (absl::ConsumePrefix(&text, "\"") && absl::ConsumeSuffix(&text, "\"")) {
    if (!text.empty() && text.size() <= kMaxPlainIdBytes &&
        std::all_of(text.begin(), text.end(), IsPlain)) {
      id.kind = IdKind::kString;
      id.text = text;
    }
    return id;
  }
  int64_t number = 0;
  if (absl::SimpleAtoi(raw, &number) && raw == absl::StrCat(number) && number >= 0 &&
      number <= kMaxIdNumber) {
    id.kind = IdKind::kInteger;
    id.number = number;
  }
  return id;
}

bool StartsWithKeyOf(absl::string_view text, CutLineShape shape) {
  return shape == CutLineShape::kRequest
             ? absl::StartsWith(text, R"("method":)")
             : absl::StartsWith(text, R"("result":)") || absl::StartsWith(text, R"("error":)");
}

MessageId IdAtHead(absl::string_view head, CutLineShape shape) {
  if (!absl::ConsumePrefix(&head, R"({"jsonrpc":"2.0","id":)")) {
    return {};
  }
  const size_t comma = head.find(',');
  if (comma == absl::string_view::npos || !StartsWithKeyOf(head.substr(comma + 1), shape)) {
    return {};
  }
  return PlainId(head.substr(0, comma));
}

MessageId IdAtTail(absl::string_view head, absl::string_view tail, CutLineShape shape) {
  if (!absl::ConsumePrefix(&head, "{") || !StartsWithKeyOf(head, shape) ||
      !absl::ConsumeSuffix(&tail, "}")) {
    return {};
  }
  constexpr absl::string_view kBefore = R"(,"jsonrpc":"2.0","id":)";
  const size_t found = tail.rfind(kBefore);
  return found == absl::string_view::npos ? MessageId()
                                          : PlainId(tail.substr(found + kBefore.size()));
}

}  // namespace

MessageId IdOfCutLine(absl::string_view head, absl::string_view tail, CutLineShape shape) {
  const MessageId at_head = IdAtHead(head, shape);
  return at_head.kind != IdKind::kNone ? at_head : IdAtTail(head, tail, shape);
}

}  // namespace ostiary::sidecar
