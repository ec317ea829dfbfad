// IdentityRig: a real ostiary-pdp that asks who calls, with the certificates, tokens and bindings
// of a cluster that the test plays. For one thread, but for Token and TokenEndingIn.
#ifndef OSTIARY_TESTS_E2E_IDENTITY_IDENTITY_RIG_H_
#define OSTIARY_TESTS_E2E_IDENTITY_IDENTITY_RIG_H_

#include <memory>
#include <string>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "ostiary/v1/admin.grpc.pb.h"
#include "ostiary/v1/decision.grpc.pb.h"
#include "tests/pdp/commands/program.h"
#include "tests/pdp/identity/test_tokens.h"
#include "tests/pdp/reload/scratch_dir.h"
#include "tests/support/certificates.h"

namespace ostiary {

// What a client shows of itself.
struct Shown {
  std::string chain;  // a certificate and its key; empty for none
  std::string key;
  std::vector<std::string> authorization;
};

class IdentityRig {
 public:
  IdentityRig();

  // Starts the PDP, with TLS over TCP and a Unix socket beside it, and with heartbeats at that
  // pace. Once.
  void Start(const std::vector<std::string>& flags,
             const std::vector<std::string>& pace = {"--heartbeat", "100ms", "--lease", "5s"});
  static std::vector<std::string> CertificateFlags(const IdentityRig& rig);
  static std::vector<std::string> TokenFlags(const IdentityRig& rig);

  std::string Path(const std::string& name) const { return dir.Path(name); }
  // A certificate of the sidecars' authority, with these URIs.
  Shown Certificate(const std::vector<std::string>& uris, CertificateOptions options = {}) const;
  // A token of the cluster, that ends in so many seconds.
  std::string TokenEndingIn(int seconds) const;
  Shown Token() const { return {"", "", {"Bearer " + TokenEndingIn(600)}}; }

  std::shared_ptr<grpc::Channel> Tls(const Shown& shown) const;
  std::shared_ptr<grpc::Channel> Unix() const;
  // May `agent` call the tool that its rules allow? A status, or OK where it was decided.
  grpc::Status Check(const std::shared_ptr<grpc::Channel>& channel, const std::string& agent,
                     const Shown& shown = {}) const;

  pdp::ScratchDir dir;
  TestAuthority server_authority;
  TestAuthority client_authority;
  SigningKey signing_key{"k1", SigningKeyKind::kP256};
  std::unique_ptr<pdp::ServingProgram> pdp;
  std::string tls_address;
  std::string unix_address;
};

// Adds what is shown to a call, and a bound to its time.
std::unique_ptr<grpc::ClientContext> ContextOf(const Shown& shown);

}  // namespace ostiary

#endif  // OSTIARY_TESTS_E2E_IDENTITY_IDENTITY_RIG_H_
