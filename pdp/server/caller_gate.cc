#include "pdp/server/caller_gate.h"

#include "common/status_macros.h"
#include "pdp/server/peer_facts.h"

namespace ostiary::pdp {

absl::Status SessionRight::MayActAs(absl::string_view agent) {
  if (authorizer_ == nullptr) return absl::OkStatus();
  // Read first: bindings that change meanwhile are asked again.
  const uint64_t version = authorizer_->version();
  if (is_judged_ && judged_by_ == version) return absl::OkStatus();
  OSTIARY_RETURN_IF_ERROR(authorizer_->MayActAs(caller_, agent));
  is_judged_ = true;
  judged_by_ = version;
  return absl::OkStatus();
}

absl::Status SessionRight::StillCounts() const {
  return authorizer_ == nullptr ? absl::OkStatus() : authorizer_->StillCounts(caller_);
}

absl::Status CallerGate::MayActAs(const grpc::ServerContextBase& context,
                                  absl::string_view agent) const {
  if (authorizer_ == nullptr) return absl::OkStatus();
  OSTIARY_ASSIGN_OR_RETURN(const Caller caller, authorizer_->Identify(ReadPeerFacts(context)));
  return authorizer_->MayActAs(caller, agent);
}

absl::Status CallerGate::MayAdminister(const grpc::ServerContextBase& context) const {
  if (authorizer_ == nullptr) return absl::OkStatus();
  OSTIARY_ASSIGN_OR_RETURN(const Caller caller, authorizer_->Identify(ReadPeerFacts(context)));
  return authorizer_->MayAdminister(caller);
}

absl::StatusOr<SessionRight> CallerGate::OpenSession(const grpc::ServerContextBase& context) const {
  if (authorizer_ == nullptr) return SessionRight();
  OSTIARY_ASSIGN_OR_RETURN(Caller caller, authorizer_->Identify(ReadPeerFacts(context)));
  return SessionRight(*authorizer_, std::move(caller));
}

}  // namespace ostiary::pdp
