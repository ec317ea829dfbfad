// Authorizer: who a caller is, for which agents it may speak, and whether it may administer.
//
// How a caller is known, by what it brings (`PeerFacts`):
//
//   a certificate (TLS)     its one SPIFFE URI
//   a bearer token (TLS)    the subject of a verified service account token
//   both                    both must be good, and both bound to what is asked: one alone gives
//   less a Unix socket           local:unix plaintext on loopback   local:loopback
//
// What is shown must be good, even where something else would do: a bad token is never passed over
// in favour of a certificate. On plaintext a token is refused, since others may have read it.
//
// Owned by the serve command; what it is given must outlive it. Thread-safe.
#ifndef OSTIARY_PDP_IDENTITY_AUTHORIZER_H_
#define OSTIARY_PDP_IDENTITY_AUTHORIZER_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/mutex.h"
#include "pdp/identity/bindings_file.h"
#include "pdp/identity/refusal.h"
#include "pdp/identity/token_authority.h"
#include "pdp/metrics/counts.h"

namespace ostiary::pdp {

// What a connection and a request show of their caller. Views, for the time of one call.
struct PeerFacts {
  enum class Way : uint8_t { kTls, kUnixSocket, kLoopback, kPlaintext };
  Way way = Way::kPlaintext;
  // PEM of the certificate that TLS has verified; empty where there was none.
  absl::string_view certificate;
  // The one SPIFFE URI of it; nullopt where it has none, or more than one URI.
  std::optional<absl::string_view> spiffe_id;
  // Every "authorization" that came with the request.
  std::vector<absl::string_view> authorization;
};

struct Caller {
  // One, or two: of a certificate and of a token.
  std::vector<std::string> identities;
  // When the first of what it showed stops to count, and how it is then refused.
  absl::Time expires = absl::InfiniteFuture();
  Ground when_expired = Ground::kNoIdentity;

  // For people: "spiffe://… with system:…".
  std::string Name() const;
};

enum class CertificatesCount : uint8_t { kNo, kYes };

class Authorizer {
 public:
  // `tokens` is nullptr where this PDP takes none; `counts` may be.
  Authorizer(CertificatesCount certificates, TokenAuthority* tokens, const BindingsFile& bindings,
             const Clock& clock, const Log& log, RefusalCounts* counts);

  absl::StatusOr<Caller> Identify(const PeerFacts& facts) const;
  // OK, or PERMISSION_DENIED with who may not speak for whom.
  absl::Status MayActAs(const Caller& caller, absl::string_view agent) const;
  absl::Status MayAdminister(const Caller& caller) const;
  // OK, or UNAUTHENTICATED once what the caller showed has expired.
  absl::Status StillCounts(const Caller& caller) const;

  // Moves when MayActAs may answer otherwise.
  uint64_t version() const { return bindings_.version(); }

 private:
  absl::StatusOr<Caller> IdentifyUncounted(const PeerFacts& facts) const;
  absl::Status AddCertificate(const PeerFacts& facts, Caller* caller) const;
  absl::Status AddToken(const PeerFacts& facts, Caller* caller) const;
  // Counts a refusal, and says it in the log; not each time, since callers try again.
  absl::Status Refuse(absl::Status status) const;

  const CertificatesCount certificates_;
  TokenAuthority* const tokens_;
  const BindingsFile& bindings_;
  const Clock& clock_;
  const Log& log_;
  RefusalCounts* const counts_;

  mutable Mutex mutex_;
  // When a refusal of that reason goes into the log again.
  mutable std::array<MonoTime, kGroundCount> said_until_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_AUTHORIZER_H_
