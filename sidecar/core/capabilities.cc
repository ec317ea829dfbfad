#include "sidecar/core/capabilities.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "sidecar/core/known_keys.h"

namespace ostiary::sidecar {
namespace {

absl::Status CheckObject(const JsonValue& value, absl::string_view what, const KnownKeys& known) {
  if (!value.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(what, " is ", JsonTypeName(value.type())));
  }
  if (const char* fault = KeyFault(value, known)) {
    return absl::InvalidArgumentError(absl::StrCat(what, " ", fault));
  }
  return absl::OkStatus();
}

bool IsTrue(const std::optional<JsonValue>& value) {
  return value.has_value() && value->is_bool() && value->bool_value();
}

}  // namespace

absl::StatusOr<Capabilities> ReadCapabilities(const JsonValue& result, absl::string_view line) {
  Capabilities read;
  OSTIARY_RETURN_IF_ERROR(CheckObject(result, "its result", kServerResultKeyNames));
  const std::optional<JsonValue> capabilities = result.Find("capabilities");
  if (!capabilities) {
    return read;
  }
  OSTIARY_RETURN_IF_ERROR(CheckObject(*capabilities, "\"capabilities\"", kCapabilitiesKeyNames));
  for (const ListGroup group : kAllListGroups) {
    const absl::string_view name = kCapabilitiesKeyNames[static_cast<size_t>(group)];
    const std::optional<JsonValue> capability = capabilities->Find(name);
    if (!capability || capability->is_null()) {
      continue;
    }
    OSTIARY_RETURN_IF_ERROR(
        CheckObject(*capability, absl::StrCat("\"capabilities.", name, "\""), kCapabilityKeyNames));
    read.has_list[static_cast<size_t>(group)] = true;
    if (!IsTrue(capability->Find("listChanged"))) {
      SetMembers(*capability, {{"listChanged", "true"}}, line, &read.edits);
    }
  }
  return read;
}

}  // namespace ostiary::sidecar
