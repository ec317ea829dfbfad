#include "sidecar/core/list_filter.h"

#include <optional>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "sidecar/core/json_rpc.h"
#include "sidecar/core/known_keys.h"
#include "sidecar/core/resource_uri.h"

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
  return {"tasks", "taskId", AccessKind::kTool};  // of what made it
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
  absl::string_view text;
  if (!name || !ReadPlainString(*name, &scratch, &text)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "has no \"", key, "\" that is a string without NUL and broken surrogate pairs"));
  }
  return std::string(text);
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

// The accesses of a list, one for each that is different.
class Accesses {
 public:
  Accesses(std::vector<Access>* out, std::vector<Need>* needs) : out_(out), needs_(needs) {}

  // Adds to `element` that it needs this. A name that no PDP decides hides it.
  void Add(AccessKind kind, std::string name, Need need, ListPlan::Element* element) {
    if (name.empty() || name.size() > kMaxDecidedNameBytes) {
      hidden_ = true;
      return;
    }
    const auto [entry, is_new] =
        seen_.emplace(std::make_tuple(name, kind, need), static_cast<uint32_t>(out_->size()));
    if (is_new) {
      out_->push_back({kind, std::move(name)});
      needs_->push_back(need);
    }
    element->accesses.push_back(entry->second);
  }

  // What a task in a list needs: all that made it.
  void AddTask(absl::string_view id, const TaskTable& tasks, ListPlan::Element* element) {
    if (const std::vector<Access>* const makers = tasks.Find(id)) {
      for (const Access& maker : *makers) {
        if (maker.kind == AccessKind::kResource) {
          AddResource(maker.name, element);
        } else {
          Add(maker.kind, maker.name, Need::kAllowed, element);
        }
      }
    }
  }

  // What a resource in a list needs: all its forms, as its reader will.
  void AddResource(absl::string_view uri, ListPlan::Element* element) {
    std::vector<ResourceForm> forms;
    hidden_ |= AppendFurtherForms(uri, &forms) != nullptr;
    Add(AccessKind::kResource, std::string(uri), Need::kAllowed, element);
    for (ResourceForm& form : forms) {
      Add(AccessKind::kResource, std::move(form.uri), form.need, element);
    }
  }

  void Finish(ListPlan::Element* element) {
    if (std::exchange(hidden_, false)) {
      element->accesses.clear();
    }
  }

 private:
  std::vector<Access>* const out_;
  std::vector<Need>* const needs_;
  absl::flat_hash_map<std::tuple<std::string, AccessKind, Need>, uint32_t> seen_;
  bool hidden_ = false;  // the present element
};

}  // namespace

absl::StatusOr<ListPlan> ReadList(const JsonValue& result, ListKind kind, ListCaching caching,
                                  const TaskTable& tasks, absl::string_view line,
                                  std::vector<Access>* accesses) {
  const ListShape shape = ShapeOf(kind);
  OSTIARY_ASSIGN_OR_RETURN(const JsonValue list, FindList(result, shape.list));
  ListPlan plan;
  plan.elements.reserve(list.size());
  Accesses wanted(accesses, &plan.needs);
  for (auto element = list.first_element(); element; element = element->next_element()) {
    absl::StatusOr<std::string> name = ElementName(*element, shape.name);
    if (!name.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("element ", plan.elements.size(), " of \"",
                                                     shape.list, "\" ", name.status().message()));
    }
    const absl::string_view raw = element->raw();
    const auto begin = static_cast<size_t>(raw.data() - line.data());
    ListPlan::Element& planned = plan.elements.emplace_back();
    planned.begin = begin;
    planned.end = begin + raw.size();
    if (kind == ListKind::kTasks) {
      wanted.AddTask(*name, tasks, &planned);
    } else if (kind == ListKind::kResources) {
      wanted.AddResource(*name, &planned);
    } else {
      wanted.Add(shape.kind, *std::move(name), Need::kAllowed, &planned);
    }
    wanted.Finish(&planned);
  }
  if (caching == ListCaching::kForbid) {
    SetMembers(result, {{"ttlMs", "0"}, {"cacheScope", "\"private\""}}, line, &plan.edits);
  }
  return plan;
}

}  // namespace ostiary::sidecar
