#include "sidecar/core/methods.h"

#include "absl/strings/match.h"

namespace ostiary::sidecar {
namespace {

struct Row {
  absl::string_view name;
  Method method;
};

constexpr Row kRequests[] = {
    {"tools/call", Method::kToolsCall},  {"tools/list", Method::kToolsList},
    {"ping", Method::kServerOnly},       {"logging/setLevel", Method::kServerOnly},
    {"initialize", Method::kInitialize},
};

}  // namespace

Method RequestMethod(absl::string_view method) {
  for (const Row& row : kRequests) {
    if (row.name == method) {
      return row.method;
    }
  }
  return Method::kOther;
}

Notification NotificationMethod(absl::string_view method) {
  if (method == "notifications/cancelled") {
    return Notification::kCancelled;
  }
  return absl::StartsWith(method, "notifications/") ? Notification::kServerOnly
                                                    : Notification::kOther;
}

bool AnswerIsRead(Method method) {
  return method == Method::kToolsList || method == Method::kInitialize;
}

}  // namespace ostiary::sidecar
