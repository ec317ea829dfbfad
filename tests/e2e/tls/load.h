// Load on a PDP, in threads that end when they are destroyed, and what came of it. Every question
// is one that the rules of AllowingRules() allow, so that anything else is a failed decision.
#ifndef OSTIARY_TESTS_E2E_TLS_LOAD_H_
#define OSTIARY_TESTS_E2E_TLS_LOAD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/mutex.h"
#include "grpcpp/channel.h"
#include "tests/support/test_process.h"

namespace ostiary {

// By which the agent "me" may do everything.
std::string AllowingRules();

class Tally {
 public:
  void Asked() ABSL_LOCKS_EXCLUDED(mutex_);
  void Failed(const std::string& how) ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until so many more have been asked; false where one would have to wait too long.
  bool AwaitMore(uint64_t count) ABSL_LOCKS_EXCLUDED(mutex_);

  uint64_t asked() const ABSL_LOCKS_EXCLUDED(mutex_);
  // The first few failures, a line each; empty where there was none.
  std::string failures() const ABSL_LOCKS_EXCLUDED(mutex_);
  uint64_t failed() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable Mutex mutex_;
  CondVar more_;
  uint64_t asked_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t failed_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string failures_ ABSL_GUARDED_BY(mutex_);
};

// Asks again and again, some hundred times a second, until it is destroyed.
class Load {
 public:
  Load(std::function<void(Tally*)> ask, Tally* tally);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

 private:
  bool Pause() ABSL_LOCKS_EXCLUDED(mutex_);

  Mutex mutex_;
  CondVar stopped_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

using NewChannel = std::function<std::shared_ptr<grpc::Channel>()>;

// Check on one connection for ever, and on a new connection each time.
std::function<void(Tally*)> LastingChecks(const NewChannel& channel);
std::function<void(Tally*)> FreshChecks(const NewChannel& channel);
// Calls of tools through an ostiary-sidecar, each of another name, so that no cache answers.
// `flags` say how it finds its PDP.
std::function<void(Tally*)> SidecarCalls(const std::vector<std::string>& flags,
                                         std::shared_ptr<TestProcess>* process = nullptr);

}  // namespace ostiary

#endif  // OSTIARY_TESTS_E2E_TLS_LOAD_H_
