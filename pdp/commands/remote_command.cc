#include "pdp/commands/remote_command.h"

#include "absl/status/statusor.h"
#include "pdp/commands/exit_codes.h"
#include "pdp/server/admin_client.h"

namespace ostiary::pdp {
namespace {

int Print(const absl::StatusOr<AdminAnswer>& answer, std::ostream& out, std::ostream& err) {
  if (!answer.ok()) {
    err << "ostiary-pdp: " << answer.status().message() << "\n";
    return answer.status().code() == absl::StatusCode::kInvalidArgument ? kExitUsage : kExitFailed;
  }
  out << answer->json << "\n";
  return answer->good ? kExitOk : kExitFailed;
}

}  // namespace

int RunStatus(const std::string& pdp_address, std::ostream& out, std::ostream& err) {
  return Print(AskStatus(pdp_address), out, err);
}

int RunReload(const std::string& pdp_address, std::ostream& out, std::ostream& err) {
  return Print(AskReload(pdp_address), out, err);
}

}  // namespace ostiary::pdp
