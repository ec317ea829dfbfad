#include "sidecar/core/list_answers.h"

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "sidecar/core/denial.h"
#include "sidecar/core/list_filter.h"

namespace ostiary::sidecar {

absl::Status ListAnswers::OnAnswer(const Message& message, OpenRequest* request, MonoTime now) {
  Held held;
  absl::StatusOr<ListPlan> plan =
      ReadList(*message.result(), request->list,
               request->names_revision ? ListCaching::kForbid : ListCaching::kAsItCame,
               session_.tasks, message.line, &held.accesses);
  if (!plan.ok()) {
    return plan.status();
  }
  if (SendFromCache(message, *request, *plan, held.accesses, now)) {
    session_.client_requests.Close(message.id);
    return absl::OkStatus();
  }
  held.what = Held::What::kList;
  held.id = StoredId(message.id);
  held.needs = plan->needs;
  held.plan = *std::move(plan);
  held.line.assign(message.line.data(), message.line.size());
  session_.client_requests.Settle(request);
  held.request_serial = request->serial;
  if (const std::optional<Held> decided = session_.decisions.Hold(std::move(held), now)) {
    OnDecided(*decided);
  }
  return absl::OkStatus();
}

// False where a decision is missing: then nothing was sent.
bool ListAnswers::SendFromCache(const Message& message, const OpenRequest& request,
                                const ListPlan& plan, const std::vector<Access>& accesses,
                                MonoTime now) {
  std::vector<bool> allowed;
  allowed.reserve(accesses.size());
  for (size_t i = 0; i < accesses.size(); ++i) {
    const Verdict* const verdict = session_.decisions.Find(AccessView(accesses[i]), now);
    if (verdict == nullptr) {
      return false;
    }
    allowed.push_back(Suffices(*verdict, plan.needs[i]));
  }
  Send(message.line, request, plan, accesses, allowed);
  return true;
}

void ListAnswers::Send(absl::string_view line, const OpenRequest& request, const ListPlan& plan,
                       const std::vector<Access>& accesses, const std::vector<bool>& allowed) {
  session_.shown.Record(request.list, request.page, accesses, plan.needs, allowed);
  session_.ToClient(line,
                    FilterEdits(plan, [&allowed](uint32_t access) { return allowed[access]; }));
}

void ListAnswers::OnDecided(const Held& held) {
  const MessageId id = held.id.view();
  const OpenRequest* const request = session_.client_requests.Find(id);
  if (request == nullptr || request->serial != held.request_serial) {
    return;
  }
  if (held.undecided) {
    Denial denial{session_.options.agent, session_.options.server, {AccessKind::kServer, ""}};
    denial.undecided = &*held.undecided;
    session_.log.Warning("list_undecided", {{"why", held.undecided->why}});
    session_.output->ToClient(DenialAnswer(held.id.json(), AnswerShape::kError, denial));
  } else {
    Send(held.line, *request, held.plan, held.accesses, held.allowed());
  }
  session_.client_requests.Close(id);
}

}  // namespace ostiary::sidecar
