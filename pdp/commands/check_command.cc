#include "pdp/commands/check_command.h"

#include "absl/status/status.h"
#include "pdp/commands/decision_json.h"
#include "pdp/commands/exit_codes.h"
#include "pdp/commands/loaded_files.h"
#include "pdp/server/access_validation.h"

namespace ostiary::pdp {
namespace {

absl::Status ValidateRequest(const CheckOptions& options) {
  const RequestLimits limits;
  const absl::Status agent = ValidateAgent(options.agent, limits);
  return agent.ok() ? ValidateAccess(options.server, options.kind, options.name, limits) : agent;
}

}  // namespace

int RunCheck(const CheckOptions& options, std::ostream& out, std::ostream& err) {
  if (const absl::Status status = ValidateRequest(options); !status.ok()) {
    err << "ostiary-pdp: " << status.message() << "\n";
    return kExitUsage;
  }
  const LoadedFiles loaded = LoadFiles(options.paths, options.limits);
  for (const Issue& issue : loaded.issues) err << FormatIssue(issue) << "\n";
  if (loaded.snapshot == nullptr) {
    err << "ostiary-pdp: the rules do not load, so nothing is decided\n";
    return kExitFailed;
  }
  const AccessRequest request{options.agent, options.server, options.kind, options.name};
  const Decision decision = loaded.snapshot->Decide(request);
  const Explanation explanation = loaded.snapshot->Explain(request, decision);
  if (options.format == CheckFormat::kJson) {
    out << DecisionJson(decision, explanation) << "\n";
  } else {
    out << DecisionText(decision, explanation);
  }
  return decision.effect == Effect::kAllow ? kExitOk : kExitDenied;
}

}  // namespace ostiary::pdp
