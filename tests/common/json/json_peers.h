// Other people's JSON readers beside ours, for the differential test and the fuzzer.
//
// The three must agree on every text, on acceptance and on each value, but for these known
// differences:
//   - a NUL byte: RapidJSON (over a memory stream) and nlohmann take it for the end of the text; it
//     is never legal, so ours must refuse;
//   - a byte order mark at the start: nlohmann skips it; ours must refuse;
//   - numbers past the range of a double: RapidJSON and nlohmann refuse, ours keeps the text;
//   - half a surrogate pair in an escape: nlohmann refuses, RapidJSON refuses a high half and
//   passes
//     a low one; ours takes and marks it;
//   - "-0": nlohmann reads the integer 0, so the sign is left out of the comparison.
#ifndef OSTIARY_TESTS_COMMON_JSON_JSON_PEERS_H_
#define OSTIARY_TESTS_COMMON_JSON_JSON_PEERS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "common/json/json_document.h"

namespace ostiary {

enum class JsonVerdict : uint8_t {
  kAccepted,
  kRefused,
  kOutOfRange,  // legal so far, and then a number that the reader cannot hold
};

struct JsonReading {
  JsonVerdict verdict = JsonVerdict::kRefused;
  // Every value in order, strings decoded and numbers as text. For kAccepted only.
  std::string transcript;
};

JsonReading ReadWithRapidJson(absl::string_view text);
JsonReading ReadWithNlohmann(absl::string_view text);

// The same of a document of ours, through the functions that callers use.
std::string Transcribe(const JsonValue& value);

// How a comparison went: which of the known differences took part.
struct JsonComparison {
  bool accepted = false;
  bool known_difference = false;
  // What differs though it should not. Empty where all agree.
  std::string finding;
};

// Reads `text` with all three, ours into `*document` without a limit on depth.
JsonComparison CompareJsonReaders(absl::string_view text, JsonDocument* document);

}  // namespace ostiary

#endif  // OSTIARY_TESTS_COMMON_JSON_JSON_PEERS_H_
