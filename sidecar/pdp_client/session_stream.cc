#include "sidecar/pdp_client/session_stream.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status_macros.h"
#include "grpc/support/time.h"

namespace ostiary::sidecar {
namespace {

absl::Status Violation(absl::string_view what) {
  return absl::InternalError(absl::StrCat("the PDP broke the session's protocol: ", what));
}

void* TagOf(intptr_t operation) { return reinterpret_cast<void*>(operation); }

std::string Seconds(MonoDuration span) { return absl::FormatDuration(absl::FromChrono(span)); }

}  // namespace

SessionStream::SessionStream(const SessionSourceOptions& options,
                             std::optional<Revision> acknowledged, SourceSink* sink,
                             const Clock& clock)
    : options_(options),
      sink_(sink),
      clock_(clock),
      book_(options.limits),
      acknowledged_(std::move(acknowledged)) {}

absl::Status SessionStream::Run(const SessionWire& wire) {
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  if (Start(wire, &queue)) {
    while (!Over()) {
      const MonoDuration wait = Watch() - clock_.Now();
      const gpr_timespec wake = gpr_time_from_nanos(wait.count(), GPR_TIMESPAN);
      if (queue.AsyncNext(&tag, &ok, wake) != grpc::CompletionQueue::GOT_EVENT) continue;
      switch (static_cast<Operation>(reinterpret_cast<intptr_t>(tag))) {
        case kRead:
          OnRead(ok);
          break;
        case kWrite:
          OnWritten(ok);
          break;
        case kFinish:
          OnFinished();
          break;
      }
    }
  }
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  MutexLock lock(&mutex_);
  return end_;
}

bool SessionStream::Start(const SessionWire& wire, grpc::CompletionQueue* queue) {
  MutexLock lock(&mutex_);
  if (!end_.ok()) return false;
  stub_ = v1::PolicyDecisionService::NewStub(wire.channel);
  // gRPC itself refuses to send these without TLS.
  if (wire.token != nullptr) context_.set_credentials(wire.token);
  // The call goes out with hello, not before it.
  context_.set_initial_metadata_corked(true);
  stream_ = stub_->PrepareAsyncSession(&context_, queue);
  stream_->StartCall(nullptr);
  started_ = true;
  started_at_ = clock_.Now();
  v1::SessionRequest request;
  v1::SessionHello& hello = *request.mutable_hello();
  hello.set_sidecar_id(options_.sidecar_id);
  hello.set_agent(options_.agent);
  hello.set_server(options_.server);
  hello.set_version(options_.version);
  Write(request);
  stream_->Read(&incoming_, TagOf(kRead));
  return true;
}

MonoTime SessionStream::Watch() {
  MutexLock lock(&mutex_);
  const MonoTime now = clock_.Now();
  MonoTime wake = now + options_.answer_timeout;
  // A cancelled call ends by itself, whatever the PDP does.
  if (!end_.ok()) return wake;
  const absl::Status overdue = Overdue(now, &wake);
  if (!overdue.ok()) CancelLocked(overdue);
  return wake;
}

bool SessionStream::Over() const {
  MutexLock lock(&mutex_);
  return done_ && !writing_;
}

absl::Status SessionStream::Overdue(MonoTime now, MonoTime* wake) const {
  if (!up_since_.has_value()) {
    *wake = started_at_ + options_.connect_timeout;
    if (now < *wake) return absl::OkStatus();
    return absl::DeadlineExceededError(absl::StrCat(
        "the PDP did not open the session within ", Seconds(options_.connect_timeout),
        refusal_.ok() ? "" : absl::StrCat("; it answers, with ", refusal_.ToString())));
  }
  if (now >= lease_end_) {
    return absl::DeadlineExceededError("the PDP said nothing for as long as its lease");
  }
  // An ask opened after `now` is not due before the second.
  *wake = std::min(lease_end_, now + options_.answer_timeout);
  if (const std::optional<MonoTime> oldest = book_.Oldest()) {
    // Asks from before the session was up count from then.
    const MonoTime due = std::max(*oldest, *up_since_) + options_.answer_timeout;
    if (now >= due) {
      return absl::DeadlineExceededError(absl::StrCat("the PDP left a question unanswered for ",
                                                      Seconds(options_.answer_timeout)));
    }
    *wake = std::min(*wake, due);
  }
  return absl::OkStatus();
}

void SessionStream::Cancel(absl::Status why) {
  MutexLock lock(&mutex_);
  CancelLocked(std::move(why));
}

void SessionStream::CancelLocked(absl::Status why) {
  if (!end_.ok()) return;
  end_ = std::move(why);
  if (started_) context_.TryCancel();
}

absl::Status SessionStream::Ask(uint64_t id, const std::vector<Access>& accesses) {
  MutexLock lock(&mutex_);
  OSTIARY_RETURN_IF_ERROR(book_.Open(id, options_.server, accesses, clock_.Now()));
  WriteNext();
  return absl::OkStatus();
}

void SessionStream::Acknowledge(const Revision& revision) {
  MutexLock lock(&mutex_);
  const bool told = present_.has_value() && acknowledged_ == revision;
  acknowledged_ = revision;
  // Before the first event there is nothing to acknowledge on this stream; the same revision twice
  // tells the PDP nothing.
  if (!present_.has_value() || told) return;
  unsent_applied_ = revision;
  WriteNext();
}

void SessionStream::ReportUsage(const CacheUsage& usage) {
  MutexLock lock(&mutex_);
  unsent_usage_.hits += usage.hits;
  unsent_usage_.misses += usage.misses;
  // It rides on an acknowledgement: on the one that is due, or on the last one, said again.
  if (unsent_usage_.empty() || !present_.has_value() || acknowledged_ != present_) return;
  unsent_applied_ = acknowledged_;
  WriteNext();
}

void SessionStream::WriteNext() {
  if (!started_ || writing_ || read_ended_) return;
  if (unsent_applied_.has_value()) {
    Write(ToAppliedRequest(*unsent_applied_, std::exchange(unsent_usage_, {})));
    unsent_applied_.reset();
  } else if (std::optional<v1::SessionRequest> request = book_.TakeUnsent()) {
    Write(*request);
  }
}

void SessionStream::Write(const v1::SessionRequest& request) {
  writing_ = true;
  stream_->Write(request, TagOf(kWrite));
}

void SessionStream::OnWritten(bool ok) {
  MutexLock lock(&mutex_);
  writing_ = false;
  // A write fails only where the stream ends, which OnRead tells.
  if (ok) WriteNext();
}

void SessionStream::OnRead(bool ok) {
  if (!ok) {
    MutexLock lock(&mutex_);
    read_ended_ = true;
    stream_->Finish(&final_, TagOf(kFinish));
    return;
  }
  Outcome outcome = Take(clock_.Now());
  if (!outcome.ok()) {
    Cancel(outcome.status());
    // Also after a violation: the end of the stream comes as a failed read.
    stream_->Read(&incoming_, TagOf(kRead));
  } else if (std::holds_alternative<SourceRevision>(*outcome)) {
    // The sink answers an event at once. Two threads that write at a time would cost a third.
    stream_->Read(&incoming_, TagOf(kRead));
    sink_->Post(*std::move(outcome));
  } else {
    sink_->Post(*std::move(outcome));
    stream_->Read(&incoming_, TagOf(kRead));
  }
}

void SessionStream::OnFinished() {
  MutexLock lock(&mutex_);
  if (end_.ok()) {
    ended_in_order_ = final_.ok();
    end_ = FromGrpc(final_);
  }
  done_ = true;
}

SessionStream::Outcome SessionStream::Take(MonoTime received) {
  MutexLock lock(&mutex_);
  if (!end_.ok()) return end_;  // on its way out: what still comes does not count
  // What was sent before this process stood still (a closed laptop, a paused container) says
  // nothing of now, and is read before the watch looks at the time again.
  MonoTime wake;
  OSTIARY_RETURN_IF_ERROR(Overdue(received, &wake));
  switch (incoming_.message_case()) {
    case v1::SessionResponse::kEvent:
      return TakeEvent(received);
    case v1::SessionResponse::kResult:
      return TakeResult();
    default:
      return Violation("a message that is neither event nor result");
  }
}

SessionStream::Outcome SessionStream::TakeEvent(MonoTime received) {
  OSTIARY_ASSIGN_OR_RETURN(SessionEvent event, FromWire(incoming_.event(), options_.max_lease));
  if ((event.kind == v1::CURRENT) == present_.has_value()) {
    return Violation(present_.has_value() ? "CURRENT in its midst"
                                          : "its first event is not CURRENT");
  }
  if (present_.has_value() && present_->epoch == event.revision.epoch &&
      event.revision.generation < present_->generation) {
    return Violation(
        absl::StrCat("generation ", event.revision.generation, " after ", present_->generation));
  }
  if (!present_.has_value()) {
    up_since_ = received;
    // The PDP is the one of the earlier stream, or decides alike: nothing older is applied here.
    if (acknowledged_ == event.revision) unsent_applied_ = acknowledged_;
  }
  present_ = event.revision;
  lease_end_ = received + event.lease;
  WriteNext();
  return SourceRevision{std::move(event.revision), lease_end_};
}

SessionStream::Outcome SessionStream::TakeResult() {
  const v1::SessionResult& result = incoming_.result();
  // A PDP without a policy has no revision to tell of, and says so in answer to each question.
  if (!present_.has_value() && !result.has_error()) {
    return Violation("a decision before its first event");
  }
  const std::optional<size_t> asked = book_.Close(result.id());
  if (!asked.has_value()) {
    return Violation(absl::StrCat("an answer to ", result.id(), ", which is not open"));
  }
  SourceAnswer answer = FromWire(result, *asked, present_);
  if (!present_.has_value()) refusal_ = answer.status;
  return answer;
}

std::optional<MonoTime> SessionStream::up_since() const {
  MutexLock lock(&mutex_);
  return up_since_;
}

CacheUsage SessionStream::unsent_usage() const {
  MutexLock lock(&mutex_);
  return unsent_usage_;
}

bool SessionStream::ended_in_order() const {
  MutexLock lock(&mutex_);
  return ended_in_order_;
}

std::optional<Revision> SessionStream::acknowledged() const {
  MutexLock lock(&mutex_);
  return acknowledged_;
}

}  // namespace ostiary::sidecar
