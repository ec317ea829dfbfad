// What a static sidecar does so that it runs its own code only, in a container that it knows
// nothing of.
#ifndef OSTIARY_SIDECAR_FOREIGN_CODE_H_
#define OSTIARY_SIDECAR_FOREIGN_CODE_H_

#include "absl/status/status.h"

namespace ostiary::sidecar {

// Called before anything looks up a name or speaks TLS. In a build with OSTIARY_STATIC:
//
// - names are looked up in /etc/hosts, then by the servers of /etc/resolv.conf, whatever
//   /etc/nsswitch.conf says: for other ways the C library would load the container's own modules,
//   built for another C library than the one in here;
// - OpenSSL reads no configuration file, which could name engines and providers to load.
//
// Other builds follow their system's settings, and this does nothing.
absl::Status RefuseForeignCode();

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_FOREIGN_CODE_H_
