#include "pdp/policy/quote.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "common/json/json_write.h"

namespace ostiary::pdp {
namespace {

constexpr size_t kMaxQuoted = 200;

bool IsContinuationByte(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }

}  // namespace

std::string Quote(absl::string_view text) {
  std::string out;
  AppendQuote(text, &out);
  return out;
}

void AppendQuote(absl::string_view text, std::string* out) {
  if (text.size() <= kMaxQuoted) {
    AppendJsonString(text, out);
    return;
  }
  size_t end = kMaxQuoted;
  while (end > 0 && IsContinuationByte(text[end])) --end;
  AppendJsonString(text.substr(0, end), out);
  absl::StrAppend(out, "... (", text.size(), " bytes)");
}

}  // namespace ostiary::pdp
