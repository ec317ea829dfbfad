#include "sidecar/core/enforcer.h"

#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sidecar/core/client_side.h"
#include "sidecar/core/denial.h"
#include "sidecar/core/list_changes.h"
#include "sidecar/core/server_side.h"
#include "sidecar/core/session.h"

namespace ostiary::sidecar {

class Enforcer::Rep {
 public:
  Rep(EnforcerOptions options, DecisionSource* source, EnforcerOutput* output, const Log& log)
      : source_(source),
        session_(std::move(options), source, output, log),
        client_(&session_),
        server_(&session_),
        list_changes_(&session_) {}

  void Start(MonoTime now);
  void OnAnswer(SourceAnswer answer, MonoTime now);
  void OnRevision(const SourceRevision& present, MonoTime now);
  void OnLost(const absl::Status& status);
  void OnTime(MonoTime now);
  void OnServerGone(absl::string_view why, ClientInput client_input);

  Session& session() { return session_; }
  ClientSide& client() { return client_; }
  ServerSide& server() { return server_; }

 private:
  void Settle(const std::vector<Held>& decided);

  DecisionSource* const source_;
  Session session_;
  ClientSide client_;
  ServerSide server_;
  ListChanges list_changes_;
  bool acknowledged_ = false;  // the present connection knows what revision is applied
};

void Enforcer::Rep::Start(MonoTime now) {
  Held held;
  held.what = Held::What::kServerStart;
  held.accesses.push_back({AccessKind::kServer, ""});
  if (const std::optional<Held> decided = session_.decisions.Hold(std::move(held), now)) {
    client_.OnDecided(*decided);
  }
}

void Enforcer::Rep::Settle(const std::vector<Held>& decided) {
  for (const Held& held : decided) {
    switch (held.what) {
      case Held::What::kList:
      case Held::What::kFromServer:
        server_.OnDecided(held);
        break;
      case Held::What::kListChange:
        list_changes_.OnDecided(held);
        break;
      case Held::What::kServerStart:
      case Held::What::kRequest:
      case Held::What::kNotification:
      case Held::What::kCancel:
      case Held::What::kResponse:
        client_.OnDecided(held);
        break;
    }
  }
}

void Enforcer::Rep::OnAnswer(SourceAnswer answer, MonoTime now) {
  std::vector<Held> decided;
  session_.decisions.OnAnswer(std::move(answer), now, &decided);
  Settle(decided);
}

void Enforcer::Rep::OnRevision(const SourceRevision& present, MonoTime now) {
  const Decisions::Change change = session_.decisions.OnRevision(present, now);
  if (change != Decisions::Change::kNone) {
    session_.log.Info("policy_applied", {{"epoch", present.revision.epoch},
                                         {"generation", present.revision.generation},
                                         {"digest", present.revision.digest}});
  }
  if (const CacheUsage usage = session_.decisions.TakeUsage(); !usage.empty()) {
    source_->ReportUsage(usage);
  }
  // First what the client waits for.
  if (change == Decisions::Change::kChanged) {
    list_changes_.OnPolicyChanged(now);
  }
  if (change != Decisions::Change::kNone || !acknowledged_) {
    acknowledged_ = true;
    source_->Acknowledge(present.revision);
  }
}

void Enforcer::Rep::OnLost(const absl::Status& status) {
  // At level debug: whoever posts it says it in the log as well, once for each outage.
  session_.log.Debug("decision_source_lost", {{"status", status.ToString()}});
  acknowledged_ = false;
  session_.decisions.OnLost(status);
}

void Enforcer::Rep::OnTime(MonoTime now) {
  std::vector<Held> decided;
  session_.decisions.OnTime(now, &decided);
  Settle(decided);
}

void Enforcer::Rep::OnServerGone(absl::string_view why, ClientInput client_input) {
  if (session_.server_gone) {
    return;
  }
  session_.server_gone = absl::StrCat("The server is gone: ", why, ".");
  session_.decisions.DropAll();
  std::vector<std::string> owed;
  session_.client_requests.ForEach([&](const StoredId& id, const OpenRequest& request) {
    const bool servers_to_answer = request.state == RequestState::kForwarded;
    if (request.state != RequestState::kCancelled &&
        !(servers_to_answer && client_input == ClientInput::kEnded)) {
      owed.push_back(id.json());
    }
  });
  session_.client_requests.Clear();
  session_.server_requests.Clear();
  session_.listens.Clear();
  for (const std::string& id : owed) {
    session_.output->ToClient(ErrorAnswer(id, kServerGoneCode, *session_.server_gone));
  }
}

Enforcer::Enforcer(EnforcerOptions options, DecisionSource* source, EnforcerOutput* output,
                   const Log& log)
    : rep_(std::make_unique<Rep>(std::move(options), source, output, log)) {}

Enforcer::~Enforcer() = default;

void Enforcer::Start(MonoTime now) { rep_->Start(now); }

void Enforcer::OnClientLine(absl::string_view line, MonoTime now) {
  rep_->client().OnLine(line, now);
}

void Enforcer::OnServerLine(absl::string_view line, MonoTime now) {
  rep_->server().OnLine(line, now);
}

void Enforcer::OnClientLineTooLong(absl::string_view head, absl::string_view tail,
                                   MonoTime /*now*/) {
  rep_->client().OnLineTooLong(head, tail);
}

void Enforcer::OnServerLineTooLong(absl::string_view head, absl::string_view tail,
                                   MonoTime /*now*/) {
  rep_->server().OnLineTooLong(head, tail);
}

void Enforcer::OnSourceEvent(SourceEvent event, MonoTime now) {
  if (auto* answer = std::get_if<SourceAnswer>(&event)) {
    rep_->OnAnswer(std::move(*answer), now);
  } else if (const auto* present = std::get_if<SourceRevision>(&event)) {
    rep_->OnRevision(*present, now);
  } else {
    rep_->OnLost(std::get<SourceLost>(event).status);
  }
}

void Enforcer::OnTime(MonoTime now) { rep_->OnTime(now); }

std::optional<MonoTime> Enforcer::NextDeadline() const {
  return rep_->session().decisions.NextDeadline();
}

void Enforcer::OnServerGone(absl::string_view why, ClientInput client_input) {
  rep_->OnServerGone(why, client_input);
}

size_t Enforcer::waiting() const { return rep_->session().decisions.waiting(); }

size_t Enforcer::waiting_from_server() const {
  return rep_->session().decisions.waiting_from_server();
}

size_t Enforcer::open_requests() const { return rep_->session().client_requests.size(); }

}  // namespace ostiary::sidecar
