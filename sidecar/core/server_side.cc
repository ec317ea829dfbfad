#include "sidecar/core/server_side.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sidecar/core/cut_line.h"
#include "sidecar/core/denial.h"
#include "sidecar/core/initialize_result.h"
#include "sidecar/core/list_filter.h"
#include "sidecar/core/methods.h"

namespace ostiary::sidecar {

ServerSide::ServerSide(Session* session)
    : session_(*session),
      reader_({session->options.max_line_bytes, session->options.max_json_depth}) {}

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
      OnNotification(*message);
      return;
    case MessageKind::kResponse:
      OnResponse(*message, now);
      return;
  }
}

void ServerSide::OnLineTooLong(absl::string_view head, absl::string_view tail) {
  const std::string why =
      absl::StrCat("the line has more than ", session_.options.max_line_bytes, " bytes");
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
  session_.client_requests.Close(id);
  session_.output->ToClient(
      ErrorAnswer(id.raw, kUnreadableAnswerCode,
                  absl::StrCat("The server's answer was withheld, since not every reader would "
                               "read it alike: ",
                               why, ".")));
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

void ServerSide::OnNotification(const Message& message) {
  switch (NotificationMethod(message.method)) {
    case Notification::kOther:
      Drop("not a notification of the protocol", message.method);
      return;
    case Notification::kCancelled: {
      std::string scratch;
      const auto id = message.request_id ? ReadId(*message.request_id, &scratch) : std::nullopt;
      if (id) {
        session_.server_requests.Close(*id);
      }
      break;
    }
    case Notification::kServerOnly:
      break;
  }
  session_.output->ToClient(message.line);
}

void ServerSide::OnResponse(const Message& message, MonoTime now) {
  OpenRequest* const request = session_.client_requests.Find(message.id);
  if (request == nullptr || request->state == RequestState::kWaiting ||
      request->state == RequestState::kFiltering) {
    Drop("it answers no open request of the client", message.id.raw);
    return;
  }
  if (message.result && request->method == Method::kToolsList) {
    ToolList(message, request, now);
    return;
  }
  if (message.result && request->method == Method::kInitialize) {
    Initialized(message);
    return;
  }
  session_.client_requests.Close(message.id);
  session_.output->ToClient(message.line);
}

void ServerSide::ToolList(const Message& message, OpenRequest* request, MonoTime now) {
  Held held;
  absl::StatusOr<ListPlan> plan = ReadToolList(*message.result, message.line, &held.accesses);
  if (!plan.ok()) {
    Withhold(message.id, plan.status().message());
    return;
  }
  if (FilterFromCache(message, *plan, held.accesses, now)) {
    return;
  }
  held.what = Held::What::kList;
  held.id = StoredId(message.id);
  held.plan = *std::move(plan);
  held.line.assign(message.line.data(), message.line.size());
  session_.client_requests.Settle(request);
  held.request_serial = request->serial;
  if (const std::optional<Held> decided = session_.decisions.Hold(std::move(held), now)) {
    OnDecided(*decided);
  }
}

// False where a decision is missing: then nothing was sent.
bool ServerSide::FilterFromCache(const Message& message, const ListPlan& plan,
                                 const std::vector<Access>& accesses, MonoTime now) {
  std::vector<Held::Mark> marks;
  marks.reserve(accesses.size());
  for (const Access& access : accesses) {
    const Verdict* const verdict = session_.decisions.Find(AccessView(access), now);
    if (verdict == nullptr) {
      return false;
    }
    marks.push_back(verdict->allowed ? Held::Mark::kAllowed : Held::Mark::kDenied);
  }
  session_.client_requests.Close(message.id);
  SendList(message.line, plan, marks);
  return true;
}

void ServerSide::SendList(absl::string_view line, const ListPlan& plan,
                          const std::vector<Held::Mark>& marks) {
  const auto kept = [&marks](uint32_t access) { return marks[access] == Held::Mark::kAllowed; };
  if (std::all_of(marks.begin(), marks.end(),
                  [](Held::Mark mark) { return mark == Held::Mark::kAllowed; })) {
    session_.output->ToClient(line);
    return;
  }
  session_.output->ToClient(FilterList(line, plan, kept));
}

void ServerSide::OnDecided(const Held& held) {
  const MessageId id = held.id.view();
  const OpenRequest* const request = session_.client_requests.Find(id);
  if (request == nullptr || request->serial != held.request_serial) {
    return;
  }
  session_.client_requests.Close(id);
  if (held.undecided) {
    Denial denial{session_.options.agent, session_.options.server, {AccessKind::kServer, ""}};
    denial.undecided = &*held.undecided;
    session_.log.Warning("list_undecided", {{"why", held.undecided->why}});
    session_.output->ToClient(DenialAnswer(held.id.json(), AnswerShape::kError, denial));
    return;
  }
  SendList(held.line, held.plan, held.marks);
}

void ServerSide::Initialized(const Message& message) {
  const absl::StatusOr<InitializeResult> read = ReadInitializeResult(*message.result);
  if (!read.ok()) {
    Withhold(message.id, read.status().message());
    return;
  }
  session_.client_requests.Close(message.id);
  session_.promised_list_changed |= read->has_tools;
  if (!read->has_tools || read->promises_list_changed) {
    session_.output->ToClient(message.line);
    return;
  }
  const size_t at = static_cast<size_t>(read->place.data() - message.line.data());
  session_.output->ToClient(absl::StrCat(message.line.substr(0, at), read->insertion,
                                         message.line.substr(at + read->place.size())));
}

}  // namespace ostiary::sidecar
