#include "pdp/reload/watch_loop.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/str_join.h"
#include "common/unique_fd.h"
#include "pdp/reload/debouncer.h"
#include "pdp/reload/directory_watch.h"

namespace ostiary::pdp {
namespace {

std::vector<std::string> WatchedPaths(const std::vector<ReloadSubject*>& subjects) {
  std::vector<std::string> watched;
  for (const ReloadSubject* subject : subjects) {
    for (std::string& path : subject->WatchedPaths()) watched.push_back(std::move(path));
  }
  return watched;
}

timespec TimeoutUntil(MonoTime deadline, MonoTime now) {
  const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::max(deadline - now, MonoDuration::zero()));
  constexpr int64_t kSecond = 1'000'000'000;
  return {left.count() / kSecond, left.count() % kSecond};
}

}  // namespace

struct WatchLoop::Rep {
  Rep(std::vector<ReloadSubject*> s, const WatchOptions& o, const Clock& c, const Log& l)
      : subjects(std::move(s)),
        paths(WatchedPaths(subjects)),
        options(o),
        clock(c),
        log(l),
        debouncer(o.debounce, o.debounce_limit) {}

  void Run();
  void Wait();
  void TakeHints();
  void ReloadIfDue();
  void Refresh(ReloadMode mode);
  void MendWatch();
  void SayWatchStatus(const absl::Status& status);

  const std::vector<ReloadSubject*> subjects;
  const std::vector<std::string> paths;
  const WatchOptions options;
  const Clock& clock;
  const Log& log;
  UniqueFd wake;  // an eventfd: readable after a request or a stop
  std::atomic<bool> requested{false};
  std::atomic<bool> stopping{false};
  std::thread thread;

  // The loop's thread alone, from here on.
  std::unique_ptr<DirectoryWatch> watch;  // nullptr where only the poll goes on
  absl::Status watch_status;              // as last said in the log
  Debouncer debouncer;
  MonoTime poll_due;
};

absl::StatusOr<std::unique_ptr<WatchLoop>> WatchLoop::Start(std::vector<ReloadSubject*> subjects,
                                                            WatchOptions options,
                                                            const Clock& clock, const Log& log) {
  auto rep = std::make_unique<Rep>(std::move(subjects), options, clock, log);
  rep->wake.Reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!rep->wake.valid()) return absl::ErrnoToStatus(errno, "cannot make an eventfd");
  rep->MendWatch();
  rep->Refresh(ReloadMode::kApply);
  rep->poll_due = clock.Now() + options.poll_interval;

  // The new thread inherits the mask: signals stay with the threads that wait for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  rep->thread = std::thread([rep = rep.get()] { rep->Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return absl::WrapUnique(new WatchLoop(std::move(rep)));
}

WatchLoop::WatchLoop(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}

WatchLoop::~WatchLoop() {
  rep_->stopping = true;
  ::eventfd_write(rep_->wake.get(), 1);
  rep_->thread.join();
}

void WatchLoop::RequestReload() {
  const int saved_errno = errno;
  rep_->requested = true;
  ::eventfd_write(rep_->wake.get(), 1);
  errno = saved_errno;
}

void WatchLoop::Rep::Run() {
  while (true) {
    Wait();
    if (stopping) return;
    TakeHints();
    ReloadIfDue();
  }
}

// The one place where the thread waits.
void WatchLoop::Rep::Wait() {
  const MonoTime deadline = debouncer.due().value_or(poll_due);
  const timespec timeout = TimeoutUntil(deadline, clock.Now());
  // ppoll passes over a negative descriptor.
  std::array<pollfd, 2> fds = {
      {{wake.get(), POLLIN, 0}, {watch == nullptr ? -1 : watch->fd(), POLLIN, 0}}};
  // An error (EINTR, or no memory for the moment) is a wake-up like any other.
  ::ppoll(fds.data(), fds.size(), &timeout, nullptr);
  eventfd_t count;
  if (fds[0].revents != 0) ::eventfd_read(wake.get(), &count);
}

void WatchLoop::Rep::TakeHints() {
  if (watch == nullptr) return;
  const Hint hint = watch->Drain();
  if (hint == Hint::kNone) return;
  debouncer.Hint(clock.Now());
  if (hint == Hint::kStructure) SayWatchStatus(watch->status());
}

void WatchLoop::Rep::ReloadIfDue() {
  const MonoTime now = clock.Now();
  // A request leaves the hints: the files may still be in motion.
  if (requested.exchange(false)) {
    Refresh(ReloadMode::kApply);
  } else if (debouncer.Take(now)) {
    // A hint does not say whose files it is about, and the others have nothing to say.
    Refresh(subjects.size() == 1 ? ReloadMode::kApply : ReloadMode::kPoll);
  } else if (!debouncer.due().has_value() && now >= poll_due) {
    MendWatch();
    Refresh(ReloadMode::kPoll);
  } else {
    return;
  }
  poll_due = clock.Now() + options.poll_interval;
}

void WatchLoop::Rep::Refresh(ReloadMode mode) {
  for (ReloadSubject* subject : subjects) subject->Refresh(mode);
}

// Starts to watch, or watches what could not be watched before.
void WatchLoop::Rep::MendWatch() {
  if (options.mode == WatchMode::kPollOnly) return;
  if (watch != nullptr) {
    watch->Trace();
    SayWatchStatus(watch->status());
    return;
  }
  auto created = DirectoryWatch::Create(paths);
  if (!created.ok()) {
    SayWatchStatus(created.status());
    return;
  }
  watch = *std::move(created);
  SayWatchStatus(watch->status());
}

// Says only what is new.
void WatchLoop::Rep::SayWatchStatus(const absl::Status& status) {
  if (status == watch_status) return;
  watch_status = status;
  if (status.ok()) {
    log.Info("watch_restored", {{"files", absl::StrJoin(paths, " ")}});
    return;
  }
  log.Warning(
      "watch_failed",
      {{"files", absl::StrJoin(paths, " ")},
       {"error", std::string(status.message())},
       {"poll_seconds",
        int64_t{std::chrono::duration_cast<std::chrono::seconds>(options.poll_interval).count()}},
       {"effect", "changes are found by the poll alone"}});
}

}  // namespace ostiary::pdp
