#include "sidecar/core/client_gate.h"

#include <optional>
#include <utility>

namespace ostiary::sidecar {

void ClientGate::Decide(Held held, absl::Span<const NeededAccess> accesses, absl::string_view line,
                        MonoTime now) {
  bool all_known = true;
  for (const auto& [access, need] : accesses) {
    const Verdict* const verdict = session_.decisions.Find(access, now);
    if (verdict == nullptr) {
      all_known = false;
    } else if (!Suffices(*verdict, need)) {
      Denial denial = DenialOf(access);
      denial.verdict = verdict;
      denial.revision = &session_.decisions.revision();
      Deny(held, denial);
      return;
    }
  }
  if (all_known) {
    PassOn(held, line);
    return;
  }
  held.line.assign(line.data(), line.size());
  for (const NeededAccess& needed : accesses) {
    held.Add(needed);
  }
  if (const std::optional<Held> decided = session_.decisions.Hold(std::move(held), now)) {
    OnDecided(*decided);
  }
}

void ClientGate::OnDecided(const Held& held) {
  if (held.is_allowed()) {
    PassOn(held, held.line);
    return;
  }
  Denial denial = DenialOf(AccessView(held.accesses[held.denied.value_or(0)]));
  if (held.undecided) {
    denial.undecided = &*held.undecided;
  } else {
    denial.verdict = &held.verdict;
    denial.revision = &held.revision;
  }
  Deny(held, denial);
}

void ClientGate::PassOn(const Held& held, absl::string_view line) {
  session_.EnsureServer();
  if (session_.server_gone) {
    return;  // that has answered every open request
  }
  switch (held.what) {
    case Held::What::kServerStart:
    case Held::What::kList:
    case Held::What::kFromServer:
    case Held::What::kListChange:
      return;
    case Held::What::kRequest:
      if (OpenRequest* request = RequestOf(held)) {
        request->state = RequestState::kForwarded;
        if (request->method == Method::kListen) {
          session_.listens.Open(held.id, request->listens);
        }
        session_.output->ToServer(line);
      }
      return;
    case Held::What::kCancel:
      // Of a request that was answered meanwhile, the server need not hear.
      if (OpenRequest* request = RequestOf(held); request != nullptr &&
                                                  request->state != RequestState::kFiltering &&
                                                  session_.client_requests.Cancel(request)) {
        session_.listens.Close(held.id.view());
        session_.output->ToServer(line);
      }
      return;
    case Held::What::kNotification:
    case Held::What::kResponse:
      session_.output->ToServer(line);
      return;
  }
}

void ClientGate::Deny(const Held& held, const Denial& denial) {
  session_.log.Info(
      denial.verdict != nullptr ? "denied" : "undecided",
      {{"kind", AccessKindName(denial.access.kind)},
       {"name", denial.access.name.substr(0, 256)},
       {"reason", denial.verdict != nullptr ? absl::string_view(denial.verdict->reason)
                                            : denial.undecided->reason},
       {"rule", denial.verdict != nullptr ? denial.verdict->rule_pointer : ""}});
  if (held.what == Held::What::kRequest && RequestOf(held) != nullptr) {
    session_.client_requests.Close(held.id.view());
    session_.output->ToClient(DenialAnswer(held.id.json(), held.denial_shape, denial));
  } else if (held.what == Held::What::kResponse && session_.server_started &&
             !session_.server_gone) {
    // The server waits for it.
    session_.output->ToServer(ErrorAnswer(held.id.json(), kDeniedCode,
                                          "The client's answer was not let through: its agent may "
                                          "not use this server now."));
  }
}

OpenRequest* ClientGate::RequestOf(const Held& held) {
  OpenRequest* const request = session_.client_requests.Find(held.id.view());
  return request != nullptr && request->serial == held.request_serial ? request : nullptr;
}

Denial ClientGate::DenialOf(const AccessView& access) const {
  Denial denial{session_.options.agent, session_.options.server, access};
  return denial;
}

}  // namespace ostiary::sidecar
