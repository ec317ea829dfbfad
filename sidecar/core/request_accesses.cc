#include "sidecar/core/request_accesses.h"

#include <utility>

#include "sidecar/core/known_keys.h"
#include "sidecar/core/resource_uri.h"

namespace ostiary::sidecar {

using Outcome = RequestAccesses::Outcome;

Outcome RequestAccesses::Read(const Message& message, Method method, const TaskTable& tasks) {
  Clear();
  switch (method) {
    case Method::kToolsCall:
      return Named(AccessKind::kTool, message.params[kName],
                   "\"params.name\" is not a string, or empty");
    case Method::kPromptsGet:
      return Named(AccessKind::kPrompt, message.params[kName],
                   "\"params.name\" is not a string, or empty");
    case Method::kResource:
      return Resource(message.params[kUri], "\"params.uri\" is not a string, or empty");
    case Method::kComplete:
      return Completion(message.params[kRef]);
    case Method::kTask:
      return Task(message.params[kTaskId], tasks);
    case Method::kListen:
      return Listen(message.params[kNotifications], tasks);
    case Method::kInitialize:
    case Method::kDiscover:
    case Method::kServerOnly:
    case Method::kList:
    case Method::kOther:
      break;
  }
  return ServerIfNothingElse();
}

Outcome RequestAccesses::Read(const Message& message, Notification notification,
                              const TaskTable& tasks) {
  Clear();
  if (notification == Notification::kResourceUpdated) {
    return Resource(message.params[kUri], "\"params.uri\" is not a string, or empty");
  }
  if (notification == Notification::kTask) {
    return Task(message.params[kTaskId], tasks);
  }
  return ServerIfNothingElse();
}

void RequestAccesses::Clear() {
  accesses_.clear();
  if (!texts_.empty()) {
    texts_.clear();  // mostly it is, and a deque's clear takes its time
  }
}

Outcome RequestAccesses::Fault(absl::string_view why) {
  fault_ = why;
  return Outcome::kFault;
}

Outcome RequestAccesses::ServerIfNothingElse() {
  if (accesses_.empty()) {
    accesses_.push_back({{AccessKind::kServer, ""}});
  }
  return Outcome::kRead;
}

bool RequestAccesses::Text(const std::optional<JsonValue>& value, absl::string_view* text) {
  if (!value || !value->is_string()) {
    return false;
  }
  std::string* const scratch = value->has_escapes() ? &texts_.emplace_back() : nullptr;
  return ReadPlainString(*value, scratch, text);
}

Outcome RequestAccesses::Named(AccessKind kind, const std::optional<JsonValue>& name,
                               absl::string_view fault) {
  absl::string_view text;
  if (!Text(name, &text) || text.empty()) {
    return Fault(fault);
  }
  if (text.size() > kMaxNameBytes) {
    return Fault("\"name\" has more than 8192 bytes");
  }
  accesses_.push_back({{kind, text}});
  return Outcome::kRead;
}

Outcome RequestAccesses::Resource(const std::optional<JsonValue>& uri, absl::string_view fault) {
  absl::string_view text;
  if (!Text(uri, &text) || text.empty()) {
    return Fault(fault);
  }
  return Resource(text);
}

Outcome RequestAccesses::Resource(absl::string_view uri) {
  accesses_.push_back({{AccessKind::kResource, uri}});
  forms_.clear();
  if (const char* unclear = AppendFurtherForms(uri, &forms_)) {
    return Fault(unclear);
  }
  for (ResourceForm& form : forms_) {
    accesses_.push_back(
        {{AccessKind::kResource, texts_.emplace_back(std::move(form.uri))}, form.need});
  }
  return Outcome::kRead;
}

Outcome RequestAccesses::Completion(const std::optional<JsonValue>& ref) {
  if (!ref || !ref->is_object()) {
    return Fault("\"params.ref\" is not an object");
  }
  if (KeyFault(*ref, kRefKeyNames) != nullptr) {
    return Fault("\"params.ref\" has a key twice, or one that is nearly a known one");
  }
  absl::string_view type;
  const bool has_type = Text(ref->Find("type"), &type);
  if (ref->Find("name") && ref->Find("uri")) {
    return Fault("\"params.ref\" has both \"name\" and \"uri\"");  // some look at those alone
  }
  if (has_type && type == "ref/prompt") {
    return Named(AccessKind::kPrompt, ref->Find("name"),
                 "\"params.ref.name\" is not a string, or empty");
  }
  if (has_type && type == "ref/resource") {  // a template, matched as it is written
    return Named(AccessKind::kResource, ref->Find("uri"),
                 "\"params.ref.uri\" is not a string, or empty");
  }
  return Fault("\"params.ref.type\" is neither \"ref/prompt\" nor \"ref/resource\"");
}

Outcome RequestAccesses::Task(const std::optional<JsonValue>& id, const TaskTable& tasks) {
  absl::string_view text;
  if (!Text(id, &text)) {
    return Fault("\"params.taskId\" is not a string");
  }
  const std::vector<Access>* const makers = tasks.Find(text);
  if (makers == nullptr) {
    task_ = text;
    return Outcome::kUnknownTask;
  }
  for (const Access& maker : *makers) {
    if (maker.kind != AccessKind::kResource) {
      accesses_.push_back({AccessView(maker)});
    } else if (const Outcome outcome = Resource(maker.name); outcome != Outcome::kRead) {
      return outcome;
    }
  }
  return Outcome::kRead;
}

Outcome RequestAccesses::Listen(const std::optional<JsonValue>& wanted, const TaskTable& tasks) {
  if (!wanted) {
    return ServerIfNothingElse();
  }
  if (!wanted->is_object() || KeyFault(*wanted, kListenKeyNames) != nullptr) {
    return Fault("\"params.notifications\" is not an object that every peer reads alike");
  }
  Outcome outcome = Each(*wanted, "resourceSubscriptions", [this](const JsonValue& uri) {
    return Resource(uri, "\"resourceSubscriptions\" is not a list of strings");
  });
  if (outcome == Outcome::kRead) {
    outcome =
        Each(*wanted, "taskIds", [this, &tasks](const JsonValue& id) { return Task(id, tasks); });
  }
  return outcome == Outcome::kRead ? ServerIfNothingElse() : outcome;
}

template <typename ReadOne>
Outcome RequestAccesses::Each(const JsonValue& wanted, absl::string_view key, ReadOne read_one) {
  const std::optional<JsonValue> list = wanted.Find(key);
  if (!list || list->is_null()) {
    return Outcome::kRead;
  }
  if (!list->is_array() || list->size() > kMaxSubscriptions) {
    return Fault("what it subscribes to is not a list of at most 1000 strings");
  }
  for (auto element = list->first_element(); element; element = element->next_element()) {
    if (const Outcome outcome = read_one(*element); outcome != Outcome::kRead) {
      return outcome;
    }
  }
  return Outcome::kRead;
}

}  // namespace ostiary::sidecar
