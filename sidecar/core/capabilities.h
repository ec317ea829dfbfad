// Reads what a server declares of its lists, in its answer to initialize or server/discover, and
// says how to declare that the client will hear when they change: the sidecar tells it where the
// server does not.
#ifndef OSTIARY_SIDECAR_CORE_CAPABILITIES_H_
#define OSTIARY_SIDECAR_CORE_CAPABILITIES_H_

#include <array>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/json/json_document.h"
#include "sidecar/core/line_edits.h"
#include "sidecar/core/methods.h"

namespace ostiary::sidecar {

struct Capabilities {
  // By ListGroup: the server has such a list.
  std::array<bool, kListGroups> has_list = {};
  // What makes all of these promise that changes are told; none where they do.
  LineEdits edits;
};

// `result` is a value of `line`. An error says what could not be read alike by every peer.
absl::StatusOr<Capabilities> ReadCapabilities(const JsonValue& result, absl::string_view line);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_CAPABILITIES_H_
