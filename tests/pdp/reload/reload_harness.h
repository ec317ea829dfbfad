// What the tests of reload share: a log that can be waited for, a wait for a generation, the
// reloader with its store, and texts of rules and catalogs.
#ifndef OSTIARY_TESTS_PDP_RELOAD_RELOAD_HARNESS_H_
#define OSTIARY_TESTS_PDP_RELOAD_RELOAD_HARNESS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/mutex.h"
#include "common/unique_fd.h"
#include "pdp/reload/reloader.h"
#include "pdp/reload/watch_loop.h"
#include "tests/pdp/reload/scratch_dir.h"

namespace ostiary::pdp {

// {"agents":{AGENT:{"allow":{"servers":[SERVERS]}}}}
std::string RulesAllowing(absl::string_view agent, const std::vector<std::string>& servers);
// {"mcpServers":{SERVER:{"command":"true"},...}}
std::string CatalogOf(const std::vector<std::string>& servers);

bool Allows(const PublishedPolicy& policy, absl::string_view agent, absl::string_view server);

// A log into a pipe. One thread reads.
class LogPipe {
 public:
  LogPipe();
  const Log& log() const { return log_; }

  // Waits for the next line with this event, passing over others, and returns it; "" with a failed
  // test if there is none for a generous time.
  std::string Await(absl::string_view event);
  // The lines with this event that have been written and not read. Reads all there are.
  std::vector<std::string> Take(absl::string_view event);

 private:
  bool Fill(int timeout_ms);

  UniqueFd read_end_;
  UniqueFd write_end_;
  Log log_;
  std::string buffer_;
};

// Waits for generations of a store. Must outlive whatever publishes into it.
class GenerationWaiter {
 public:
  explicit GenerationWaiter(PolicyStore* store);

  // Waits until the store decides by `generation` or a later one; nullptr with a failed test if it
  // does not for a generous time.
  std::shared_ptr<const PublishedPolicy> Await(uint64_t generation);

 private:
  Mutex mutex_;
  CondVar changed_;
  std::shared_ptr<const PublishedPolicy> latest_ ABSL_GUARDED_BY(mutex_);
};

// A reloader over DIR/rules.json and DIR/mcp.json in a directory of its own.
class ReloadHarness {
 public:
  enum class Catalog { kNone, kWithCatalog };

  explicit ReloadHarness(Catalog catalog = Catalog::kWithCatalog,
                         const Clock& clock = Clock::System(), absl::string_view directory = "",
                         const PolicyLimits& limits = {});

  // Starts the watch, which loads once.
  void Watch(const WatchOptions& options = {});

  ScratchDir dir;
  LogPipe log;
  PolicyStore store;
  GenerationWaiter generations;
  Reloader reloader;
  std::unique_ptr<WatchLoop> watch;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_TESTS_PDP_RELOAD_RELOAD_HARNESS_H_
