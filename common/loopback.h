// IsLoopbackHost: whether a host, as people write it, is this machine and no network. Any thread.
#ifndef OSTIARY_COMMON_LOOPBACK_H_
#define OSTIARY_COMMON_LOOPBACK_H_

#include "absl/strings/string_view.h"

namespace ostiary {

// True for 127.0.0.0/8, [::1] (in brackets) and localhost.
bool IsLoopbackHost(absl::string_view host);

}  // namespace ostiary

#endif  // OSTIARY_COMMON_LOOPBACK_H_
