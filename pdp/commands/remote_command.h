// `ostiary-pdp status` and `ostiary-pdp reload`: ask a PDP that runs.
#ifndef OSTIARY_PDP_COMMANDS_REMOTE_COMMAND_H_
#define OSTIARY_PDP_COMMANDS_REMOTE_COMMAND_H_

#include <ostream>

#include "pdp/server/admin_client.h"

namespace ostiary::pdp {

// Each prints the PDP's response as JSON, with the field names of the contract, on `out`, and what
// keeps it from having one on `err`. Returns the exit status: 0, or 1 where the PDP could not be
// asked, where its state is not SERVING (status), or where the files did not load (reload); 64 for
// an address that is none, or does not go with the TLS options.
int RunStatus(const AdminTarget& target, std::ostream& out, std::ostream& err);
int RunReload(const AdminTarget& target, std::ostream& out, std::ostream& err);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_COMMANDS_REMOTE_COMMAND_H_
