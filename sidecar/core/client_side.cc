#include "sidecar/core/client_side.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sidecar/core/cut_line.h"
#include "sidecar/core/methods.h"

namespace ostiary::sidecar {

ClientSide::ClientSide(Session* session)
    : session_(*session),
      reader_({session->options.max_line_bytes, session->options.max_json_depth}) {}

void ClientSide::OnLine(absl::string_view line, MonoTime now) {
  const Message* message = reader_.Read(line);
  if (message == nullptr) {
    Answer(reader_.refusal(), line);
    return;
  }
  switch (message->kind) {
    case MessageKind::kRequest:
      OnRequest(*message, now);
      return;
    case MessageKind::kNotification:
      OnNotification(*message, now);
      return;
    case MessageKind::kResponse:
      OnResponse(*message, now);
      return;
  }
}

void ClientSide::OnLineTooLong(absl::string_view head, absl::string_view tail) {
  AnswerError(IdOfCutLine(head, tail, CutLineShape::kRequest), kInvalidRequest,
              absl::StrCat("Refused: the line has more than ", session_.options.max_line_bytes,
                           " bytes. Nothing was passed on."));
}

void ClientSide::Answer(const Refusal& refusal, absl::string_view line) {
  session_.log.Warning("client_line_refused", {{"why", refusal.why}});
  if (refusal.shape == Refusal::Shape::kNotification) {
    return;
  }
  MessageId id;
  if (refusal.code == kParseError) {
    id = IdOfCutLine(line, line, CutLineShape::kRequest);
  } else if (refusal.shape == Refusal::Shape::kRequest) {  // else it is none of the client's own
    id = refusal.id;
  }
  AnswerError(id, refusal.code, absl::StrCat("Refused: ", refusal.why, ". Nothing was passed on."));
}

void ClientSide::AnswerError(const MessageId& id, int code, absl::string_view message) {
  const bool usable = id.kind != IdKind::kNone && session_.client_requests.Find(id) == nullptr;
  session_.output->ToClient(ErrorAnswer(usable ? id.raw : "null", code, message));
}

void ClientSide::OnRequest(const Message& message, MonoTime now) {
  Session& s = session_;
  if (s.client_requests.Find(message.id) != nullptr) {
    AnswerError(MessageId(), kInvalidRequest,
                absl::StrCat("Refused: the id ", message.id.raw,
                             " is in use by a request that has no answer yet."));
    return;
  }
  const Method method = RequestMethod(message.method);
  if (method == Method::kOther) {
    s.log.Info("denied", {{"reason", "METHOD_NOT_COVERED"}, {"method", message.method}});
    s.output->ToClient(
        MethodDenialAnswer(message.id.raw, s.options.agent, s.options.server, message.method));
    return;
  }
  AccessView access(AccessKind::kServer, "");
  AnswerShape shape = AnswerShape::kError;
  if (method == Method::kToolsCall) {
    const auto name = message.name ? ReadPlainString(*message.name, &scratch_) : std::nullopt;
    if (!name) {
      AnswerError(message.id, kInvalidRequest,
                  "Refused: \"params.name\" is not a string. Nothing was passed on.");
      return;
    }
    access = AccessView(AccessKind::kTool, *name);
    const bool is_task = message.task.has_value() && !message.task->is_null();
    if (!is_task && s.options.denial_style == DenialStyle::kResult) {
      shape = AnswerShape::kToolResult;
    }
  }
  if (s.server_gone) {
    AnswerError(message.id, kServerGoneCode, *s.server_gone);
    return;
  }
  const OpenRequest* const request =
      s.client_requests.Open(message.id, method, RequestState::kWaiting);
  if (request == nullptr) {
    AnswerError(message.id, kTooManyRequestsCode,
                absl::StrCat("Refused: ", s.options.max_open_requests,
                             " requests are open already. Wait for answers first."));
    return;
  }
  Held held;
  held.what = Held::What::kRequest;
  held.id = StoredId(message.id);
  held.request_serial = request->serial;
  held.denial_shape = shape;
  Decide(std::move(held), access, message.line, now);
}

void ClientSide::OnNotification(const Message& message, MonoTime now) {
  Held held;
  switch (NotificationMethod(message.method)) {
    case Notification::kOther:
      session_.log.Warning(
          "client_notification_dropped",
          {{"why", "not a notification of the protocol"}, {"method", message.method}});
      return;
    case Notification::kCancelled:
      OnCancelled(message, now);
      return;
    case Notification::kServerOnly:
      held.what = Held::What::kNotification;
      Decide(std::move(held), {AccessKind::kServer, ""}, message.line, now);
      return;
  }
}

void ClientSide::OnCancelled(const Message& message, MonoTime now) {
  const auto target = message.request_id ? ReadId(*message.request_id, &scratch_) : std::nullopt;
  OpenRequest* const request = target ? session_.client_requests.Find(*target) : nullptr;
  if (request == nullptr || request->state == RequestState::kFiltering) {
    session_.log.Debug("client_cancel_dropped", {{"why", "no such request is open"}});
    return;
  }
  if (request->state == RequestState::kWaiting) {
    session_.client_requests.Close(*target);  // the server never hears of it
    return;
  }
  Held held;
  held.what = Held::What::kCancel;
  held.id = StoredId(*target);
  held.request_serial = request->serial;
  Decide(std::move(held), {AccessKind::kServer, ""}, message.line, now);
}

void ClientSide::OnResponse(const Message& message, MonoTime now) {
  if (session_.server_requests.Find(message.id) == nullptr) {
    session_.log.Warning(
        "client_response_dropped",
        {{"why", "it answers no open request of the server"}, {"id", message.id.raw}});
    return;
  }
  session_.server_requests.Close(message.id);
  Held held;
  held.what = Held::What::kResponse;
  Decide(std::move(held), {AccessKind::kServer, ""}, message.line, now);
}

void ClientSide::Decide(Held held, const AccessView& access, absl::string_view line, MonoTime now) {
  if (const Verdict* verdict = session_.decisions.Find(access, now)) {
    if (verdict->allowed) {
      PassOn(held, line);
      return;
    }
    Denial denial = DenialOf(access);
    denial.verdict = verdict;
    denial.revision = &session_.decisions.revision();
    Deny(held, denial);
    return;
  }
  held.line.assign(line.data(), line.size());
  held.accesses.push_back(access.Copy());
  if (const std::optional<Held> decided = session_.decisions.Hold(std::move(held), now)) {
    OnDecided(*decided);
  }
}

void ClientSide::OnDecided(const Held& held) {
  if (!held.undecided && held.marks[0] == Held::Mark::kAllowed) {
    PassOn(held, held.line);
    return;
  }
  Denial denial = DenialOf(AccessView(held.accesses[0]));
  if (held.undecided) {
    denial.undecided = &*held.undecided;
  } else {
    denial.verdict = &held.verdict;
    denial.revision = &held.revision;
  }
  Deny(held, denial);
}

void ClientSide::PassOn(const Held& held, absl::string_view line) {
  session_.EnsureServer();
  if (session_.server_gone) {
    return;  // that has answered every open request
  }
  switch (held.what) {
    case Held::What::kServerStart:
    case Held::What::kList:
      return;
    case Held::What::kRequest:
      if (OpenRequest* request = RequestOf(held)) {
        request->state = RequestState::kForwarded;
        session_.output->ToServer(line);
      }
      return;
    case Held::What::kCancel:
      // Of a request that was answered meanwhile, the server need not hear.
      if (OpenRequest* request = RequestOf(held)) {
        session_.client_requests.Cancel(request);
        session_.output->ToServer(line);
      }
      return;
    case Held::What::kNotification:
    case Held::What::kResponse:
      session_.output->ToServer(line);
      return;
  }
}

void ClientSide::Deny(const Held& held, const Denial& denial) {
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
  }
}

OpenRequest* ClientSide::RequestOf(const Held& held) {
  OpenRequest* const request = session_.client_requests.Find(held.id.view());
  return request != nullptr && request->serial == held.request_serial ? request : nullptr;
}

Denial ClientSide::DenialOf(const AccessView& access) const {
  Denial denial{session_.options.agent, session_.options.server, access};
  return denial;
}

}  // namespace ostiary::sidecar
