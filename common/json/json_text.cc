#include "common/json/json_text.h"

#include <cstring>

#include "common/json/json_plain_run.h"

namespace ostiary {
namespace {

bool IsBetween(char c, uint8_t low, uint8_t high) {
  const auto byte = static_cast<uint8_t>(c);
  return low <= byte && byte <= high;
}

bool IsContinuation(char c) { return IsBetween(c, 0x80, 0xBF); }

#if defined(__SSE2__)
// Where so much of a string is plain, the rest is for wider registers.
constexpr size_t kRunBytes = 256;

// Which of the 64 bytes at `p` are not plain.
class NotPlainJson64 {
 public:
  explicit NotPlainJson64(const char* p)
      : quarters_{NotPlainJson16(p), NotPlainJson16(p + 16), NotPlainJson16(p + 32),
                  NotPlainJson16(p + 48)} {}

  bool any() const {
    return JsonBits16(_mm_or_si128(_mm_or_si128(quarters_[0], quarters_[1]),
                                   _mm_or_si128(quarters_[2], quarters_[3]))) != 0;
  }
  uint64_t bits() const {
    return uint64_t{JsonBits16(quarters_[0])} | uint64_t{JsonBits16(quarters_[1])} << 16 |
           uint64_t{JsonBits16(quarters_[2])} << 32 | uint64_t{JsonBits16(quarters_[3])} << 48;
  }

 private:
  const __m128i quarters_[4];
};
#endif

// What the letter behind a backslash stands for; 'u' is not one of them.
char SimpleEscape(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;
  }
}

}  // namespace

const char* SkipLongPlainJson(const char* p, const char* end) {
#if defined(__SSE2__)
  for (; end - p >= 16; p += 16) {
    const uint32_t not_plain = JsonBits16(NotPlainJson16(p));
    if (not_plain != 0) return p + __builtin_ctz(not_plain);
  }
#endif
  while (p != end && IsPlainJsonByte(*p)) ++p;
  return p;
}

#if defined(__SSE2__)
PlainJsonBytes::Block PlainJsonBytes::FindBlock(const char* text, size_t size, size_t i) {
  const size_t run = i + kRunBytes;
  while (size - i >= kBlockBytes) {
    const NotPlainJson64 block(text + i);
    if (block.any()) return {i, block.bits()};
    i += kBlockBytes;
    if (i == run) i = static_cast<size_t>(SkipPlainRun(text + i, text + size) - text);
  }
  if (i == size) return {i, ~uint64_t{0}};
  const size_t left = size - i;
  const uint64_t behind = ~uint64_t{0} << left;
  // Together with bytes before them, if there are as many.
  if (size >= kBlockBytes) {
    const NotPlainJson64 block(text + size - kBlockBytes);
    return {i, block.bits() >> (kBlockBytes - left) | behind};
  }
  char padded[kBlockBytes] = {};
  std::memcpy(padded, text + i, left);
  return {i, NotPlainJson64(padded).bits() | behind};
}
#endif

size_t Utf8SequenceLength(const char* p, const char* end) {
  const auto left = static_cast<size_t>(end - p);
  if (left == 0) return 0;
  const auto lead = static_cast<uint8_t>(*p);
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return left >= 2 && IsContinuation(p[1]) ? 2 : 0;
  if (lead < 0xF0) {
    const uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;
    const uint8_t high = lead == 0xED ? 0x9F : 0xBF;
    return left >= 3 && IsBetween(p[1], low, high) && IsContinuation(p[2]) ? 3 : 0;
  }
  if (lead < 0xF5) {
    const uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;
    const bool legal =
        left >= 4 && IsBetween(p[1], low, high) && IsContinuation(p[2]) && IsContinuation(p[3]);
    return legal ? 4 : 0;
  }
  return 0;
}

size_t EncodeUtf8(uint32_t code_point, char* out) {
  const auto tail = [code_point](int shift) {
    return static_cast<char>(0x80 | ((code_point >> shift) & 0x3F));
  };
  if (code_point < 0x80) {
    out[0] = static_cast<char>(code_point);
    return 1;
  }
  if (code_point < 0x800) {
    out[0] = static_cast<char>(0xC0 | (code_point >> 6));
    out[1] = tail(0);
    return 2;
  }
  if (code_point < 0x10000) {
    out[0] = static_cast<char>(0xE0 | (code_point >> 12));
    out[1] = tail(6);
    out[2] = tail(0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | (code_point >> 18));
  out[1] = tail(12);
  out[2] = tail(6);
  out[3] = tail(0);
  return 4;
}

int32_t ParseHex4(const char* p) {
  int32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = p[i];
    int32_t digit;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

absl::string_view JsonStringReader::Next() {
  if (p_ == end_) return {};
  if (*p_ == '\\') return Escape();
  const void* backslash = std::memchr(p_, '\\', static_cast<size_t>(end_ - p_));
  const char* begin = p_;
  p_ = backslash == nullptr ? end_ : static_cast<const char*>(backslash);
  return absl::string_view(begin, static_cast<size_t>(p_ - begin));
}

absl::string_view JsonStringReader::Escape() {
  const char letter = p_[1];
  p_ += 2;
  if (letter != 'u') {
    escape_[0] = SimpleEscape(letter);
    return absl::string_view(escape_, 1);
  }
  auto code_point = static_cast<uint32_t>(ParseHex4(p_));
  p_ += 4;
  if (IsHighSurrogate(code_point) && end_ - p_ >= 6 && p_[0] == '\\' && p_[1] == 'u') {
    const auto low = static_cast<uint32_t>(ParseHex4(p_ + 2));
    if (IsLowSurrogate(low)) {
      p_ += 6;
      code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
    }
  }
  if (IsHighSurrogate(code_point) || IsLowSurrogate(code_point)) {
    code_point = kReplacementCharacter;
  }
  return absl::string_view(escape_, EncodeUtf8(code_point, escape_));
}

}  // namespace ostiary
