#include "pdp/commands/ask_command.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "pdp/commands/exit_codes.h"
#include "pdp/policy/utf8.h"
#include "pdp/server/access_validation.h"

namespace ostiary::pdp {
namespace {

absl::Status Validate(const AskedAccess& access) {
  for (const std::string* const text : {&access.agent, &access.server, &access.name}) {
    if (!IsUtf8(*text)) return absl::InvalidArgumentError("an agent or a name is not UTF-8");
  }
  const RequestLimits limits;
  const absl::Status agent = ValidateAgent(access.agent, limits);
  return agent.ok() ? ValidateAccess(access.server, access.kind, access.name, limits) : agent;
}

}  // namespace

int RunAsk(const AskOptions& options, std::ostream& out, std::ostream& err) {
  if (const absl::Status status = Validate(options.access); !status.ok()) {
    err << "ostiary-pdp: " << status.message() << "\n";
    return kExitUsage;
  }
  const absl::StatusOr<AdminAnswer> answer = AskCheck(options.target, options.access);
  if (!answer.ok()) {
    err << "ostiary-pdp: " << answer.status().message() << "\n";
    return answer.status().code() == absl::StatusCode::kInvalidArgument ? kExitUsage : kExitFailed;
  }
  out << answer->json << "\n";
  const bool expected = answer->good == (options.expectation == Expectation::kAllow);
  return expected ? kExitOk : kExitDenied;
}

}  // namespace ostiary::pdp
