#include "sidecar/core/list_filter.h"

#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sidecar/core/json_rpc.h"
#include "sidecar/core/known_keys.h"

namespace ostiary::sidecar {
namespace {

// The name of one element, read alike by every peer.
absl::StatusOr<std::string> ElementName(const JsonValue& element) {
  if (!element.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat("is ", JsonTypeName(element.type())));
  }
  if (const char* fault = KeyFault(element, kListElementKeyNames)) {
    return absl::InvalidArgumentError(fault);
  }
  const std::optional<JsonValue> name = element.Find("name");
  std::string scratch;
  const auto text = name ? ReadPlainString(*name, &scratch) : std::nullopt;
  if (!text) {
    return absl::InvalidArgumentError(
        "has no \"name\" that is a string without NUL and broken surrogate pairs");
  }
  return std::string(*text);
}

}  // namespace

absl::StatusOr<ListPlan> ReadToolList(const JsonValue& result, absl::string_view line,
                                      std::vector<Access>* accesses) {
  if (!result.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat("its result is ", JsonTypeName(result.type())));
  }
  if (const char* fault = KeyFault(result, kToolsResultKeyNames)) {
    return absl::InvalidArgumentError(absl::StrCat("its result ", fault));
  }
  const std::optional<JsonValue> tools = result.Find("tools");
  if (!tools || !tools->is_array()) {
    return absl::InvalidArgumentError("its result has no list \"tools\"");
  }
  if (tools->size() > kMaxListElements) {
    return absl::InvalidArgumentError(
        absl::StrCat("it has more than ", kMaxListElements, " tools"));
  }
  ListPlan plan;
  plan.elements.reserve(tools->size());
  absl::flat_hash_map<std::string, uint32_t> seen;
  for (auto element = tools->first_element(); element; element = element->next_element()) {
    absl::StatusOr<std::string> name = ElementName(*element);
    if (!name.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("tool ", plan.elements.size(), " ", name.status().message()));
    }
    const auto [entry, is_new] = seen.emplace(*name, static_cast<uint32_t>(accesses->size()));
    if (is_new) {
      accesses->push_back({AccessKind::kTool, *std::move(name)});
    }
    const absl::string_view raw = element->raw();
    const auto begin = static_cast<uint32_t>(raw.data() - line.data());
    plan.elements.push_back({begin, static_cast<uint32_t>(begin + raw.size()), entry->second});
  }
  return plan;
}

}  // namespace ostiary::sidecar
