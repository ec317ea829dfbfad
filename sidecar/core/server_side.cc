#include "sidecar/core/server_side.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sidecar/core/capabilities.h"
#include "sidecar/core/cut_line.h"
#include "sidecar/core/denial.h"
#include "sidecar/core/line_edits.h"
#include "sidecar/core/methods.h"

namespace ostiary::sidecar {

ServerSide::ServerSide(Session* session)
    : session_(*session),
      reader_({session->options.max_line_bytes, session->options.max_json_depth}),
      lists_(session) {}

void ServerSide::OnLine(absl::string_view line, MonoTime now) {
  const Message* message = reader_.Read(line);
  if (message == nullptr) {
    OnRefused(reader_.refusal(), line);
    return;
  }
  switch (message->kind) {
    case MessageKind::kRequest:
      OnRequest(*message);
      return;
    case MessageKind::kNotification:
      OnNotification(*message, now);
      return;
    case MessageKind::kResponse:
      OnResponse(*message, now);
      return;
  }
}

void ServerSide::OnLineTooLong(absl::string_view head, absl::string_view tail) {
  const std::string why = WhyTooLong(session_.options.max_line_bytes);
  const MessageId id = IdOfCutLine(head, tail, CutLineShape::kResponse);
  if (id.kind != IdKind::kNone) {
    Withhold(id, why);
  } else {
    Drop(why, "");
  }
}

void ServerSide::OnRefused(const Refusal& refusal, absl::string_view line) {
  const MessageId id =
      refusal.code == kParseError ? IdOfCutLine(line, line, CutLineShape::kResponse) : refusal.id;
  if (refusal.shape == Refusal::Shape::kResponse ||
      (refusal.code == kParseError && id.kind != IdKind::kNone)) {
    Withhold(id, refusal.why);
  } else {
    Drop(refusal.why, "");
  }
}

void ServerSide::Drop(absl::string_view why, absl::string_view what) {
  session_.log.Warning("server_line_dropped", {{"why", why}, {"what", what.substr(0, 256)}});
}

void ServerSide::Withhold(const MessageId& id, absl::string_view why) {
  const OpenRequest* const request = session_.client_requests.Find(id);
  Drop(why, id.raw);
  if (request == nullptr || request->state == RequestState::kWaiting ||
      request->state == RequestState::kFiltering) {
    return;  // the server has not been asked, or has answered
  }
  session_.listens.Close(id);
  session_.client_requests.Close(id);
  session_.output->ToClient(ErrorAnswer(
      id.raw, kUnreadableAnswerCode, absl::StrCat("The server's answer was withheld: ", why, ".")));
}

void ServerSide::OnRequest(const Message& message) {
  if (session_.server_requests.Find(message.id) != nullptr) {
    Drop("a request of the server with this id is open already", message.id.raw);
    return;
  }
  if (session_.server_requests.Open(message.id, Method::kOther, RequestState::kForwarded) ==
      nullptr) {
    Drop("too many requests of the server are open", message.id.raw);
    session_.output->ToServer(ErrorAnswer(message.id.raw, kTooManyRequestsCode,
                                          "Refused: too many requests are open already."));
    return;
  }
  session_.output->ToClient(message.line);
}

void ServerSide::OnNotification(const Message& message, MonoTime now) {
  const Notification notification = NotificationMethod(message.method);
  switch (notification) {
    case Notification::kOther:
      Drop("not a notification of the protocol", message.method);
      return;
    case Notification::kResourceUpdated:
    case Notification::kTask:
      Decide(message, notification, now);
      return;
    case Notification::kAcknowledged:
      Acknowledged(message);
      return;
    case Notification::kCancelled: {
      const auto target = message.params[kRequestId];
      MessageId id;
      if (!target || !ReadId(*target, &scratch_, &id)) {
        break;
      }
      if (session_.listens.Find(id) != nullptr) {
        // Its way to end a stream (2026-07-28), where it has no requests of its own.
        session_.listens.Close(id);
        session_.client_requests.Close(id);
      } else {
        session_.server_requests.Close(id);
      }
      break;
    }
    case Notification::kServerOnly:
      break;
  }
  session_.output->ToClient(message.line);
}

void ServerSide::Decide(const Message& message, Notification notification, MonoTime now) {
  const RequestAccesses::Outcome outcome = accesses_.Read(message, notification, session_.tasks);
  if (outcome == RequestAccesses::Outcome::kUnknownTask &&
      session_.client_requests.AnyMakesTask()) {
    // Servers tell of a task before they answer the call that makes it.
    session_.output->ToClient(message.line);
    return;
  }
  if (outcome != RequestAccesses::Outcome::kRead) {
    Drop("it is about nothing that this session may know of", message.method);
    return;
  }
  bool all_known = true;
  for (const auto& [access, need] : accesses_.accesses()) {
    const Verdict* const verdict = session_.decisions.Find(access, now);
    if (verdict != nullptr && !Suffices(*verdict, need)) {
      Drop("the agent may not see what it is about", message.method);
      return;
    }
    all_known = all_known && verdict != nullptr;
  }
  if (all_known) {
    session_.output->ToClient(message.line);
    return;
  }
  Held held;
  held.what = Held::What::kFromServer;
  held.line.assign(message.line.data(), message.line.size());
  for (const NeededAccess& needed : accesses_.accesses()) {
    held.Add(needed);
  }
  if (const std::optional<Held> decided = session_.decisions.Hold(std::move(held), now)) {
    OnDecided(*decided);
  }
}

void ServerSide::OnDecided(const Held& held) {
  if (held.what == Held::What::kList) {
    lists_.OnDecided(held);
  } else if (held.is_allowed()) {
    session_.output->ToClient(held.line);
  } else {
    Drop("the agent may not see what it is about", "a notification");
  }
}

// The stream is open: from now on the client is told on it, whatever the server promises.
void ServerSide::Acknowledged(const Message& message) {
  const auto stamp = message.meta[kSubscriptionId];
  MessageId id;
  const bool is_id = stamp && ReadId(*stamp, &scratch_, &id);
  const ListenStreams::Groups* const wanted = is_id ? session_.listens.Find(id) : nullptr;
  const auto honoured = message.params[kNotifications];
  if (wanted == nullptr || !honoured || !honoured->is_object() ||
      KeyFault(*honoured, kListenKeyNames) != nullptr) {
    session_.output->ToClient(message.line);
    return;
  }
  std::vector<JsonMember> members;
  ListenStreams::Groups told = {};
  for (size_t i = 0; i < kListGroups; ++i) {
    const std::optional<JsonValue> promised = honoured->Find(kListenKeyNames[i]);
    const bool is_promised = promised && promised->is_bool() && promised->bool_value();
    told[i] = (*wanted)[i] && (is_promised || session_.has_list[i]);
    if (told[i] && !is_promised) {
      members.push_back({kListenKeyNames[i], "true"});
    }
  }
  LineEdits edits;
  SetMembers(*honoured, members, message.line, &edits);
  session_.ToClient(message.line, std::move(edits));
  for (const std::string& line : session_.listens.Acknowledge(id, told)) {
    session_.output->ToClient(line);
  }
}

void ServerSide::OnResponse(const Message& message, MonoTime now) {
  OpenRequest* const request = session_.client_requests.Find(message.id);
  if (request == nullptr || request->state == RequestState::kWaiting ||
      request->state == RequestState::kFiltering) {
    Drop("it answers no open request of the client", message.id.raw);
    return;
  }
  if (message.result() && request->method == Method::kList) {
    if (const absl::Status read = lists_.OnAnswer(message, request, now); !read.ok()) {
      Withhold(message.id, read.message());
    }
    return;
  }
  if (message.result() &&
      (request->method == Method::kInitialize || request->method == Method::kDiscover)) {
    Declared(message, *request);
    return;
  }
  if (message.result() && !request->maker.empty()) {
    NoteTask(*message.result(), *request);
  }
  if (request->method == Method::kListen) {
    session_.listens.Close(message.id);
  }
  session_.client_requests.Close(message.id);
  session_.output->ToClient(message.line);
}

void ServerSide::Declared(const Message& message, const OpenRequest& request) {
  absl::StatusOr<Capabilities> read = ReadCapabilities(*message.result(), message.line);
  if (!read.ok()) {
    Withhold(message.id, read.status().message());
    return;
  }
  session_.has_list = read->has_list;
  if (request.method == Method::kInitialize) {
    session_.promised = read->has_list;
  }
  session_.client_requests.Close(message.id);
  session_.ToClient(message.line, std::move(read->edits));
}

// The result of a call may be a task: in revision 2026-07-28 the result itself, before a member of
// it, in FastMCP 2.14 a member of its _meta. Whoever reaches the task later must be allowed what
// made it.
void ServerSide::NoteTask(const JsonValue& result, const OpenRequest& request) {
  if (!result.is_object()) {
    return;
  }
  std::optional<JsonValue> member = result.Find("task");
  const std::optional<JsonValue> type = result.Find("resultType");
  const std::optional<JsonValue> meta = result.Find("_meta");
  if (!member && meta && meta->is_object()) {
    member = meta->Find("modelcontextprotocol.io/task");
  }
  std::optional<JsonValue> id;
  if (member && member->is_object()) {
    id = member->Find("taskId");
  } else if (type && type->is_string() && type->string_equals("task")) {
    id = result.Find("taskId");
  }
  absl::string_view text;
  if (id && ReadPlainString(*id, &scratch_, &text) &&
      !session_.tasks.Add(text, {request.maker_kind,
                                 absl::string_view(request.maker.data(), request.maker.size())})) {
    Drop("the task is not kept, since its id is too long or was used by many", text);
  }
}

}  // namespace ostiary::sidecar
