#include "sidecar/core/known_keys.h"

#include <array>
#include <cstring>
#include <string>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "absl/numeric/bits.h"
#include "absl/strings/ascii.h"

namespace ostiary::sidecar {
namespace {

// Longer than any known key; what does not fit matches none.
constexpr size_t kFoldedBytes = 64;

// Up to here, comparing each key with those before it is faster than a set, and allocates nothing.
constexpr size_t kMaxPairwiseKeys = 32;

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

template <typename Word>
bool SameEnds(const char* a, const char* b, size_t size) {
  Word words[4];
  const size_t last = size - sizeof(Word);
  std::memcpy(&words[0], a, sizeof(Word));
  std::memcpy(&words[1], b, sizeof(Word));
  std::memcpy(&words[2], a + last, sizeof(Word));
  std::memcpy(&words[3], b + last, sizeof(Word));
  return words[0] == words[1] && words[2] == words[3];
}

// For keys: most have 2 to 16 bytes, which two words at their ends cover. Without memcmp's call, so
// that the caller has no registers to save.
bool SameBytes(const char* a, const char* b, size_t size) {
  if (size >= 4 && size <= 8) return SameEnds<uint32_t>(a, b, size);
  for (; size > 16; a += 8, b += 8, size -= 8) {
    if (!SameEnds<uint64_t>(a, b, 8)) return false;
  }
  if (size > 8) return SameEnds<uint64_t>(a, b, size);
  if (size >= 4) return SameEnds<uint32_t>(a, b, size);
  if (size >= 2) return SameEnds<uint16_t>(a, b, size);
  return size == 0 || *a == *b;
}

// Of a key that is none of `known`.
KeyMatch MatchFolded(absl::string_view text, const KnownKeys& known, size_t* index) {
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

// What is wrong with a key that is none of `known`, whatever other keys there are.
const char* FaultOfUnknown(JsonValue key, absl::string_view text, const KnownKeys& known) {
  size_t index = 0;
  if (key.has_lone_surrogate()) {
    return "has a key with half of a surrogate pair";
  }
  if (text == "__proto__") {
    return "has the key \"__proto__\", which some peers take for a prototype";
  }
  if (MatchFolded(text, known, &index) == KeyMatch::kConfusable) {
    return "has a key that differs from a known one only in case, width or a NUL";
  }
  return nullptr;
}

// Whether an earlier key than `key` has its text.
bool OccursBefore(JsonValue object, JsonValue key, absl::string_view text) {
  for (auto before = object.first_key(); before->offset() != key.offset();
       before = before->next_key()) {
    if (before->string_equals(text)) {
      return true;
    }
  }
  return false;
}

constexpr char kTwice[] = "has a key twice";

// Those keys of an object that are none of the known ones: few, mostly none. Apart, so that nothing
// of it is kept ready for the others.
class UnknownKeys {
 public:
  UnknownKeys(const JsonValue& object, const KnownKeys& known) : object_(object), known_(known) {}

  // Whether a key is there twice, as far as that is seen at once.
  ABSL_ATTRIBUTE_NOINLINE bool Add(JsonValue key, absl::string_view text) {
    ++count_;
    // A duplicate is told of first.
    if (count_ > 1 && is_small() && OccursBefore(object_, key, text)) return true;
    if (fault_ == nullptr) fault_ = FaultOfUnknown(key, text, known_);
    return false;
  }

  // Once all are added: what is wrong, or nullptr.
  const char* Fault() const {
    if (count_ > 1 && !is_small() && object_.FirstDuplicateKey().has_value()) return kTwice;
    return fault_;
  }

 private:
  bool is_small() const { return object_.size() <= kMaxPairwiseKeys; }

  const JsonValue& object_;
  const KnownKeys& known_;
  size_t count_ = 0;
  const char* fault_ = nullptr;
};

}  // namespace

inline size_t KnownKeys::Find(absl::string_view text) const {
  if (text.empty() || text.size() > kMaxBytes) {
    return size_;
  }
  uint32_t candidates = of_size_[text.size()] & of_first_[FirstOf(text)];
  for (; candidates != 0; candidates &= candidates - 1) {
    const auto i = static_cast<size_t>(absl::countr_zero(candidates));
    if (SameBytes(text.data(), names_[i].data(), text.size())) {
      return i;
    }
  }
  return size_;
}

KeyMatch MatchKey(const JsonValue& key, const KnownKeys& known, size_t* index) {
  std::string scratch;
  const absl::string_view text = key.string_value(&scratch);
  *index = known.Find(text);
  return *index < known.size() ? KeyMatch::kExact : MatchFolded(text, known, index);
}

const char* KeyFault(const JsonValue& object, const KnownKeys& known) {
  uint32_t present = 0;
  return ReadMembers(object, known, {}, &present);
}

const char* ReadMembers(const JsonValue& object, const KnownKeys& known,
                        absl::Span<uint32_t> indexes, uint32_t* present) {
  UnknownKeys unknown(object, known);
  uint32_t seen = 0;  // bits of the known ones
  std::string scratch;
  for (auto key = object.first_key(); key; key = key->next_key()) {
    const absl::string_view text = key->string_value(&scratch);
    const size_t index = known.Find(text);
    if (ABSL_PREDICT_TRUE(index < known.size())) {
      const uint32_t bit = uint32_t{1} << index;
      if (ABSL_PREDICT_FALSE((seen & bit) != 0)) return kTwice;
      seen |= bit;
      if (index < indexes.size()) indexes[index] = key->member_value().index();
    } else if (unknown.Add(*key, text)) {
      return kTwice;
    }
  }
  *present = seen;
  return unknown.Fault();
}

}  // namespace ostiary::sidecar
