// `ostiary-pdp ask`: what does a PDP that runs decide?
#ifndef OSTIARY_PDP_COMMANDS_ASK_COMMAND_H_
#define OSTIARY_PDP_COMMANDS_ASK_COMMAND_H_

#include <cstdint>
#include <ostream>

#include "pdp/server/admin_client.h"

namespace ostiary::pdp {

// What the exit status says.
enum class Expectation : uint8_t {
  kAllow,  // 0 for allow, 3 for deny
  kDeny,   // 0 for deny, 3 for allow
};

struct AskOptions {
  AdminTarget target;
  AskedAccess access;
  Expectation expectation = Expectation::kAllow;
};

// Prints the PDP's response as JSON on `out`, and what keeps it from having one on `err`. Returns
// the exit status: 0 for the decision that was expected, 3 for the other, 1 where nothing was
// decided, 64 for an access or an address that is none.
int RunAsk(const AskOptions& options, std::ostream& out, std::ostream& err);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_COMMANDS_ASK_COMMAND_H_
