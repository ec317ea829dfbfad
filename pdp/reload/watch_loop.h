// WatchLoop: keeps the policy, and what else comes from files, in step with them, on a thread of
// its own.
//
// A hint from the directory watch, once it has settled, or a request, or the slow poll runs
// ReloadSubject::Refresh of all subjects, each of which reads its files and compares: hints only
// hint. Without inotify (none left, or a file system that reports nothing) the poll alone goes on,
// and the log says so.
//
// Start it before the subjects are used; destroy it before them. The destructor waits for a reload
// that runs.
#ifndef OSTIARY_PDP_RELOAD_WATCH_LOOP_H_
#define OSTIARY_PDP_RELOAD_WATCH_LOOP_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/log.h"
#include "pdp/reload/reload_subject.h"

namespace ostiary::pdp {

enum class WatchMode : uint8_t {
  kInotify,
  kPollOnly,  // for file systems that report no change, such as NFS
};

struct WatchOptions {
  // How long the files must be at rest before they are read. Less reads half-written files sooner,
  // more lets an old policy decide for longer.
  MonoDuration debounce = std::chrono::milliseconds(100);
  // How long a steady stream of changes may put that off.
  MonoDuration debounce_limit = std::chrono::seconds(1);
  // The backstop: how often the files are read without a hint. Costs their reading and a digest.
  MonoDuration poll_interval = std::chrono::seconds(30);
  WatchMode mode = WatchMode::kInotify;
};

class WatchLoop {
 public:
  // Starts to watch, then refreshes each subject once on the calling thread, in this order, so that
  // no change between the two is missed and the policy decides when this returns (how it went
  // stands with the subjects), and goes on in its own thread, which has all signals blocked. Fails
  // only for want of descriptors. `clock` must move with the machine's: the loop sleeps in the
  // kernel until a time on it.
  static absl::StatusOr<std::unique_ptr<WatchLoop>> Start(std::vector<ReloadSubject*> subjects,
                                                          WatchOptions options, const Clock& clock,
                                                          const Log& log);
  ~WatchLoop();
  WatchLoop(const WatchLoop&) = delete;
  WatchLoop& operator=(const WatchLoop&) = delete;

  // Reloads soon, on the loop's thread, without waiting for the files to settle: for SIGHUP. From
  // any thread; async-signal-safe. Requests that come before it starts are one.
  void RequestReload();

 private:
  struct Rep;
  explicit WatchLoop(std::unique_ptr<Rep> rep);
  const std::unique_ptr<Rep> rep_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_RELOAD_WATCH_LOOP_H_
