// What an EventLoop works with in tests: pipes in place of a server's process, and a source whose
// answers are scripted.
#ifndef OSTIARY_TESTS_SIDECAR_STDIO_LOOP_PORTS_H_
#define OSTIARY_TESTS_SIDECAR_STDIO_LOOP_PORTS_H_

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/unique_fd.h"
#include "sidecar/core/decision_source.h"
#include "sidecar/stdio/server_process.h"

namespace ostiary::sidecar {

struct Ends {
  UniqueFd read_end;
  UniqueFd write_end;
};

inline Ends MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

class PipeServer final : public ServerProcess {
 public:
  explicit PipeServer(ServerPipes pipes) : pipes_(std::move(pipes)) {}
  absl::StatusOr<ServerPipes> Start() override { return std::move(pipes_); }
  int end_fd() const override { return end_.get(); }
  std::optional<int> Ended() override {
    return ended_.load() ? std::optional<int>(0) : std::nullopt;
  }
  // From any thread.
  void End() {
    ended_.store(true);
    const uint64_t one = 1;
    if (::write(end_.get(), &one, sizeof(one)) != sizeof(one)) std::abort();
  }
  // A signal ends it, and there is nothing else in its group.
  void SignalGroup(int /*signal*/) override { End(); }

 private:
  ServerPipes pipes_;
  UniqueFd end_{::eventfd(0, EFD_CLOEXEC)};
  std::atomic<bool> ended_{false};
};

// Answers at once, by `allows`.
class ScriptedSource final : public DecisionSource {
 public:
  explicit ScriptedSource(SourceSink* sink) : sink_(sink) {}

  void Ask(uint64_t id, const std::vector<Access>& accesses) override {
    ++asks;
    SourceAnswer answer;
    answer.id = id;
    answer.revision = revision();
    for (const Access& access : accesses) {
      Verdict verdict;
      verdict.allowed = access.name != "forbidden" || forbidden_allowed;
      verdict.reason = verdict.allowed ? "EXPLICIT_ALLOW" : "EXPLICIT_DENY";
      answer.verdicts.push_back(std::move(verdict));
    }
    sink_->Post(std::move(answer));
  }
  void Acknowledge(const Revision&) override {}

  // The present revision and lease. From any thread.
  void Announce() { Announce(Clock::System().Now() + std::chrono::hours(1)); }
  void Announce(MonoTime lease_end) { sink_->Post(SourceRevision{revision(), lease_end}); }
  // A new policy, announced.
  void Change(bool allow_forbidden) {
    forbidden_allowed = allow_forbidden;
    ++generation;
    Announce();
  }

  std::atomic<bool> forbidden_allowed{false};
  std::atomic<uint64_t> generation{1};
  std::atomic<int> asks{0};

 private:
  Revision revision() const { return {"epoch", generation, "sha256:1"}; }

  SourceSink* const sink_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_TESTS_SIDECAR_STDIO_LOOP_PORTS_H_
