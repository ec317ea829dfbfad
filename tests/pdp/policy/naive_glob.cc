#include "tests/pdp/policy/naive_glob.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace ostiary::pdp {
namespace {

// Characters; each byte that belongs to none is one past Unicode's last.
std::u32string Characters(absl::string_view text) {
  std::u32string out;
  for (size_t at = 0; at < text.size();) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[at + i]); };
    static constexpr char32_t kLowest[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t size = byte(0) < 0x80             ? 1
                        : (byte(0) & 0xe0) == 0xc0 ? 2
                        : (byte(0) & 0xf0) == 0xe0 ? 3
                        : (byte(0) & 0xf8) == 0xf0 ? 4
                                                   : 0;
    bool good = size > 0 && text.size() - at >= size;
    char32_t c = size == 1 ? byte(0) : size == 0 ? 0 : byte(0) & ((1u << (7 - size)) - 1);
    for (size_t i = 1; good && i < size; ++i) {
      good = (byte(i) & 0xc0) == 0x80;
      c = c << 6 | (byte(i) & 0x3f);
    }
    good = good && c >= kLowest[size] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
    out.push_back(good ? c : 0x110000 + byte(0));
    at += good ? size : 1;
  }
  return out;
}

struct Set {
  bool good = true;
  bool has = false;  // the character asked for is a member
  bool negated = false;
  size_t end = 0;  // behind the "]"; 0 where nothing closes it
};

Set ReadSet(const std::u32string& p, size_t open, char32_t c) {
  Set set;
  size_t begin = open + 1;
  if (begin < p.size() && p[begin] == U'!') {
    set.negated = true;
    ++begin;
  }
  size_t close = begin;
  if (close < p.size() && p[close] == U']') ++close;
  while (close < p.size() && p[close] != U']') ++close;
  if (close >= p.size()) return set;
  set.end = close + 1;
  while (begin < close) {
    if (begin + 2 < close && p[begin + 1] == U'-') {
      if (p[begin + 2] < p[begin]) set.good = false;
      if (p[begin] <= c && c <= p[begin + 2]) set.has = true;
      begin += 3;
    } else {
      if (p[begin] == c) set.has = true;
      ++begin;
    }
  }
  return set;
}

bool IsGood(const std::u32string& p) {
  for (size_t i = 0; i < p.size();) {
    const Set set = p[i] == U'[' ? ReadSet(p, i, 0) : Set{};
    if (!set.good) return false;
    i = set.end > 0 ? set.end : i + 1;
  }
  return true;
}

bool Matches(const std::u32string& p, size_t i, const std::u32string& n, size_t j) {
  if (i == p.size()) return j == n.size();
  if (p[i] == U'*') return Matches(p, i + 1, n, j) || (j < n.size() && Matches(p, i, n, j + 1));
  if (j == n.size()) return false;
  if (p[i] == U'?') return Matches(p, i + 1, n, j + 1);
  if (p[i] == U'[') {
    const Set set = ReadSet(p, i, n[j]);
    if (set.end > 0) return set.has != set.negated && Matches(p, set.end, n, j + 1);
  }
  return p[i] == n[j] && Matches(p, i + 1, n, j + 1);
}

}  // namespace

std::optional<bool> NaiveGlobMatch(absl::string_view pattern, absl::string_view name) {
  const std::u32string p = Characters(pattern);
  if (!IsGood(p)) return std::nullopt;
  return Matches(p, 0, Characters(name), 0);
}

}  // namespace ostiary::pdp
