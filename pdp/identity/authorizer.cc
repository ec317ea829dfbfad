#include "pdp/identity/authorizer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_macros.h"
#include "pdp/identity/certificate_expiry.h"
#include "pdp/identity/identity_name.h"
#include "pdp/policy/quote.h"

namespace ostiary::pdp {
namespace {

constexpr absl::string_view kScheme = "Bearer ";
constexpr std::chrono::seconds kSayAgainAfter{1};

void ExpireBy(absl::Time time, Ground refusal, Caller* caller) {
  if (time >= caller->expires) return;
  caller->expires = time;
  caller->when_expired = refusal;
}

}  // namespace

std::string Caller::Name() const { return absl::StrJoin(identities, " with "); }

Authorizer::Authorizer(CertificatesCount certificates, TokenAuthority* tokens,
                       const BindingsFile& bindings, const Clock& clock, const Log& log,
                       RefusalCounts* counts)
    : certificates_(certificates),
      tokens_(tokens),
      bindings_(bindings),
      clock_(clock),
      log_(log),
      counts_(counts) {}

absl::StatusOr<Caller> Authorizer::Identify(const PeerFacts& facts) const {
  absl::StatusOr<Caller> caller = IdentifyUncounted(facts);
  if (!caller.ok()) return Refuse(caller.status());
  return caller;
}

absl::StatusOr<Caller> Authorizer::IdentifyUncounted(const PeerFacts& facts) const {
  Caller caller;
  OSTIARY_RETURN_IF_ERROR(AddCertificate(facts, &caller));
  OSTIARY_RETURN_IF_ERROR(AddToken(facts, &caller));
  if (facts.way == PeerFacts::Way::kUnixSocket) caller.identities.emplace_back(kLocalUnix);
  if (facts.way == PeerFacts::Way::kLoopback) caller.identities.emplace_back(kLocalLoopback);
  if (caller.identities.empty()) {
    return RefusalStatus(
        Ground::kNoIdentity,
        tokens_ == nullptr
            ? "nothing says who is asking: show a client certificate with a SPIFFE URI"
            : "nothing says who is asking: show a client certificate with a SPIFFE URI, or a "
              "service account token, over TLS");
  }
  return caller;
}

absl::Status Authorizer::AddCertificate(const PeerFacts& facts, Caller* caller) const {
  if (certificates_ == CertificatesCount::kNo || facts.way != PeerFacts::Way::kTls ||
      facts.certificate.empty()) {
    return absl::OkStatus();
  }
  if (!facts.spiffe_id.has_value()) {
    return RefusalStatus(Ground::kCertificateIdentity,
                         "the client certificate says nobody: it must have exactly one URI among "
                         "its alternative names, and that a SPIFFE ID");
  }
  if (const absl::Status status = CheckSpiffeId(*facts.spiffe_id); !status.ok()) {
    return RefusalStatus(Ground::kCertificateIdentity,
                         absl::StrCat("the client certificate's URI: ", status.message()));
  }
  const absl::StatusOr<absl::Time> expires = CertificateExpiry(facts.certificate);
  if (!expires.ok()) {
    return RefusalStatus(Ground::kCertificateIdentity, expires.status().message());
  }
  caller->identities.emplace_back(*facts.spiffe_id);
  ExpireBy(*expires, Ground::kCertificateExpired, caller);
  return StillCounts(*caller);
}

absl::Status Authorizer::AddToken(const PeerFacts& facts, Caller* caller) const {
  if (facts.authorization.empty()) return absl::OkStatus();
  if (facts.way != PeerFacts::Way::kTls) {
    return RefusalStatus(Ground::kTokenOnPlaintext,
                         "a token came without TLS: others may have read it; use TLS, and replace "
                         "the token");
  }
  if (tokens_ == nullptr) {
    return RefusalStatus(Ground::kTokenUnexpected,
                         "a token came, and this PDP takes none: start it with --token-issuer, or "
                         "send none");
  }
  if (facts.authorization.size() > 1) {
    return RefusalStatus(Ground::kTokenRepeated, "more than one authorization came: send one");
  }
  const absl::string_view text = facts.authorization[0];
  if (!absl::StartsWithIgnoreCase(text, kScheme)) {
    return RefusalStatus(Ground::kTokenMalformed, "the authorization is none of the scheme Bearer");
  }
  OSTIARY_ASSIGN_OR_RETURN(VerifiedToken token, tokens_->Verify(text.substr(kScheme.size())));
  caller->identities.push_back(std::move(token.identity));
  ExpireBy(token.expires, Ground::kTokenExpired, caller);
  return absl::OkStatus();
}

absl::Status Authorizer::MayActAs(const Caller& caller, absl::string_view agent) const {
  const std::shared_ptr<const Bindings> bindings = bindings_.Current();
  for (const std::string& identity : caller.identities) {
    if (bindings->MayActAs(identity, agent)) continue;
    return Refuse(RefusalStatus(
        Ground::kAgentNotBound,
        absl::StrCat(identity, " may not speak for the agent ", Quote(agent),
                     ": no binding says so; add one to the PDP's bindings file if it should")));
  }
  return caller.identities.empty()
             ? Refuse(RefusalStatus(Ground::kNoIdentity, "nothing says who is asking"))
             : absl::OkStatus();
}

absl::Status Authorizer::MayAdminister(const Caller& caller) const {
  const std::shared_ptr<const Bindings> bindings = bindings_.Current();
  for (const std::string& identity : caller.identities) {
    if (bindings->HasRole(identity, Role::kAdmin)) continue;
    return Refuse(RefusalStatus(Ground::kRoleNotBound,
                                absl::StrCat(identity,
                                             " may not use the admin service: no binding gives it "
                                             "the role \"admin\"")));
  }
  return caller.identities.empty()
             ? Refuse(RefusalStatus(Ground::kNoIdentity, "nothing says who is asking"))
             : absl::OkStatus();
}

absl::Status Authorizer::StillCounts(const Caller& caller) const {
  if (clock_.WallNow() < caller.expires) return absl::OkStatus();
  return RefusalStatus(caller.when_expired,
                       absl::StrCat("what ", caller.Name(), " showed has expired at ",
                                    absl::FormatTime(caller.expires), ": show a newer one"));
}

absl::Status Authorizer::Refuse(absl::Status status) const {
  const Ground ground = GroundOf(status).value_or(Ground::kNoIdentity);
  if (counts_ != nullptr) counts_->Count(RefusalFor(ground));
  {
    const MonoTime now = clock_.Now();
    const MutexLock lock(&mutex_);
    MonoTime& said_until = said_until_[static_cast<size_t>(ground)];
    if (now < said_until) return status;
    said_until = now + kSayAgainAfter;
  }
  log_.Warning("caller_refused",
               {{"reason", GroundName(ground)}, {"error", std::string(status.message())}});
  return status;
}

}  // namespace ostiary::pdp
