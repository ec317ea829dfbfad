// LocalSource: a rules file in this process, as a DecisionSource. What one person on one laptop
// needs: no PDP to run, and hot reload all the same.
//
// It owns the whole of pdp/policy and pdp/reload: the store, the reloader and the watch with its
// thread. Ask answers on the caller's thread, before it returns. The sink gets a SourceRevision at
// the start and whenever the policy changed, posted before any answer that the new policy made on
// the loop's thread can be used again. There is nobody to lose touch with, so its leases do not
// end. Where no policy has ever loaded, every ask gets FAILED_PRECONDITION with what is wrong.
#ifndef OSTIARY_SIDECAR_LOCAL_LOCAL_SOURCE_H_
#define OSTIARY_SIDECAR_LOCAL_LOCAL_SOURCE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/log.h"
#include "pdp/reload/reloader.h"
#include "pdp/reload/watch_loop.h"
#include "sidecar/core/decision_source.h"

namespace ostiary::sidecar {

struct LocalSourceOptions {
  std::string agent;
  std::string server;
  pdp::PolicyPaths paths;
  std::string epoch;  // random, and never used again: see Revision
  pdp::PolicyLimits limits;
  pdp::WatchOptions watch;
};

class LocalSource final : public DecisionSource {
 public:
  // Loads the files, so that the policy decides when this returns, and watches them. Files that do
  // not load are no error: everything is denied, with the reason, until they do. `sink`, `clock`
  // and `log` must outlive the source.
  static absl::StatusOr<std::unique_ptr<LocalSource>> Create(LocalSourceOptions options,
                                                             SourceSink* sink, const Clock& clock,
                                                             const Log& log);
  ~LocalSource() override;
  LocalSource(const LocalSource&) = delete;
  LocalSource& operator=(const LocalSource&) = delete;

  void Ask(uint64_t id, const std::vector<Access>& accesses) override;
  // Nobody else wants to know.
  void Acknowledge(const Revision& revision) override;

 private:
  LocalSource(LocalSourceOptions options, SourceSink* sink, const Clock& clock, const Log& log);
  SourceAnswer Answer(uint64_t id, const std::vector<Access>& accesses) const;

  const LocalSourceOptions options_;
  SourceSink* const sink_;
  pdp::PolicyStore store_;
  pdp::Reloader reloader_;
  std::unique_ptr<pdp::WatchLoop> watch_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_LOCAL_LOCAL_SOURCE_H_
