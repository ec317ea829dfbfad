// WatchLoop: keeps the policy in step with its files, on a thread of its own.
//
// A hint from the directory watch, once it has settled, or a request, or the slow poll runs
// Reloader::Reload, which reads the files and compares: hints only hint. Without inotify (none
// left, or a file system that reports nothing) the poll alone goes on, and the log says so.
//
// Start it before the policy is used; destroy it before the reloader and the store. The destructor
// waits for a reload that runs.
#ifndef OSTIARY_PDP_RELOAD_WATCH_LOOP_H_
#define OSTIARY_PDP_RELOAD_WATCH_LOOP_H_

#include <chrono>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/log.h"
#include "pdp/reload/reloader.h"

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
  // Starts to watch, then loads the files once on the calling thread, so that no change between the
  // two is missed and the policy decides when this returns (how it went stands in the store), and
  // goes on in its own thread, which has all signals blocked. Fails only for want of descriptors.
  // `clock` must move with the machine's: the loop sleeps in the kernel until a time on it.
  static absl::StatusOr<std::unique_ptr<WatchLoop>> Start(Reloader* reloader, WatchOptions options,
                                                          const Clock& clock, const Log& log);
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
