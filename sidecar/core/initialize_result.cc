#include "sidecar/core/initialize_result.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/status_macros.h"
#include "sidecar/core/known_keys.h"

namespace ostiary::sidecar {
namespace {

absl::Status CheckObject(const JsonValue& value, absl::string_view what,
                         absl::Span<const absl::string_view> known) {
  if (!value.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(what, " is ", JsonTypeName(value.type())));
  }
  if (const char* fault = KeyFault(value, known)) {
    return absl::InvalidArgumentError(absl::StrCat(what, " ", fault));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<InitializeResult> ReadInitializeResult(const JsonValue& result) {
  InitializeResult read;
  OSTIARY_RETURN_IF_ERROR(CheckObject(result, "its result", kInitializeResultKeyNames));
  const std::optional<JsonValue> capabilities = result.Find("capabilities");
  if (!capabilities) {
    return read;
  }
  OSTIARY_RETURN_IF_ERROR(CheckObject(*capabilities, "\"capabilities\"", kCapabilitiesKeyNames));
  const std::optional<JsonValue> tools = capabilities->Find("tools");
  if (!tools || tools->is_null()) {
    return read;
  }
  OSTIARY_RETURN_IF_ERROR(CheckObject(*tools, "\"capabilities.tools\"", kToolsCapabilityKeyNames));
  read.has_tools = true;
  if (const std::optional<JsonValue> list_changed = tools->Find("listChanged")) {
    read.promises_list_changed = list_changed->is_bool() && list_changed->bool_value();
    read.place = list_changed->raw();
    read.insertion = "true";
    return read;
  }
  read.place = tools->raw().substr(1, 0);
  read.insertion = tools->size() == 0 ? R"("listChanged":true)" : R"("listChanged":true,)";
  return read;
}

}  // namespace ostiary::sidecar
