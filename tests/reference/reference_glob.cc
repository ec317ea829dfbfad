#include "tests/reference/reference_glob.h"

#include <algorithm>
#include <cstddef>

namespace ostiary::reference {
namespace {

// The place of the `]` that closes the set whose `[` stands at `open`, or npos. A `]` that comes
// first, or first behind `!`, is a member.
size_t FindClosing(const std::u32string& pattern, size_t open) {
  size_t first = open + 1;
  if (first < pattern.size() && pattern[first] == U'!') ++first;
  return pattern.find(U']', first + 1);
}

// A set's members, between `begin` (behind `[` and `!`) and `end` (its `]`).
std::vector<GlobPart::Range> ParseMembers(const std::u32string& pattern, size_t begin, size_t end) {
  std::vector<GlobPart::Range> ranges;
  size_t at = begin;
  while (at < end) {
    const bool is_range = at + 2 < end && pattern[at + 1] == U'-';
    ranges.push_back({pattern[at], is_range ? pattern[at + 2] : pattern[at]});
    at += is_range ? 3 : 1;
  }
  return ranges;
}

bool MatchesOne(const GlobPart& part, char32_t character) {
  if (part.kind == GlobPart::Kind::kAnyOne) return true;
  const bool is_member = std::any_of(part.ranges.begin(), part.ranges.end(),
                                     [character](const GlobPart::Range& range) {
                                       return range.first <= character && character <= range.last;
                                     });
  return is_member == (part.kind == GlobPart::Kind::kOneOf);
}

}  // namespace

std::u32string DecodeUtf8(const std::string& text) {
  std::u32string decoded;
  size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t character = length == 1 ? lead : lead & (0xff >> (length + 1));
    for (size_t next = at + 1; next < at + length && next < text.size(); ++next) {
      character = (character << 6) | (static_cast<unsigned char>(text[next]) & 0x3f);
    }
    decoded.push_back(character);
    at += length;
  }
  return decoded;
}

Glob ParseGlob(const std::string& pattern_text) {
  const std::u32string pattern = DecodeUtf8(pattern_text);
  Glob glob;
  size_t at = 0;
  while (at < pattern.size()) {
    GlobPart part;
    const size_t closing = pattern[at] == U'[' ? FindClosing(pattern, at) : std::u32string::npos;
    if (pattern[at] == U'*') {
      part.kind = GlobPart::Kind::kAnyRun;
    } else if (pattern[at] == U'?') {
      part.kind = GlobPart::Kind::kAnyOne;
    } else if (closing != std::u32string::npos) {
      const bool negated = pattern[at + 1] == U'!';
      part.kind = negated ? GlobPart::Kind::kNoneOf : GlobPart::Kind::kOneOf;
      part.ranges = ParseMembers(pattern, at + (negated ? 2 : 1), closing);
      for (const GlobPart::Range& range : part.ranges) {
        if (range.first > range.last) glob.has_reversed_range = true;
      }
      at = closing;
    } else {
      part.ranges.push_back({pattern[at], pattern[at]});
    }
    glob.parts.push_back(part);
    ++at;
  }
  return glob;
}

bool GlobMatches(const Glob& glob, const std::string& name_text) {
  const std::u32string name = DecodeUtf8(name_text);
  // matches[n]: do the parts so far match all of the name's first n characters?
  std::vector<bool> matches(name.size() + 1, false);
  matches[0] = true;
  for (const GlobPart& part : glob.parts) {
    std::vector<bool> longer(name.size() + 1, false);
    for (size_t n = 0; n <= name.size(); ++n) {
      if (part.kind == GlobPart::Kind::kAnyRun) {
        longer[n] = matches[n] || (n > 0 && longer[n - 1]);
      } else if (n > 0) {
        longer[n] = matches[n - 1] && MatchesOne(part, name[n - 1]);
      }
    }
    matches = longer;
  }
  return matches[name.size()];
}

}  // namespace ostiary::reference
