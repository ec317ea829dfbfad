#include "sidecar/core/methods.h"

#include "absl/strings/match.h"

namespace ostiary::sidecar {
namespace {

enum class Eras : uint8_t { kAll, kInitializeOnly };

struct RequestRow {
  absl::string_view name;
  MethodUse use;
  Eras eras = Eras::kAll;
};

// The most frequent first.
constexpr RequestRow kRequests[] = {
    {"tools/call", {Method::kToolsCall}},
    {"resources/read", {Method::kResource}},
    {"prompts/get", {Method::kPromptsGet}},
    {"completion/complete", {Method::kComplete}},
    {"tasks/get", {Method::kTask}},
    {"tasks/result", {Method::kTask}, Eras::kInitializeOnly},
    {"tasks/cancel", {Method::kTask}},
    {"tasks/update", {Method::kTask}},
    {"tools/list", {Method::kList, ListKind::kTools}},
    {"prompts/list", {Method::kList, ListKind::kPrompts}},
    {"resources/list", {Method::kList, ListKind::kResources}},
    {"resources/templates/list", {Method::kList, ListKind::kTemplates}},
    {"tasks/list", {Method::kList, ListKind::kTasks}, Eras::kInitializeOnly},
    {"resources/subscribe", {Method::kResource}, Eras::kInitializeOnly},
    {"resources/unsubscribe", {Method::kResource}, Eras::kInitializeOnly},
    {"subscriptions/listen", {Method::kListen}},
    {"initialize", {Method::kInitialize}},
    {"server/discover", {Method::kDiscover}},
    {"ping", {Method::kServerOnly}},
    {"logging/setLevel", {Method::kServerOnly}},
};

struct NotificationRow {
  absl::string_view name;
  Notification notification;
};

constexpr NotificationRow kNotifications[] = {
    {"notifications/cancelled", Notification::kCancelled},
    {"notifications/subscriptions/acknowledged", Notification::kAcknowledged},
    {"notifications/resources/updated", Notification::kResourceUpdated},
    {"notifications/tasks/status", Notification::kTask},
    {"notifications/tasks", Notification::kTask},
};

}  // namespace

MethodUse RequestMethod(absl::string_view method, Era era) {
  for (const RequestRow& row : kRequests) {
    if (row.name == method) {
      const bool gone = era == Era::kPerRequest && row.eras == Eras::kInitializeOnly;
      return gone ? MethodUse() : row.use;
    }
  }
  return {};
}

Notification NotificationMethod(absl::string_view method) {
  for (const NotificationRow& row : kNotifications) {
    if (row.name == method) {
      return row.notification;
    }
  }
  return absl::StartsWith(method, "notifications/") ? Notification::kServerOnly
                                                    : Notification::kOther;
}

absl::string_view ListChangedMethod(ListGroup group) {
  switch (group) {
    case ListGroup::kTools:
      return "notifications/tools/list_changed";
    case ListGroup::kPrompts:
      return "notifications/prompts/list_changed";
    case ListGroup::kResources:
      break;
  }
  return "notifications/resources/list_changed";
}

}  // namespace ostiary::sidecar
