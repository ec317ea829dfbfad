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

void ExpireBy(absl::Time time, Refusal refusal, Caller* caller) {
  if (time >= caller->expires) return;
  caller->expires = time;
  caller->when_expired = refusal;
}

}  // namespace

std::string Caller::Name() const { return absl::StrJoin(identities, " with "); }

Authorizer::Authorizer(CertificatesCount certificates, TokenAuthority* tokens,
                       const BindingsFile& bindings, const Clock& clock, const Log& log)
    : certificates_(certificates), tokens_(tokens), bindings_(bindings), clock_(clock), log_(log) {}

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
        Refusal::kNoIdentity,
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
    return RefusalStatus(Refusal::kCertificateIdentity,
                         "the client certificate says nobody: it must have exactly one URI among "
                         "its alternative names, and that a SPIFFE ID");
  }
  if (const absl::Status status = CheckSpiffeId(*facts.spiffe_id); !status.ok()) {
    return RefusalStatus(Refusal::kCertificateIdentity,
                         absl::StrCat("the client certificate's URI: ", status.message()));
  }
  const absl::StatusOr<absl::Time> expires = CertificateExpiry(facts.certificate);
  if (!expires.ok()) {
    return RefusalStatus(Refusal::kCertificateIdentity, expires.status().message());
  }
  caller->identities.emplace_back(*facts.spiffe_id);
  ExpireBy(*expires, Refusal::kCertificateExpired, caller);
  return StillCounts(*caller);
}

absl::Status Authorizer::AddToken(const PeerFacts& facts, Caller* caller) const {
  if (facts.authorization.empty()) return absl::OkStatus();
  if (facts.way != PeerFacts::Way::kTls) {
    return RefusalStatus(Refusal::kTokenOnPlaintext,
                         "a token came without TLS: others may have read it; use TLS, and replace "
                         "the token");
  }
  if (tokens_ == nullptr) {
    return RefusalStatus(Refusal::kTokenUnexpected,
                         "a token came, and this PDP takes none: start it with --token-issuer, or "
                         "send none");
  }
  if (facts.authorization.size() > 1) {
    return RefusalStatus(Refusal::kTokenRepeated, "more than one authorization came: send one");
  }
  const absl::string_view text = facts.authorization[0];
  if (!absl::StartsWithIgnoreCase(text, kScheme)) {
    return RefusalStatus(Refusal::kTokenMalformed,
                         "the authorization is none of the scheme Bearer");
  }
  OSTIARY_ASSIGN_OR_RETURN(VerifiedToken token, tokens_->Verify(text.substr(kScheme.size())));
  caller->identities.push_back(std::move(token.identity));
  ExpireBy(token.expires, Refusal::kTokenExpired, caller);
  return absl::OkStatus();
}

absl::Status Authorizer::MayActAs(const Caller& caller, absl::string_view agent) const {
  const std::shared_ptr<const Bindings> bindings = bindings_.Current();
  for (const std::string& identity : caller.identities) {
    if (bindings->MayActAs(identity, agent)) continue;
    return Refuse(RefusalStatus(
        Refusal::kAgentNotBound,
        absl::StrCat(identity, " may not speak for the agent ", Quote(agent),
                     ": no binding says so; add one to the PDP's bindings file if it should")));
  }
  return caller.identities.empty()
             ? Refuse(RefusalStatus(Refusal::kNoIdentity, "nothing says who is asking"))
             : absl::OkStatus();
}

absl::Status Authorizer::MayAdminister(const Caller& caller) const {
  const std::shared_ptr<const Bindings> bindings = bindings_.Current();
  for (const std::string& identity : caller.identities) {
    if (bindings->HasRole(identity, Role::kAdmin)) continue;
    return Refuse(RefusalStatus(Refusal::kRoleNotBound,
                                absl::StrCat(identity,
                                             " may not use the admin service: no binding gives it "
                                             "the role \"admin\"")));
  }
  return caller.identities.empty()
             ? Refuse(RefusalStatus(Refusal::kNoIdentity, "nothing says who is asking"))
             : absl::OkStatus();
}

absl::Status Authorizer::StillCounts(const Caller& caller) const {
  if (clock_.WallNow() < caller.expires) return absl::OkStatus();
  return RefusalStatus(caller.when_expired,
                       absl::StrCat("what ", caller.Name(), " showed has expired at ",
                                    absl::FormatTime(caller.expires), ": show a newer one"));
}

uint64_t Authorizer::refused(Refusal refusal) const {
  return refused_[static_cast<size_t>(refusal)].load(std::memory_order_relaxed);
}

absl::Status Authorizer::Refuse(absl::Status status) const {
  const size_t reason = static_cast<size_t>(RefusalOf(status).value_or(Refusal::kNoIdentity));
  refused_[reason].fetch_add(1, std::memory_order_relaxed);
  {
    const MonoTime now = clock_.Now();
    const MutexLock lock(&mutex_);
    if (now < said_until_[reason]) return status;
    said_until_[reason] = now + kSayAgainAfter;
  }
  log_.Warning("caller_refused", {{"reason", RefusalName(static_cast<Refusal>(reason))},
                                  {"error", std::string(status.message())}});
  return status;
}

}  // namespace ostiary::pdp
