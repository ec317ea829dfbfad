// Until when a certificate counts. A pure function for any thread, whose threads remember the last
// certificates that they read: a caller shows the same one with each of its calls, and gRPC its
// PEM.
#ifndef OSTIARY_PDP_IDENTITY_CERTIFICATE_EXPIRY_H_
#define OSTIARY_PDP_IDENTITY_CERTIFICATE_EXPIRY_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace ostiary::pdp {

// The end of the first certificate in `pem`. INVALID_ARGUMENT where there is none.
absl::StatusOr<absl::Time> CertificateExpiry(absl::string_view pem);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_CERTIFICATE_EXPIRY_H_
