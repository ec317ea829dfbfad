// CallerGate and SessionRight: whether who calls may call, for the services. Where the PDP
// identifies nobody, both let everything pass.
#ifndef OSTIARY_PDP_SERVER_CALLER_GATE_H_
#define OSTIARY_PDP_SERVER_CALLER_GATE_H_

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/server_context.h"
#include "pdp/identity/authorizer.h"

namespace ostiary::pdp {

// What one session may do. A value; its session's lock guards it. Expiry is its own question,
// since a session whose token expires has its open checks answered, and one that lost its agent
// not.
class SessionRight {
 public:
  // Every agent, for ever.
  SessionRight() = default;
  // `authorizer` must outlive it.
  SessionRight(const Authorizer& authorizer, Caller caller)
      : authorizer_(&authorizer), caller_(std::move(caller)) {}

  // OK, or PERMISSION_DENIED where the caller may not speak for the agent, by the present bindings.
  // Costs next to nothing where these are still the ones that it asked last.
  absl::Status MayActAs(absl::string_view agent);
  // OK, or UNAUTHENTICATED once what the caller showed has expired.
  absl::Status StillCounts() const;

 private:
  const Authorizer* authorizer_ = nullptr;
  Caller caller_;
  bool is_judged_ = false;
  uint64_t judged_by_ = 0;  // the version of the bindings that said yes
};

class CallerGate {
 public:
  // `authorizer` is nullptr where nobody is identified; else it must outlive the gate.
  explicit CallerGate(const Authorizer* authorizer) : authorizer_(authorizer) {}

  // Each OK, or UNAUTHENTICATED (who is it?), PERMISSION_DENIED (it may not) or UNAVAILABLE (there
  // are no keys to say).
  absl::Status MayActAs(const grpc::ServerContextBase& context, absl::string_view agent) const;
  absl::Status MayAdminister(const grpc::ServerContextBase& context) const;
  absl::StatusOr<SessionRight> OpenSession(const grpc::ServerContextBase& context) const;

 private:
  const Authorizer* const authorizer_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_CALLER_GATE_H_
