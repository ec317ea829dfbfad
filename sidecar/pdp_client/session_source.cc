#include "sidecar/pdp_client/session_source.h"

#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "common/mutex.h"
#include "common/status_macros.h"
#include "sidecar/pdp_client/backoff.h"
#include "sidecar/pdp_client/channel.h"
#include "sidecar/pdp_client/session_stream.h"
#include "sidecar/pdp_client/wire.h"

namespace ostiary::sidecar {
namespace {

// Reasons of one outage in the log, should they never be the same twice.
constexpr size_t kMaxSaid = 8;

}  // namespace

class SessionSource::Rep {
 public:
  Rep(SessionSourceOptions options, std::unique_ptr<Connector> connector, SourceSink* sink,
      const Clock& clock, const Log& log);
  ~Rep();

  void Ask(uint64_t id, const std::vector<Access>& accesses) ABSL_LOCKS_EXCLUDED(mutex_);
  void Acknowledge(const Revision& revision) ABSL_LOCKS_EXCLUDED(mutex_);
  void ReportUsage(const CacheUsage& usage) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // The keeper's thread.
  void Keep() ABSL_LOCKS_EXCLUDED(mutex_);
  // One session, from its files to its end.
  absl::Status RunOne(SessionStream* stream, MonoDuration per_address);
  // The stream to run after `wait`; nullptr where it is time to stop.
  SessionStream* Await(MonoDuration wait) ABSL_LOCKS_EXCLUDED(mutex_);
  // Replaces the stream that ended; its open asks go with it. False where it is time to stop.
  bool Renew() ABSL_LOCKS_EXCLUDED(mutex_);
  void LogLoss(const absl::Status& status, bool was_up);

  // Constant after construction.
  const SessionSourceOptions options_;
  SourceSink* const sink_;
  const Clock& clock_;
  const Log& log_;

  // The keeper's alone.
  const std::unique_ptr<Connector> connector_;
  std::set<std::string> said_;  // why no session comes about, in this outage

  Mutex mutex_;  // taken before a stream's
  CondVar stopped_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<SessionStream> stream_ ABSL_GUARDED_BY(mutex_);  // never nullptr

  std::thread keeper_;  // last: it uses all of the above
};

SessionSource::Rep::Rep(SessionSourceOptions options, std::unique_ptr<Connector> connector,
                        SourceSink* sink, const Clock& clock, const Log& log)
    : options_(std::move(options)),
      sink_(sink),
      clock_(clock),
      log_(log),
      connector_(std::move(connector)),
      stream_(std::make_unique<SessionStream>(options_, std::nullopt, sink_, clock_)),
      keeper_([this] { Keep(); }) {}

SessionSource::Rep::~Rep() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    stream_->Cancel(absl::CancelledError("the sidecar ends the session"));
    stopped_.NotifyAll();
  }
  keeper_.join();
}

void SessionSource::Rep::Ask(uint64_t id, const std::vector<Access>& accesses) {
  absl::Status status;
  {
    MutexLock lock(&mutex_);
    status = stream_->Ask(id, accesses);
  }
  if (!status.ok()) sink_->Post(SourceAnswer{id, std::move(status), {}, {}});
}

void SessionSource::Rep::Acknowledge(const Revision& revision) {
  MutexLock lock(&mutex_);
  stream_->Acknowledge(revision);
}

void SessionSource::Rep::ReportUsage(const CacheUsage& usage) {
  MutexLock lock(&mutex_);
  stream_->ReportUsage(usage);
}

void SessionSource::Rep::Keep() {
  Backoff backoff(options_.initial_backoff, options_.max_backoff, std::random_device{}());
  MonoDuration wait{};
  bool hurried = false;
  while (SessionStream* stream = Await(wait)) {
    // An address that swallows all that it is sent would have each attempt to itself, since each
    // begins with the same one: after an attempt that ran out of time the next goes on to the
    // others early. Not every one does, for a PDP that is only slow; gRPC's own limit is then so
    // far behind ours that ours ends the attempt, and says that it was time that ran out.
    const absl::Status status =
        RunOne(stream, hurried ? options_.connect_timeout / 4 : 2 * options_.connect_timeout);
    const std::optional<MonoTime> up_since = stream->up_since();
    hurried = !hurried && !up_since.has_value() && absl::IsDeadlineExceeded(status);
    if (up_since.has_value()) {
      backoff.Worked(clock_.Now() - *up_since);
      said_.clear();
    }
    const bool in_order = stream->ended_in_order();
    if (!Renew()) return;
    if (in_order && up_since.has_value()) {
      log_.Info("pdp_session_renewed", {{"pdp", options_.address}});
    } else {
      LogLoss(status, up_since.has_value());
    }
    sink_->Post(SourceLost{absl::Status(
        status.code(), absl::StrCat("PDP ", options_.address, ": ", status.message()))});
    wait = backoff.Next();
  }
}

absl::Status SessionSource::Rep::RunOne(SessionStream* stream, MonoDuration per_address) {
  OSTIARY_ASSIGN_OR_RETURN(const SessionWire wire, connector_->Make(per_address));
  return connector_->Explain(stream->Run(wire));
}

SessionStream* SessionSource::Rep::Await(MonoDuration wait) {
  MutexLock lock(&mutex_);
  const MonoTime start = clock_.Now() + wait;
  while (!stopping_ && clock_.Now() < start) stopped_.WaitUntil(&mutex_, start);
  return stopping_ ? nullptr : stream_.get();
}

bool SessionSource::Rep::Renew() {
  std::unique_ptr<SessionStream> ended;  // destroyed after the lock is released
  MutexLock lock(&mutex_);
  if (stopping_) return false;
  ended = std::move(stream_);
  stream_ = std::make_unique<SessionStream>(options_, ended->acknowledged(), sink_, clock_);
  stream_->ReportUsage(ended->unsent_usage());
  return true;
}

void SessionSource::Rep::LogLoss(const absl::Status& status, bool was_up) {
  // Each reason of an outage is one line, not one per attempt.
  const bool news = was_up || (said_.size() < kMaxSaid && said_.insert(status.ToString()).second);
  log_.Write(news ? LogLevel::kWarning : LogLevel::kDebug,
             was_up ? "pdp_session_lost" : "pdp_unreachable",
             {{"pdp", options_.address}, {"status", status.ToString()}});
}

SessionSource::SessionSource(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
SessionSource::~SessionSource() = default;

absl::StatusOr<std::unique_ptr<SessionSource>> SessionSource::Create(SessionSourceOptions options,
                                                                     SourceSink* sink,
                                                                     const Clock& clock,
                                                                     const Log& log) {
  OSTIARY_ASSIGN_OR_RETURN(std::unique_ptr<Connector> connector,
                           Connector::Create(options.address, options.tls, log));
  for (const std::string* name :
       {&options.sidecar_id, &options.agent, &options.server, &options.version}) {
    if (!IsUtf8(*name)) {
      return absl::InvalidArgumentError(
          "the names of agent, server and sidecar must be UTF-8, or no PDP can read them");
    }
  }
  if (options.agent.empty() || options.server.empty()) {
    return absl::InvalidArgumentError("a session needs the names of an agent and a server");
  }
  return std::unique_ptr<SessionSource>(new SessionSource(
      std::make_unique<Rep>(std::move(options), std::move(connector), sink, clock, log)));
}

void SessionSource::Ask(uint64_t id, const std::vector<Access>& accesses) {
  rep_->Ask(id, accesses);
}

void SessionSource::Acknowledge(const Revision& revision) { rep_->Acknowledge(revision); }

void SessionSource::ReportUsage(const CacheUsage& usage) { rep_->ReportUsage(usage); }

}  // namespace ostiary::sidecar
