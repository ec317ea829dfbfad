// Reads what the server's initialize result says of its tools, and where to write that the client
// will hear when the list of them changes.
#ifndef OSTIARY_SIDECAR_CORE_INITIALIZE_RESULT_H_
#define OSTIARY_SIDECAR_CORE_INITIALIZE_RESULT_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/json/json_document.h"

namespace ostiary::sidecar {

struct InitializeResult {
  bool has_tools = false;              // it declares tools
  bool promises_list_changed = false;  // and tells when they change
  // Where it has tools and does not promise: writing `insertion` in place of these bytes of the
  // line (none of them, where the key is not there) makes it promise.
  absl::string_view place;
  absl::string_view insertion;
};

// An error says what could not be read alike by every peer.
absl::StatusOr<InitializeResult> ReadInitializeResult(const JsonValue& result);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_INITIALIZE_RESULT_H_
