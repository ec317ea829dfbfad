#include "sidecar/pdp_client/session_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status_macros.h"

namespace ostiary::sidecar {
namespace {

absl::Status Violation(absl::string_view what) {
  return absl::InternalError(absl::StrCat("the PDP broke the session's protocol: ", what));
}

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
  MutexLock lock(&mutex_);
  if (!end_.ok()) return end_;
  stub_ = v1::PolicyDecisionService::NewStub(wire.channel);
  // gRPC itself refuses to send these without TLS.
  if (wire.token != nullptr) context_.set_credentials(wire.token);
  stub_->async()->Session(&context_, this);
  v1::SessionHello& hello = *outgoing_.mutable_hello();
  hello.set_sidecar_id(options_.sidecar_id);
  hello.set_agent(options_.agent);
  hello.set_server(options_.server);
  hello.set_version(options_.version);
  started_ = true;
  started_at_ = clock_.Now();
  writing_ = true;
  // Asks write from outside the reactions; the hold goes when nothing can be written any more.
  AddHold();
  StartRead(&incoming_);
  StartWrite(&outgoing_);
  StartCall();
  while (!done_) {
    MonoTime wake;
    const absl::Status overdue = Overdue(clock_.Now(), &wake);
    if (end_.ok() && !overdue.ok()) CancelLocked(overdue);
    if (end_.ok()) {
      changed_.WaitUntil(&mutex_, wake);
    } else {
      changed_.Wait(&mutex_);  // a cancelled call ends by itself, whatever the PDP does
    }
  }
  return end_;
}

absl::Status SessionStream::Overdue(MonoTime now, MonoTime* wake) const {
  if (!up_since_.has_value()) {
    *wake = started_at_ + options_.connect_timeout;
    if (now < *wake) return absl::OkStatus();
    return absl::DeadlineExceededError(absl::StrCat("the PDP did not open the session within ",
                                                    Seconds(options_.connect_timeout)));
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
  changed_.NotifyAll();
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
    outgoing_ = ToAppliedRequest(*unsent_applied_, std::exchange(unsent_usage_, {}));
    unsent_applied_.reset();
  } else if (std::optional<v1::SessionRequest> request = book_.TakeUnsent()) {
    outgoing_ = *std::move(request);
  } else {
    return;
  }
  writing_ = true;
  StartWrite(&outgoing_);
}

void SessionStream::OnWriteDone(bool ok) {
  MutexLock lock(&mutex_);
  writing_ = false;
  // A write fails only where the stream ends, which OnReadDone and OnDone tell.
  if (ok) WriteNext();
}

void SessionStream::OnReadDone(bool ok) {
  if (!ok) {
    {
      MutexLock lock(&mutex_);
      read_ended_ = true;
    }
    RemoveHold();
    return;
  }
  Outcome outcome = Take(clock_.Now());
  if (outcome.ok()) {
    sink_->Post(*std::move(outcome));
  } else {
    Cancel(outcome.status());
  }
  // Also after a violation: the end of the stream comes as a failed read.
  StartRead(&incoming_);
}

void SessionStream::OnDone(const grpc::Status& status) {
  MutexLock lock(&mutex_);
  if (end_.ok()) {
    ended_in_order_ = status.ok();
    end_ = FromGrpc(status);
  }
  done_ = true;
  // The keeper may destroy the stream as soon as the lock is free.
  changed_.NotifyAll();
}

SessionStream::Outcome SessionStream::Take(MonoTime received) {
  MutexLock lock(&mutex_);
  if (!end_.ok()) return end_;  // on its way out: what still comes does not count
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
  changed_.NotifyAll();
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
  return FromWire(result, *asked, present_);
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
