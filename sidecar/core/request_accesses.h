// RequestAccesses: what a message wants to reach, in the policy's terms.
#ifndef OSTIARY_SIDECAR_CORE_REQUEST_ACCESSES_H_
#define OSTIARY_SIDECAR_CORE_REQUEST_ACCESSES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sidecar/core/access_view.h"
#include "sidecar/core/json_rpc.h"
#include "sidecar/core/methods.h"
#include "sidecar/core/resource_uri.h"
#include "sidecar/core/task_table.h"

namespace ostiary::sidecar {

// Used again for each message of one direction: reading a plain name or URI allocates nothing once
// it has grown. One thread.
class RequestAccesses {
 public:
  // Resources and tasks that one listen request may name.
  static constexpr size_t kMaxSubscriptions = 1000;
  // Of a tool or a prompt. Names are kept while calls and tasks are open, so they are bounded; real
  // ones have at most 128 bytes.
  static constexpr size_t kMaxNameBytes = 8192;

  enum class Outcome : uint8_t {
    kRead,
    kFault,        // the request cannot be read alike by every peer: see fault()
    kUnknownTask,  // it names a task that no call of this session made: see task()
  };

  Outcome Read(const Message& message, Method method, const TaskTable& tasks);
  // Of a notification from the server.
  Outcome Read(const Message& message, Notification notification, const TaskTable& tasks);

  // All of them must be allowed. Valid until the next Read, while the message is.
  absl::Span<const NeededAccess> accesses() const { return accesses_; }
  absl::string_view fault() const { return fault_; }
  absl::string_view task() const { return task_; }

 private:
  void Clear();
  Outcome Fault(absl::string_view why);
  Outcome Named(AccessKind kind, const std::optional<JsonValue>& name, absl::string_view fault);
  Outcome Resource(const std::optional<JsonValue>& uri, absl::string_view fault);
  Outcome Resource(absl::string_view uri);
  Outcome Completion(const std::optional<JsonValue>& ref);
  Outcome Task(const std::optional<JsonValue>& id, const TaskTable& tasks);
  Outcome Listen(const std::optional<JsonValue>& wanted, const TaskTable& tasks);
  template <typename ReadOne>
  Outcome Each(const JsonValue& wanted, absl::string_view key, ReadOne read_one);
  // False where it is not a string that every peer reads alike.
  bool Text(const std::optional<JsonValue>& value, absl::string_view* text);
  Outcome ServerIfNothingElse();

  std::vector<NeededAccess> accesses_;
  std::deque<std::string> texts_;  // what is not in the line as it is
  std::vector<ResourceForm> forms_;
  absl::string_view fault_;
  absl::string_view task_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_REQUEST_ACCESSES_H_
