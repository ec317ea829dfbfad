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

// What is no UTF-8 a contract's string cannot carry, and the PDP would answer UNIMPLEMENTED.
bool IsUtf8(absl::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Utf8Char next = CharAt(text, at);
    if (next.code_point >= kInvalidByteBase) return false;
    at += next.size;
  }
  return true;
}

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
