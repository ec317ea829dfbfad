#include "tests/e2e/identity/identity_rig.h"

#include <chrono>

#include "common/clock.h"
#include "gtest/gtest.h"

namespace ostiary {
namespace {

constexpr char kRules[] = R"({"agents": {
  "researcher": {"allow": {"servers": ["s"]}},
  "agents.researcher": {"allow": {"servers": ["s"]}},
  "writer": {"allow": {"servers": ["s"]}}}})";

constexpr char kBindings[] = R"({"bindings": [
  {"identity": "spiffe://cluster.local/ns/{namespace}/sa/{name}", "agents": ["{namespace}.{name}"]},
  {"identity": "system:serviceaccount:agents:researcher", "agents": ["researcher"]},
  {"identity": "local:unix", "agents": ["writer"], "roles": ["admin"]}]})";

constexpr std::chrono::seconds kPatience{20};

CertifiedKey ServerPair(const TestAuthority& authority) {
  CertificateOptions options;
  options.dns_names = {"pdp.test"};
  options.ip_addresses = {"127.0.0.1"};
  return authority.Issue(options);
}

}  // namespace

IdentityRig::IdentityRig() {
  dir.WriteInPlace("rules.json", kRules);
  dir.WriteInPlace("bindings.json", kBindings);
  dir.WriteInPlace("jwks.json", KeySet({&signing_key}));
  dir.WriteInPlace("ca.pem", server_authority.root());
  dir.WriteInPlace("client-ca.pem", client_authority.root());
  const CertifiedKey pair = ServerPair(server_authority);
  dir.WriteInPlace("tls.pem", pair.chain);
  dir.WriteInPlace("key.pem", pair.key);
}

std::vector<std::string> IdentityRig::CertificateFlags(const IdentityRig& rig) {
  return {"--client-ca", rig.Path("client-ca.pem")};
}

std::vector<std::string> IdentityRig::TokenFlags(const IdentityRig& rig) {
  return {"--token-issuer", "https://kubernetes.default.svc", "--token-jwks",
          rig.Path("jwks.json")};
}

void IdentityRig::Start(const std::vector<std::string>& flags,
                        const std::vector<std::string>& pace) {
  std::vector<std::string> arguments = {"serve",
                                        "--rules",
                                        Path("rules.json"),
                                        "--bindings",
                                        Path("bindings.json"),
                                        "--tls-cert",
                                        Path("tls.pem"),
                                        "--tls-key",
                                        Path("key.pem"),
                                        "--listen",
                                        "127.0.0.1:0",
                                        "--listen",
                                        "unix:" + Path("pdp.sock")};
  arguments.insert(arguments.end(), pace.begin(), pace.end());
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  pdp = std::make_unique<pdp::ServingProgram>(pdp::Invocation{arguments, {}, ""}, 2);
  ASSERT_EQ(pdp->addresses().size(), 2u) << pdp->log();
  tls_address = pdp->addresses()[0];
  unix_address = pdp->addresses()[1];
}

Shown IdentityRig::Certificate(const std::vector<std::string>& uris,
                               CertificateOptions options) const {
  options.uris = uris;
  const CertifiedKey pair = client_authority.Issue(options);
  return {pair.chain, pair.key, {}};
}

std::string IdentityRig::TokenEndingIn(int seconds) const {
  const int64_t now = absl::ToUnixSeconds(Clock::System().WallNow());
  nlohmann::json claims = PodClaims(now);
  claims["exp"] = now + seconds;
  return signing_key.Token(claims);
}

std::shared_ptr<grpc::Channel> IdentityRig::Tls(const Shown& shown) const {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = server_authority.root();
  options.pem_cert_chain = shown.chain;
  options.pem_private_key = shown.key;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(tls_address, grpc::SslCredentials(options), arguments);
}

std::shared_ptr<grpc::Channel> IdentityRig::Unix() const {
  return grpc::CreateChannel(unix_address, grpc::InsecureChannelCredentials());
}

grpc::Status IdentityRig::Check(const std::shared_ptr<grpc::Channel>& channel,
                                const std::string& agent, const Shown& shown) const {
  v1::CheckRequest request;
  request.set_agent(agent);
  request.mutable_access()->set_server("s");
  request.mutable_access()->set_kind(v1::TOOL);
  request.mutable_access()->set_name("read");
  v1::CheckResponse response;
  const grpc::Status status = v1::PolicyDecisionService::NewStub(channel)->Check(
      ContextOf(shown).get(), request, &response);
  if (status.ok()) {
    EXPECT_EQ(response.decision().effect(), v1::ALLOW);
  }
  return status;
}

std::unique_ptr<grpc::ClientContext> ContextOf(const Shown& shown) {
  auto context = std::make_unique<grpc::ClientContext>();
  for (const std::string& text : shown.authorization) context->AddMetadata("authorization", text);
  context->set_deadline(std::chrono::system_clock::now() + kPatience);
  return context;
}

}  // namespace ostiary
