#include "pdp/commands/remote_command.h"

#include "absl/status/statusor.h"
#include "pdp/commands/exit_codes.h"

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

int RunStatus(const AdminTarget& target, std::ostream& out, std::ostream& err) {
  return Print(AskStatus(target), out, err);
}

int RunReload(const AdminTarget& target, std::ostream& out, std::ostream& err) {
  return Print(AskReload(target), out, err);
}

}  // namespace ostiary::pdp
