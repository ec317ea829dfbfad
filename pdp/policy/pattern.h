// Patterns: the globs that entries of a rules file may be (README.md, "Patterns").
//
// Plain values over views: what they point to must outlive them. Any thread may match.
#ifndef OSTIARY_PDP_POLICY_PATTERN_H_
#define OSTIARY_PDP_POLICY_PATTERN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ostiary::pdp {

// What a pattern is at heart. All but kGlob can be matched by comparing bytes, since UTF-8 never
// finds one character inside another.
enum class PatternShape : uint8_t {
  kLiteral,  // no wildcard
  kAny,      // "*"
  kPrefix,   // "text*"
  kSuffix,   // "*text"
  kGlob,     // all else
};

// Both ends belong to the range.
struct CharRange {
  uint32_t first = 0;
  uint32_t last = 0;
};

struct GlobToken {
  enum class Kind : uint8_t { kText, kAnyChar, kAnyRun, kOneOf, kNoneOf };
  Kind kind = Kind::kText;
  // Of the text for kText, of the ranges for kOneOf and kNoneOf.
  uint32_t begin = 0;
  uint32_t end = 0;
};

// A pattern as tokens. `text` is the pattern as written.
struct Glob {
  absl::string_view text;
  absl::Span<const GlobToken> tokens;
  absl::Span<const CharRange> ranges;

  // Whether the glob matches all of `name`. Needs no memory and time in proportion to the name (at
  // worst times the pattern's length). Where `name` is not UTF-8, each byte that belongs to no
  // character counts as one character, which is in no set.
  bool Matches(absl::string_view name) const;
};

// The result of parsing; its vectors are used again by the next ParsePattern.
struct ParsedPattern {
  PatternShape shape = PatternShape::kLiteral;
  // The text without its "*", for kLiteral, kPrefix and kSuffix.
  absl::string_view literal;
  absl::string_view text;
  std::vector<GlobToken> tokens;
  std::vector<CharRange> ranges;

  Glob glob() const { return {text, tokens, ranges}; }
  // Whether the pattern, of any shape, matches all of `name`.
  bool Matches(absl::string_view name) const;
};

// False for a text that surely has no wildcard, without parsing it.
bool MayBePattern(absl::string_view text);

// Reads `text`, which is valid UTF-8. Fails with kInvalidArgument for a range that runs backwards,
// the one way in which a pattern can be bad; the message is a sentence about it.
absl::Status ParsePattern(absl::string_view text, ParsedPattern* parsed);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_PATTERN_H_
