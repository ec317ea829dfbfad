// What each method of the protocol needs before a message may pass: the one table of them, for all
// revisions from 2024-10-07 to 2026-07-28.
#ifndef OSTIARY_SIDECAR_CORE_METHODS_H_
#define OSTIARY_SIDECAR_CORE_METHODS_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace ostiary::sidecar {

enum class Method : uint8_t {
  kInitialize,  // needs the server; the answer's capabilities are amended
  kDiscover,    // the same (2026-07-28)
  kServerOnly,  // needs the server
  kListen,      // needs the server, or each resource and task that it subscribes to (2026-07-28)
  kList,        // needs the server; the answer is filtered
  kToolsCall,   // needs the tool; the answer may make a task
  kPromptsGet,  // needs the prompt
  kResource,    // needs the resource: read, subscribe, unsubscribe
  kComplete,    // needs the prompt, or the template as it is written, that it completes
  kTask,        // needs the tool that made the task, in this session
  kOther,       // not covered: never passes
};

// The lists that are filtered.
enum class ListKind : uint8_t { kTools, kPrompts, kResources, kTemplates, kTasks };

struct MethodUse {
  Method method = Method::kOther;
  ListKind list = ListKind::kTools;  // of kList
};

// A request says of which revision it is from 2026-07-28 on, which has fewer methods.
enum class Era : uint8_t { kInitialize, kPerRequest };

// Of a request from the client. What the other era alone has is kOther.
MethodUse RequestMethod(absl::string_view method, Era era);

enum class Notification : uint8_t {
  kCancelled,        // closes a request
  kAcknowledged,     // from the server: a listen stream is open (2026-07-28)
  kResourceUpdated,  // from the server: needs the resource
  kTask,             // from the server: needs the tool that made the task
  kServerOnly,       // any other
  kOther,            // not a notification of the protocol: never passes
};

// Of a notification, from either side.
Notification NotificationMethod(absl::string_view method);

// What a client is told of when it changes: templates belong to the resources.
enum class ListGroup : uint8_t { kTools, kPrompts, kResources };
inline constexpr size_t kListGroups = 3;
inline constexpr ListGroup kAllListGroups[kListGroups] = {ListGroup::kTools, ListGroup::kPrompts,
                                                          ListGroup::kResources};

// "notifications/tools/list_changed" and the like.
absl::string_view ListChangedMethod(ListGroup group);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_METHODS_H_
