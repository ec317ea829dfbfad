// FindPosition: where in the raw text of a JSON file the value stands that a pointer names. Walks
// the text anew each time and trusts it to be JSON. A pure function, for tests alone.
#ifndef OSTIARY_TESTS_REFERENCE_POSITION_FINDER_H_
#define OSTIARY_TESTS_REFERENCE_POSITION_FINDER_H_

#include <cstdint>
#include <optional>
#include <string>

namespace ostiary::reference {

struct Position {
  uint32_t line = 0;    // from 1
  uint32_t column = 0;  // in bytes, from 1

  bool operator==(const Position&) const = default;
};

// nullopt where the pointer names nothing.
std::optional<Position> FindPosition(const std::string& text, const std::string& pointer);

}  // namespace ostiary::reference

#endif  // OSTIARY_TESTS_REFERENCE_POSITION_FINDER_H_
