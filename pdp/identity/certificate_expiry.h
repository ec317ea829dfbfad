// Until when a certificate counts. A pure function; any thread.
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
