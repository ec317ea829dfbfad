#include "tests/sidecar/core/lean_harness.h"

#include <utility>

#include "absl/strings/match.h"

namespace ostiary::sidecar {
namespace {

Revision TheRevision() { return {"e", 1, "sha256:1"}; }

}  // namespace

LeanHarness::LeanHarness()
    : log_(-1, LogLevel::kError, Clock::System()),
      enforcer_(EnforcerOptions{}, &source_, this, log_) {
  enforcer_.OnSourceEvent(SourceRevision{TheRevision(), now_ + std::chrono::hours(1)}, now_);
}

void LeanHarness::AnswerAll() {
  while (!source_.open.empty()) {
    SourceAnswer answer;
    answer.id = source_.open.front().id;
    answer.revision = TheRevision();
    for (const Access& access : source_.open.front().accesses) {
      Verdict verdict;
      verdict.allowed = !absl::StartsWith(access.name, "deny");
      verdict.reason = verdict.allowed ? "EXPLICIT_ALLOW" : "EXPLICIT_DENY";
      answer.verdicts.push_back(std::move(verdict));
    }
    source_.open.pop_front();
    enforcer_.OnSourceEvent(std::move(answer), now_);
  }
}

}  // namespace ostiary::sidecar
