// ListAnswers: the server's answers that hold a list, on their way to the client: filtered, page by
// page, once the policy's word on each name is there.
#ifndef OSTIARY_SIDECAR_CORE_LIST_ANSWERS_H_
#define OSTIARY_SIDECAR_CORE_LIST_ANSWERS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sidecar/core/json_rpc.h"
#include "sidecar/core/session.h"

namespace ostiary::sidecar {

class ListAnswers {
 public:
  explicit ListAnswers(Session* session) : session_(*session) {}

  // `message` answers `request`, which is for a list. An error says why the list cannot be read;
  // then nothing was sent and the request is as it was.
  absl::Status OnAnswer(const Message& message, OpenRequest* request, MonoTime now);
  // A list that was held is decided: see Decisions.
  void OnDecided(const Held& held);

 private:
  bool SendFromCache(const Message& message, const OpenRequest& request, const ListPlan& plan,
                     const std::vector<Access>& accesses, MonoTime now);
  void Send(absl::string_view line, const OpenRequest& request, const ListPlan& plan,
            const std::vector<Access>& accesses, const std::vector<bool>& allowed);

  Session& session_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_LIST_ANSWERS_H_
