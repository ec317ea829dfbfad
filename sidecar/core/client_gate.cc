#include "sidecar/core/client_gate.h"

#include <optional>
#include <utility>

namespace ostiary::sidecar {

void ClientGate::Decide(const GateMessage& message, absl::Span<const NeededAccess> accesses,
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
      Deny(message, denial);
      return;
    }
  }
  if (all_known) {
    PassOn(message);
  } else {
    Hold(message, accesses, now);
  }
}

void ClientGate::Hold(const GateMessage& message, absl::Span<const NeededAccess> accesses,
                      MonoTime now) {
  Held held;
  held.what = message.what;
  held.line.assign(message.line.data(), message.line.size());
  held.id = StoredId(message.id);
  held.request_serial = message.request == nullptr ? 0 : message.request->serial;
  held.denial_shape = message.denial_shape;
  for (const NeededAccess& needed : accesses) {
    held.Add(needed);
  }
  if (const std::optional<Held> decided = session_.decisions.Hold(std::move(held), now)) {
    OnDecided(*decided);
  }
}

GateMessage ClientGate::MessageOf(const Held& held) {
  OpenRequest* const request = session_.client_requests.Find(held.id.view());
  const bool is_its = request != nullptr && request->serial == held.request_serial;
  return {held.what, held.line, held.id.view(), is_its ? request : nullptr, held.denial_shape};
}

void ClientGate::OnDecided(const Held& held) {
  const GateMessage message = MessageOf(held);
  if (held.is_allowed()) {
    PassOn(message);
    return;
  }
  Denial denial = DenialOf(AccessView(held.accesses[held.denied.value_or(0)]));
  if (held.undecided) {
    denial.undecided = &*held.undecided;
  } else {
    denial.verdict = &held.verdict;
    denial.revision = &held.revision;
  }
  Deny(message, denial);
}

void ClientGate::PassOn(const GateMessage& message) {
  session_.EnsureServer();
  if (session_.server_gone) {
    return;  // that has answered every open request
  }
  OpenRequest* const request = message.request;
  switch (message.what) {
    case Held::What::kServerStart:
    case Held::What::kList:
    case Held::What::kFromServer:
    case Held::What::kListChange:
      return;
    case Held::What::kRequest:
      if (request != nullptr) {
        request->state = RequestState::kForwarded;
        if (request->method == Method::kListen) {
          session_.listens.Open(StoredId(message.id), request->listens);
        }
        session_.output->ToServer(message.line);
      }
      return;
    case Held::What::kCancel:
      // Of a request that was answered meanwhile, the server need not hear.
      if (request != nullptr && request->state != RequestState::kFiltering &&
          session_.client_requests.Cancel(request)) {
        session_.listens.Close(message.id);
        session_.output->ToServer(message.line);
      }
      return;
    case Held::What::kNotification:
    case Held::What::kResponse:
      session_.output->ToServer(message.line);
      return;
  }
}

void ClientGate::Deny(const GateMessage& message, const Denial& denial) {
  if (session_.log.Takes(LogLevel::kInfo)) {
    const absl::string_view name = denial.access.name.substr(0, 256);
    if (denial.verdict != nullptr) {
      session_.log.Info("denied", {{"kind", AccessKindName(denial.access.kind)},
                                   {"name", name},
                                   {"reason", denial.verdict->reason},
                                   {"rule", denial.verdict->rule_pointer}});
    } else {
      session_.log.Info("undecided", {{"kind", AccessKindName(denial.access.kind)},
                                      {"name", name},
                                      {"reason", denial.undecided->reason},
                                      {"why", denial.undecided->why.substr(0, 512)}});
    }
  }
  if (message.what == Held::What::kRequest && message.request != nullptr) {
    session_.client_requests.Close(message.id);
    session_.output->ToClient(denials_.Answer(message.id, message.denial_shape, denial));
  } else if (message.what == Held::What::kResponse && session_.server_started &&
             !session_.server_gone) {
    // The server waits for it.
    session_.output->ToServer(ErrorAnswer(IdAsJson(message.id), kDeniedCode,
                                          "The client's answer was not let through: its agent may "
                                          "not use this server now."));
  }
}

Denial ClientGate::DenialOf(const AccessView& access) const {
  Denial denial{session_.options.agent, session_.options.server, access};
  return denial;
}

}  // namespace ostiary::sidecar
