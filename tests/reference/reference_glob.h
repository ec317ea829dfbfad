// The glob of policy-semantics.md ("Patterns"), in the plainest form that can be checked by eye: a
// table over decoded code points. Quadratic, for tests alone. Pure functions.
#ifndef OSTIARY_TESTS_REFERENCE_REFERENCE_GLOB_H_
#define OSTIARY_TESTS_REFERENCE_REFERENCE_GLOB_H_

#include <string>
#include <vector>

namespace ostiary::reference {

// The code points of a text that is valid UTF-8.
std::u32string DecodeUtf8(const std::string& text);

// One thing that a glob asks of a name: a run of any characters, or one character out of a set.
struct GlobPart {
  struct Range {
    char32_t first;
    char32_t last;
  };
  enum class Kind { kAnyRun, kAnyOne, kOneOf, kNoneOf };

  Kind kind = Kind::kOneOf;
  std::vector<Range> ranges;  // for kOneOf and kNoneOf
};

struct Glob {
  std::vector<GlobPart> parts;
  bool has_reversed_range = false;  // such as [z-a]: a pattern that must not load
};

// Never fails: a `[` that nothing closes is itself.
Glob ParseGlob(const std::string& pattern);

// Does the glob match all of the name?
bool GlobMatches(const Glob& glob, const std::string& name);

}  // namespace ostiary::reference

#endif  // OSTIARY_TESTS_REFERENCE_REFERENCE_GLOB_H_
