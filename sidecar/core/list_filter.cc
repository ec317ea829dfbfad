#include "sidecar/core/list_filter.h"

#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "sidecar/core/json_rpc.h"
#include "sidecar/core/known_keys.h"

namespace ostiary::sidecar {
namespace {

struct ListShape {
  absl::string_view list;  // the key of the list in the result
  absl::string_view name;  // the key of an element by which it is decided
  AccessKind kind;
};

ListShape ShapeOf(ListKind kind) {
  switch (kind) {
    case ListKind::kTools:
      return {"tools", "name", AccessKind::kTool};
    case ListKind::kPrompts:
      return {"prompts", "name", AccessKind::kPrompt};
    case ListKind::kResources:
      return {"resources", "uri", AccessKind::kResource};
    case ListKind::kTemplates:
      return {"resourceTemplates", "uriTemplate", AccessKind::kResource};
    case ListKind::kTasks:
      break;
  }
  return {"tasks", "taskId", AccessKind::kTool};  // of the tool that made it
}

// The name of one element, read alike by every peer.
absl::StatusOr<std::string> ElementName(const JsonValue& element, absl::string_view key) {
  if (!element.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat("is ", JsonTypeName(element.type())));
  }
  if (const char* fault = KeyFault(element, kListElementKeyNames)) {
    return absl::InvalidArgumentError(fault);
  }
  const std::optional<JsonValue> name = element.Find(key);
  std::string scratch;
  const auto text = name ? ReadPlainString(*name, &scratch) : std::nullopt;
  if (!text) {
    return absl::InvalidArgumentError(absl::StrCat(
        "has no \"", key, "\" that is a string without NUL and broken surrogate pairs"));
  }
  return std::string(*text);
}

absl::StatusOr<JsonValue> FindList(const JsonValue& result, absl::string_view key) {
  if (!result.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat("its result is ", JsonTypeName(result.type())));
  }
  if (const char* fault = KeyFault(result, kListResultKeyNames)) {
    return absl::InvalidArgumentError(absl::StrCat("its result ", fault));
  }
  for (const absl::string_view other : kListKeyNames) {
    if (other != key && result.Find(other)) {
      return absl::InvalidArgumentError(
          absl::StrCat("its result has \"", other, "\" beside \"", key, "\""));
    }
  }
  const std::optional<JsonValue> list = result.Find(key);
  if (!list || !list->is_array()) {
    return absl::InvalidArgumentError(absl::StrCat("its result has no list \"", key, "\""));
  }
  if (list->size() > kMaxListElements) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", key, "\" has more than ", kMaxListElements, " elements"));
  }
  return *list;
}

// The accesses of a list, one for each different name.
class Accesses {
 public:
  Accesses(AccessKind kind, std::vector<Access>* out) : kind_(kind), out_(out) {}

  uint32_t IndexOf(std::string name) {
    if (name.empty() || name.size() > kMaxDecidedNameBytes) {
      return ListPlan::kNobodys;
    }
    const auto [entry, is_new] = seen_.emplace(name, static_cast<uint32_t>(out_->size()));
    if (is_new) {
      out_->push_back({kind_, std::move(name)});
    }
    return entry->second;
  }

 private:
  const AccessKind kind_;
  std::vector<Access>* const out_;
  absl::flat_hash_map<std::string, uint32_t> seen_;
};

// What a task in a list needs. A task of several tools is not shown: see TaskTable.
uint32_t TaskAccess(absl::string_view id, const TaskTable& tasks, Accesses* accesses) {
  const std::vector<std::string>* const tools = tasks.Find(id);
  return tools == nullptr || tools->size() != 1 ? ListPlan::kNobodys
                                                : accesses->IndexOf(tools->front());
}

}  // namespace

absl::StatusOr<ListPlan> ReadList(const JsonValue& result, ListKind kind, ListCaching caching,
                                  const TaskTable& tasks, absl::string_view line,
                                  std::vector<Access>* accesses) {
  const ListShape shape = ShapeOf(kind);
  OSTIARY_ASSIGN_OR_RETURN(const JsonValue list, FindList(result, shape.list));
  ListPlan plan;
  plan.elements.reserve(list.size());
  Accesses wanted(shape.kind, accesses);
  for (auto element = list.first_element(); element; element = element->next_element()) {
    absl::StatusOr<std::string> name = ElementName(*element, shape.name);
    if (!name.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("element ", plan.elements.size(), " of \"",
                                                     shape.list, "\" ", name.status().message()));
    }
    const absl::string_view raw = element->raw();
    const auto begin = static_cast<uint32_t>(raw.data() - line.data());
    const auto end = static_cast<uint32_t>(begin + raw.size());
    plan.elements.push_back({begin, end,
                             kind == ListKind::kTasks ? TaskAccess(*name, tasks, &wanted)
                                                      : wanted.IndexOf(*std::move(name))});
  }
  if (caching == ListCaching::kForbid) {
    SetMembers(result, {{"ttlMs", "0"}, {"cacheScope", "\"private\""}}, line, &plan.edits);
  }
  return plan;
}

}  // namespace ostiary::sidecar
