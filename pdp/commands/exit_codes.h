// How ostiary-pdp ends, as api.md says.
#ifndef OSTIARY_PDP_COMMANDS_EXIT_CODES_H_
#define OSTIARY_PDP_COMMANDS_EXIT_CODES_H_

namespace ostiary::pdp {

inline constexpr int kExitOk = 0;       // done; for check: allowed
inline constexpr int kExitFailed = 1;   // not done; for check: nothing could be decided
inline constexpr int kExitDenied = 3;   // for check: denied
inline constexpr int kExitUsage = 64;   // the command line or the environment is wrong
inline constexpr int kExitConfig = 78;  // it is right, and cannot be used on this machine

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_COMMANDS_EXIT_CODES_H_
