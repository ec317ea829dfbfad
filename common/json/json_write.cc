#include "common/json/json_write.h"

#include "common/json/json_text.h"

namespace ostiary {
namespace {

void AppendEscape(char c, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out->append("\\\"");
      return;
    case '\\':
      out->append("\\\\");
      return;
    case '\n':
      out->append("\\n");
      return;
    case '\r':
      out->append("\\r");
      return;
    case '\t':
      out->append("\\t");
      return;
    default:
      out->append("\\u00");
      out->push_back(kHex[(c >> 4) & 0xF]);
      out->push_back(kHex[c & 0xF]);
  }
}

// How a character is written that JSON allows as it is. Some readers end a line at these three.
absl::string_view Written(absl::string_view character) {
  if (character == "\xC2\x85") return "\\u0085";
  if (character == "\xE2\x80\xA8") return "\\u2028";
  if (character == "\xE2\x80\xA9") return "\\u2029";
  return character;
}

}  // namespace

void AppendJsonString(absl::string_view text, std::string* out) {
  const char* p = text.data();
  const char* const end = p + text.size();
  out->push_back('"');
  while (p != end) {
    const char* const plain_end = SkipPlainJson(p, end);
    out->append(p, plain_end);
    p = plain_end;
    if (p == end) break;
    if (static_cast<signed char>(*p) >= 0) {
      AppendEscape(*p++, out);
    } else if (const size_t length = Utf8SequenceLength(p, end); length != 0) {
      const absl::string_view written = Written({p, length});
      out->append(written.data(), written.size());
      p += length;
    } else {
      out->append("\xEF\xBF\xBD");  // kReplacementCharacter
      ++p;
    }
  }
  out->push_back('"');
}

std::string JsonString(absl::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

}  // namespace ostiary
