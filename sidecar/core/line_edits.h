// LineEdits: pieces of a line to be replaced, all other bytes staying as they came.
#ifndef OSTIARY_SIDECAR_CORE_LINE_EDITS_H_
#define OSTIARY_SIDECAR_CORE_LINE_EDITS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/json/json_document.h"

namespace ostiary::sidecar {

// Offsets into a line, so that they hold for a copy of it too.
struct LineEdit {
  size_t begin;
  size_t end;  // begin for an insertion
  std::string text;
};

using LineEdits = std::vector<LineEdit>;

struct JsonMember {
  absl::string_view key;  // needs no escapes
  absl::string_view json;
};

// Adds what gives `object`, a value of `line`, these members: where it has the key, its value is
// replaced, else the member is put in front. The object has none of the keys twice. Once for each
// object.
void SetMembers(const JsonValue& object, absl::Span<const JsonMember> members,
                absl::string_view line, LineEdits* edits);

// The line with all edits applied, which do not overlap; insertions at one place keep their order.
std::string ApplyEdits(absl::string_view line, LineEdits edits);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_LINE_EDITS_H_
