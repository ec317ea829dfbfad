#include "sidecar/core/known_keys.h"

#include <array>
#include <string>

#include "absl/strings/ascii.h"

namespace ostiary::sidecar {
namespace {

// Longer than any known key; what does not fit matches none.
constexpr size_t kFoldedBytes = 64;

struct Fold {
  absl::string_view from;
  absl::string_view to;
};

// Characters beyond ASCII that some comparison without regard to case takes for ASCII: simple and
// full case folding, and Java's upper-then-lower.
constexpr Fold kFolds[] = {
    {"\u017F", "s"},   {"\u212A", "k"},  {"\u0130", "i"},  {"\u0131", "i"},  {"\u00DF", "ss"},
    {"\u1E9E", "ss"},  {"\uFB00", "ff"}, {"\uFB01", "fi"}, {"\uFB02", "fl"}, {"\uFB03", "ffi"},
    {"\uFB04", "ffl"}, {"\uFB05", "st"}, {"\uFB06", "st"},
};

enum class NulMeans : uint8_t { kTheEnd, kNothing };

class Folded {
 public:
  Folded(absl::string_view key, NulMeans nul) {
    while (!key.empty() && fits_) {
      if (key[0] == '\0') {
        if (nul == NulMeans::kTheEnd) {
          return;
        }
        key.remove_prefix(1);
      } else {
        key.remove_prefix(FoldOne(key));
      }
    }
  }

  bool Equals(absl::string_view known) const {
    size_t matched = 0;
    for (size_t i = 0; i < known.size(); ++i) {
      if (i > 0 && JoinsWords(known[i])) {
        continue;
      }
      if (matched == size_ ||
          bytes_[matched] != absl::ascii_tolower(static_cast<unsigned char>(known[i]))) {
        return false;
      }
      ++matched;
    }
    return fits_ && matched == size_;
  }

 private:
  // Some readers take task_id and task-id for taskId; none drops what stands in front.
  static bool JoinsWords(char c) { return c == '_' || c == '-'; }

  // Folds the first character of `key` and returns how many bytes it has.
  size_t FoldOne(absl::string_view key) {
    const auto first = static_cast<unsigned char>(key[0]);
    if (first < 0x80) {
      if (size_ > 0 && JoinsWords(key[0])) {
        return 1;
      }
      Append(static_cast<char>(absl::ascii_tolower(first)));
      return 1;
    }
    for (const Fold& fold : kFolds) {
      if (key.substr(0, fold.from.size()) == fold.from) {
        for (const char c : fold.to) {
          Append(c);
        }
        return fold.from.size();
      }
    }
    if (const size_t width = FoldFullwidth(key); width != 0) {
      return width;
    }
    Append(key[0]);  // byte by byte: it can equal no ASCII key
    return 1;
  }

  // U+FF01..U+FF5E are ASCII's 0x21..0x7E, wide.
  size_t FoldFullwidth(absl::string_view key) {
    if (key.size() < 3 || key[0] != '\xEF') {
      return 0;
    }
    const unsigned code = 0xF000U | (static_cast<unsigned>(key[1]) & 0x3FU) << 6U |
                          (static_cast<unsigned>(key[2]) & 0x3FU);
    if (code < 0xFF01 || code > 0xFF5E) {
      return 0;
    }
    Append(
        static_cast<char>(absl::ascii_tolower(static_cast<unsigned char>(code - 0xFF01 + 0x21))));
    return 3;
  }

  void Append(char c) {
    if (size_ == kFoldedBytes) {
      fits_ = false;
      return;
    }
    bytes_[size_++] = c;
  }

  std::array<char, kFoldedBytes> bytes_;
  size_t size_ = 0;
  bool fits_ = true;
};

}  // namespace

KeyMatch MatchKey(const JsonValue& key, absl::Span<const absl::string_view> known, size_t* index) {
  std::string scratch;
  const absl::string_view text = key.string_value(&scratch);
  for (size_t i = 0; i < known.size(); ++i) {
    if (text == known[i]) {
      *index = i;
      return KeyMatch::kExact;
    }
  }
  const Folded cut(text, NulMeans::kTheEnd);
  const Folded squeezed(text, NulMeans::kNothing);
  for (size_t i = 0; i < known.size(); ++i) {
    if (cut.Equals(known[i]) || squeezed.Equals(known[i])) {
      *index = i;
      return KeyMatch::kConfusable;
    }
  }
  return KeyMatch::kUnknown;
}

const char* KeyFault(const JsonValue& object, absl::Span<const absl::string_view> known) {
  if (object.FirstDuplicateKey().has_value()) {
    return "has a key twice";
  }
  for (auto key = object.first_key(); key; key = key->next_key()) {
    size_t index = 0;
    if (key->has_lone_surrogate()) {
      return "has a key with half of a surrogate pair";
    }
    if (key->string_equals("__proto__")) {
      return "has the key \"__proto__\", which some peers take for a prototype";
    }
    if (MatchKey(*key, known, &index) == KeyMatch::kConfusable) {
      return "has a key that differs from a known one only in case, width or a NUL";
    }
  }
  return nullptr;
}

}  // namespace ostiary::sidecar
