#include "sidecar/local/local_source.h"

#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace ostiary::sidecar {
namespace {

// Long past the end of any session, and far from where adding to it would overflow.
constexpr std::chrono::hours kForEver{24 * 365 * 10};

pdp::AccessKind PolicyKind(AccessKind kind) {
  switch (kind) {
    case AccessKind::kServer:
      return pdp::AccessKind::kServer;
    case AccessKind::kTool:
      return pdp::AccessKind::kTool;
    case AccessKind::kResource:
      return pdp::AccessKind::kResource;
    case AccessKind::kPrompt:
      return pdp::AccessKind::kPrompt;
  }
  return pdp::AccessKind::kServer;
}

Revision SidecarRevision(const pdp::Revision& revision) {
  return {revision.epoch, revision.generation, revision.digest};
}

Verdict Decide(const pdp::PolicySnapshot& snapshot, const pdp::AccessRequest& request) {
  const pdp::Decision decision = snapshot.Decide(request);
  pdp::Explanation explanation = snapshot.Explain(request, decision);
  Verdict verdict;
  verdict.allowed = decision.effect == pdp::Effect::kAllow;
  verdict.reason = std::string(pdp::ReasonName(decision.reason));
  verdict.message = std::move(explanation.message);
  verdict.rule_file = std::move(explanation.rule.file);
  verdict.rule_pointer = std::move(explanation.rule.pointer);
  verdict.rule_pattern = std::move(explanation.rule.pattern);
  verdict.rule_line = explanation.rule.line;
  verdict.rule_column = explanation.rule.column;
  return verdict;
}

absl::Status NothingLoaded(const pdp::PolicyState& state) {
  std::string why = state.status.gateway_rules.last_error;
  if (why.empty()) why = state.status.mcp_config.last_error;
  return absl::FailedPreconditionError(absl::StrCat("no policy has loaded: ", why));
}

}  // namespace

absl::StatusOr<std::unique_ptr<LocalSource>> LocalSource::Create(LocalSourceOptions options,
                                                                 SourceSink* sink,
                                                                 const Clock& clock,
                                                                 const Log& log) {
  std::unique_ptr<LocalSource> source(new LocalSource(std::move(options), sink, clock, log));
  OSTIARY_ASSIGN_OR_RETURN(
      source->watch_,
      pdp::WatchLoop::Start({&source->reloader_}, source->options_.watch, clock, log));
  return source;
}

LocalSource::LocalSource(LocalSourceOptions options, SourceSink* sink, const Clock& clock,
                         const Log& log)
    : options_(std::move(options)),
      sink_(sink),
      store_(options_.epoch),
      reloader_(options_.paths, options_.limits, &store_, clock, log) {
  store_.Subscribe([sink, &clock](const std::shared_ptr<const pdp::PublishedPolicy>& policy) {
    sink->Post(SourceRevision{SidecarRevision(policy->revision), clock.Now() + kForEver});
  });
}

LocalSource::~LocalSource() = default;

void LocalSource::Ask(uint64_t id, const std::vector<Access>& accesses) {
  sink_->Post(Answer(id, accesses));
}

SourceAnswer LocalSource::Answer(uint64_t id, const std::vector<Access>& accesses) const {
  SourceAnswer answer;
  answer.id = id;
  const std::shared_ptr<const pdp::PublishedPolicy> policy = store_.Current();
  if (policy == nullptr) {
    answer.status = NothingLoaded(store_.State());
    return answer;
  }
  answer.revision = SidecarRevision(policy->revision);
  answer.verdicts.reserve(accesses.size());
  for (const Access& access : accesses) {
    answer.verdicts.push_back(Decide(*policy->snapshot, {options_.agent, options_.server,
                                                         PolicyKind(access.kind), access.name}));
  }
  return answer;
}

void LocalSource::Acknowledge(const Revision& /*revision*/) {}

}  // namespace ostiary::sidecar
