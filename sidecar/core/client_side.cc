#include "sidecar/core/client_side.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sidecar/core/cut_line.h"
#include "sidecar/core/methods.h"

namespace ostiary::sidecar {
namespace {

bool AsksForTask(const Message& message) {
  return message.params[kTask] && !message.params[kTask]->is_null();
}

// In revision 2026-07-28 it is the server that decides so. FastMCP's servers make tasks of prompts
// and resources too, where they are asked to.
bool MayMakeTask(const Message& message, Method method) {
  switch (method) {
    case Method::kToolsCall:
      return message.names_revision() || AsksForTask(message);
    case Method::kPromptsGet:
    case Method::kResource:
      return AsksForTask(message);
    default:
      return false;
  }
}

// In revision 2026-07-28 tasks are an extension, which each request declares.
bool DeclaresTasks(const Message& message) {
  if (!message.names_revision()) {
    return true;
  }
  std::optional<JsonValue> found = message.meta[kClientCapabilities];
  for (const absl::string_view key : {"extensions", "io.modelcontextprotocol/tasks"}) {
    found = found && found->is_object() ? found->Find(key) : std::nullopt;
  }
  return found.has_value();
}

}  // namespace

ClientSide::ClientSide(Session* session)
    : session_(*session),
      gate_(session),
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
  const std::string why = WhyTooLong(session_.options.max_line_bytes);
  AnswerServer(IdOfCutLine(head, tail, CutLineShape::kResponse), kUnreadableAnswerCode, why);
  AnswerError(IdOfCutLine(head, tail, CutLineShape::kRequest), kInvalidRequest,
              absl::StrCat("Refused: ", why, ". Nothing was passed on."));
}

void ClientSide::Answer(const Refusal& refusal, absl::string_view line) {
  session_.log.Warning("client_line_refused", {{"why", refusal.why}});
  if (refusal.shape == Refusal::Shape::kNotification) {
    return;
  }
  MessageId id;
  MessageId answered;  // the server's request that this would have answered: ids are separate
  if (refusal.code == kParseError) {
    id = IdOfCutLine(line, line, CutLineShape::kRequest);
    answered = IdOfCutLine(line, line, CutLineShape::kResponse);
  } else if (refusal.shape == Refusal::Shape::kRequest) {
    id = refusal.id;
  } else if (refusal.shape == Refusal::Shape::kResponse) {
    answered = refusal.id;
  }
  AnswerServer(answered, kUnreadableAnswerCode, refusal.why);
  AnswerError(id, refusal.code, absl::StrCat("Refused: ", refusal.why, ". Nothing was passed on."));
}

void ClientSide::AnswerServer(const MessageId& id, int code, absl::string_view message) {
  if (id.kind == IdKind::kNone || !session_.server_started ||
      session_.server_requests.Find(id) == nullptr) {
    return;
  }
  session_.output->ToServer(
      ErrorAnswer(StoredId(id).json(), code,
                  absl::StrCat("The client's answer was not let through: ", message, ".")));
  session_.server_requests.Close(id);
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
  const MethodUse use =
      RequestMethod(message.method, message.names_revision() ? Era::kPerRequest : Era::kInitialize);
  if (use.method == Method::kOther) {
    s.log.Info("denied",
               {{"reason", "METHOD_NOT_COVERED"}, {"method", message.method.substr(0, 256)}});
    s.output->ToClient(
        MethodDenialAnswer(message.id.raw, s.options.agent, s.options.server, message.method));
    return;
  }
  if (!ReadAccesses(message, use.method)) {
    return;
  }
  if (OpenRequest* const request = Open(message, use)) {
    gate_.Decide(
        {Held::What::kRequest, message.line, message.id, request, DenialShape(message, use.method)},
        accesses_.accesses(), now);
  }
}

bool ClientSide::ReadAccesses(const Message& message, Method method) {
  Session& s = session_;
  switch (accesses_.Read(message, method, s.tasks)) {
    case RequestAccesses::Outcome::kRead:
      return true;
    case RequestAccesses::Outcome::kFault:
      AnswerError(message.id, kInvalidRequest,
                  absl::StrCat("Refused: ", accesses_.fault(), ". Nothing was passed on."));
      return false;
    case RequestAccesses::Outcome::kUnknownTask:
      s.log.Info("denied", {{"reason", "TASK_NOT_OF_SESSION"}, {"method", message.method}});
      s.output->ToClient(TaskDenialAnswer(
          message.id.raw, s.options.agent, s.options.server, accesses_.task(),
          DeclaresTasks(message) ? TaskCapability::kDeclared : TaskCapability::kMissing));
      return false;
  }
  return false;
}

OpenRequest* ClientSide::Open(const Message& message, const MethodUse& use) {
  Session& s = session_;
  if (s.server_gone) {
    AnswerError(message.id, kServerGoneCode, *s.server_gone);
    return nullptr;
  }
  OpenRequest* const request =
      s.client_requests.Open(message.id, use.method, RequestState::kWaiting);
  if (request == nullptr) {
    AnswerError(message.id, kTooManyRequestsCode,
                absl::StrCat("Refused: ", s.options.max_open_requests,
                             " requests are open already. Wait for answers first."));
    return nullptr;
  }
  request->names_revision = message.names_revision();
  request->list = use.list;
  const auto cursor = message.params[kCursor];
  request->page = cursor && !cursor->is_null() ? Page::kFurther : Page::kFirst;
  if (use.method == Method::kListen) {
    request->listens = ListenStreams::Wanted(message.params[kNotifications]);
  }
  if (MayMakeTask(message, use.method)) {
    const AccessView& maker = accesses_.accesses()[0].access;
    if (maker.name.size() <= RequestAccesses::kMaxNameBytes) {
      request->maker_kind = maker.kind;
      request->maker.assign(maker.name.begin(), maker.name.end());
    }
  }
  return request;
}

AnswerShape ClientSide::DenialShape(const Message& message, Method method) const {
  if (method != Method::kToolsCall || AsksForTask(message) ||
      session_.options.denial_style != DenialStyle::kResult) {
    return AnswerShape::kError;
  }
  return message.names_revision() ? AnswerShape::kCompleteToolResult : AnswerShape::kToolResult;
}

void ClientSide::OnNotification(const Message& message, MonoTime now) {
  const Notification notification = NotificationMethod(message.method);
  if (notification == Notification::kOther) {
    session_.log.Warning(
        "client_notification_dropped",
        {{"why", "not a notification of the protocol"}, {"method", message.method.substr(0, 256)}});
    return;
  }
  if (notification == Notification::kCancelled) {
    OnCancelled(message, now);
    return;
  }
  GateMessage at_gate;
  at_gate.what = Held::What::kNotification;
  at_gate.line = message.line;
  gate_.Decide(at_gate, Server(), now);
}

void ClientSide::OnCancelled(const Message& message, MonoTime now) {
  const auto wanted = message.params[kRequestId];
  MessageId target;
  const bool is_id = wanted && ReadId(*wanted, &scratch_, &target);
  OpenRequest* const request = is_id ? session_.client_requests.Find(target) : nullptr;
  if (request == nullptr || request->state == RequestState::kFiltering) {
    session_.log.Debug("client_cancel_dropped", {{"why", "no such request is open"}});
    return;
  }
  if (request->state == RequestState::kWaiting) {
    session_.client_requests.Close(target);  // the server never hears of it
    return;
  }
  gate_.Decide({Held::What::kCancel, message.line, target, request}, Server(), now);
}

void ClientSide::OnResponse(const Message& message, MonoTime now) {
  if (session_.server_requests.Find(message.id) == nullptr) {
    session_.log.Warning(
        "client_response_dropped",
        {{"why", "it answers no open request of the server"}, {"id", message.id.raw}});
    return;
  }
  session_.server_requests.Close(message.id);
  gate_.Decide({Held::What::kResponse, message.line, message.id}, Server(), now);
}

}  // namespace ostiary::sidecar
