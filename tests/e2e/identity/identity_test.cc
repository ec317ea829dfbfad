// Who may ask a real PDP what: attacks with certificates and tokens, bindings that change, keys
// that come over HTTPS, and a sidecar whose token is renewed.
#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/e2e/identity/identity_rig.h"
#include "tests/support/test_process.h"

namespace ostiary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kResearcher[] = "spiffe://cluster.local/ns/agents/sa/researcher";
constexpr auto kDenied = grpc::StatusCode::PERMISSION_DENIED;
constexpr auto kUnknown = grpc::StatusCode::UNAUTHENTICATED;
constexpr auto kUnreachable = grpc::StatusCode::UNAVAILABLE;

TEST(IdentityTest, CertificatesSayWhoAsks) {
  IdentityRig rig;
  rig.Start(IdentityRig::CertificateFlags(rig));
  const TestAuthority other;
  CertificateOptions by_other;
  by_other.uris = {kResearcher};
  const CertifiedKey foreign = other.Issue(by_other);
  CertificateOptions expired;
  expired.starts = -absl::Hours(2);
  expired.ends = -absl::Hours(1);
  CertificateOptions named;
  named.common_name = kResearcher;
  named.dns_names = {"researcher"};
  struct Case {
    const char* what;
    Shown shown;
    grpc::StatusCode code;
    const char* says;
  };
  const Case cases[] = {
      {"the right one", rig.Certificate({kResearcher}), grpc::StatusCode::OK, ""},
      {"none", {}, kUnreachable, ""},
      {"of another authority", {foreign.chain, foreign.key, {}}, kUnreachable, ""},
      {"expired", rig.Certificate({kResearcher}, expired), kUnreachable, ""},
      {"without a URI", rig.Certificate({}), kUnknown, "says nobody"},
      {"by its common name", rig.Certificate({}, named), kUnknown, "says nobody"},
      {"with two SPIFFE URIs", rig.Certificate({kResearcher, "spiffe://cluster.local/x"}), kUnknown,
       "says nobody"},
      {"with a second URI that is none", rig.Certificate({kResearcher, "https://x/"}), kUnknown,
       "says nobody"},
      {"with another kind of URI", rig.Certificate({"https://cluster.local/ns/agents"}), kUnknown,
       "says nobody"},
      {"a name that differs in case",
       rig.Certificate({"spiffe://cluster.local/ns/agents/sa/Researcher"}), kDenied,
       "may not speak for the agent \"agents.researcher\""},
      {"a trust domain that differs in case",
       rig.Certificate({"spiffe://Cluster.local/ns/agents/sa/researcher"}), kUnknown,
       "trust domain"},
      {"a path that goes up",
       rig.Certificate({"spiffe://cluster.local/ns/x/../agents/sa/researcher"}), kUnknown, ""},
      {"another account", rig.Certificate({"spiffe://cluster.local/ns/agents/sa/writer"}), kDenied,
       "spiffe://cluster.local/ns/agents/sa/writer may not"},
      {"another trust domain", rig.Certificate({"spiffe://other/ns/agents/sa/researcher"}), kDenied,
       ""},
      {"with a token, where none are taken",
       [&] {
         Shown shown = rig.Certificate({kResearcher});
         shown.authorization = rig.Token().authorization;
         return shown;
       }(),
       kUnknown, "takes none"},
  };
  for (const Case& one : cases) {
    const grpc::Status status = rig.Check(rig.Tls(one.shown), "agents.researcher", one.shown);
    EXPECT_EQ(status.error_code(), one.code) << one.what << ": " << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(one.says)) << one.what;
  }
}

TEST(IdentityTest, EveryCallAsksWhoItIs) {
  IdentityRig rig;
  std::vector<std::string> flags = IdentityRig::CertificateFlags(rig);
  rig.Start(flags);
  const Shown writer = rig.Certificate({"spiffe://cluster.local/ns/agents/sa/writer"});
  const auto channel = rig.Tls(writer);
  const auto decisions = v1::PolicyDecisionService::NewStub(channel);
  const auto admin = v1::PolicyAdminService::NewStub(channel);
  v1::BatchCheckRequest batch;
  batch.set_agent("researcher");
  v1::BatchCheckResponse batch_response;
  EXPECT_EQ(decisions->BatchCheck(ContextOf({}).get(), batch, &batch_response).error_code(),
            kDenied);
  v1::ListServersRequest list;
  list.set_agent("researcher");
  v1::ListServersResponse list_response;
  EXPECT_EQ(decisions->ListServers(ContextOf({}).get(), list, &list_response).error_code(),
            kDenied);
  const auto context = ContextOf({});
  const auto session = decisions->Session(context.get());
  v1::SessionRequest hello;
  hello.mutable_hello()->set_agent("researcher");
  session->Write(hello);
  v1::SessionResponse said;
  EXPECT_FALSE(session->Read(&said)) << said.ShortDebugString();
  EXPECT_EQ(session->Finish().error_code(), kDenied);
  v1::StatusResponse status;
  EXPECT_EQ(admin->Status(ContextOf({}).get(), {}, &status).error_code(), kDenied);
  v1::ReloadResponse reload;
  EXPECT_EQ(admin->Reload(ContextOf({}).get(), {}, &reload).error_code(), kDenied);
  v1::ValidateResponse validate;
  EXPECT_EQ(admin->Validate(ContextOf({}).get(), {}, &validate).error_code(), kDenied);

  // The socket's users are bound to the role, and to one agent.
  const auto local = v1::PolicyAdminService::NewStub(rig.Unix());
  EXPECT_TRUE(local->Status(ContextOf({}).get(), {}, &status).ok());
  EXPECT_TRUE(rig.Check(rig.Unix(), "writer").ok());
  EXPECT_EQ(rig.Check(rig.Unix(), "researcher").error_code(), kDenied);
}

// As `helm test` asks, and whoever operates a PDP from elsewhere.
TEST(IdentityTest, TheCommandLineSaysWhoAsksToo) {
  IdentityRig rig;
  rig.dir.WriteInPlace("bindings.json", R"({"bindings": [
    {"identity": "spiffe://cluster.local/ns/agents/sa/researcher", "agents": ["researcher"]},
    {"identity": "system:serviceaccount:agents:researcher", "agents": ["writer"], "roles": ["admin"]}]})");
  std::vector<std::string> flags = IdentityRig::TokenFlags(rig);
  for (const std::string& flag : IdentityRig::CertificateFlags(rig)) flags.push_back(flag);
  rig.Start(flags);
  const Shown shown = rig.Certificate({kResearcher});
  rig.dir.WriteInPlace("me.pem", shown.chain);
  rig.dir.WriteInPlace("me.key", shown.key);
  rig.dir.WriteInPlace("token", rig.TokenEndingIn(600) + "\n");
  const std::vector<std::string> ask = {"ask", "--agent", "researcher", "--server",
                                        "s",   "--tool",  "read"};
  const std::vector<std::string> ask_as_writer = {"ask", "--agent", "writer", "--server",
                                                  "s",   "--tool",  "read"};
  const std::vector<std::string> trusted = {"--pdp-ca", rig.Path("ca.pem")};
  const std::vector<std::string> token = {"--pdp-ca", rig.Path("ca.pem"), "--pdp-token-file",
                                          rig.Path("token")};
  const std::vector<std::string> certificate = {"--pdp-ca",   rig.Path("ca.pem"),
                                                "--pdp-cert", rig.Path("me.pem"),
                                                "--pdp-key",  rig.Path("me.key")};
  std::vector<std::string> by_another_name = token;
  by_another_name.insert(by_another_name.end(), {"--pdp-name", "pdp.test"});
  std::vector<std::string> by_a_wrong_name = token;
  by_a_wrong_name.insert(by_a_wrong_name.end(), {"--pdp-name", "other.test"});
  struct Case {
    const char* what;
    std::vector<std::string> command;
    std::vector<std::string> flags;
    int exit_status;
    const char* says;
  };
  const Case cases[] = {
      {"a token", ask_as_writer, token, 0, "ALLOW"},
      {"a token of another agent", ask, token, 1, "PERMISSION_DENIED"},
      {"a certificate", ask, certificate, 0, "ALLOW"},
      {"nothing", ask, trusted, 1, "UNAUTHENTICATED"},
      {"another authority", ask, {"--pdp-ca", rig.Path("client-ca.pem")}, 1, "no PDP answers"},
      {"no TLS", ask, {}, 1, "without TLS"},
      {"the right name", ask_as_writer, by_another_name, 0, "ALLOW"},
      {"a wrong name", ask_as_writer, by_a_wrong_name, 1,
       "a certificate of --pdp-ca for that name"},
      {"the status, by an admin", {"status"}, token, 0, "SERVING"},
      {"the status, by another", {"status"}, certificate, 1, "PERMISSION_DENIED"},
      {"the status, by nobody", {"status"}, trusted, 1, "UNAUTHENTICATED"},
      {"a reload, by an admin", {"reload"}, token, 0, "generation"},
      {"a reload, by another", {"reload"}, certificate, 1, "PERMISSION_DENIED"},
  };
  for (const Case& one : cases) {
    std::vector<std::string> arguments = one.command;
    arguments.insert(arguments.end(), {"--pdp", rig.tls_address});
    arguments.insert(arguments.end(), one.flags.begin(), one.flags.end());
    const pdp::Outcome outcome = pdp::RunProgram({arguments, {}, ""});
    EXPECT_EQ(outcome.exit_status, one.exit_status) << one.what << ": " << outcome.err;
    EXPECT_THAT(outcome.out + outcome.err, HasSubstr(one.says)) << one.what;
  }
}

TEST(IdentityTest, TokensSayWhoAsksOverTlsAlone) {
  IdentityRig rig;
  std::vector<std::string> flags = IdentityRig::TokenFlags(rig);
  for (const std::string& flag : IdentityRig::CertificateFlags(rig)) flags.push_back(flag);
  rig.Start(flags);
  const Shown token = rig.Token();
  const Shown nothing;
  EXPECT_TRUE(rig.Check(rig.Tls(nothing), "researcher", token).ok());
  EXPECT_TRUE(rig.Check(rig.Tls(nothing), "researcher", token).ok()) << "remembered";
  EXPECT_EQ(rig.Check(rig.Tls(nothing), "writer", token).error_code(), kDenied);
  EXPECT_EQ(rig.Check(rig.Tls(nothing), "researcher").error_code(), kUnknown);
  EXPECT_EQ(rig.Check(rig.Unix(), "writer", token).error_code(), kUnknown) << "plaintext";
  const Shown twice{"", "", {token.authorization[0], token.authorization[0]}};
  EXPECT_EQ(rig.Check(rig.Tls(nothing), "researcher", twice).error_code(), kUnknown);
  const Shown expired{"", "", {"Bearer " + rig.TokenEndingIn(-31)}};
  EXPECT_EQ(rig.Check(rig.Tls(nothing), "researcher", expired).error_code(), kUnknown);

  // Both: each must be bound, and a bad token is not passed over.
  Shown both = rig.Certificate({kResearcher});
  EXPECT_TRUE(rig.Check(rig.Tls(both), "agents.researcher").ok()) << "the certificate alone";
  both.authorization = token.authorization;
  EXPECT_EQ(rig.Check(rig.Tls(both), "agents.researcher", both).error_code(), kDenied);
  EXPECT_EQ(rig.Check(rig.Tls(both), "researcher", both).error_code(), kDenied);
  both.authorization = expired.authorization;
  EXPECT_EQ(rig.Check(rig.Tls(both), "agents.researcher", both).error_code(), kUnknown);
  EXPECT_THAT(rig.pdp->log(), Not(HasSubstr(token.authorization[0].substr(7, 40))));
}

// And waits for no heartbeat.
TEST(IdentityTest, ASessionEndsWithItsRight) {
  IdentityRig rig;
  rig.Start(IdentityRig::CertificateFlags(rig), {"--heartbeat", "1h", "--lease", "2h"});
  const auto channel = rig.Tls(rig.Certificate({kResearcher}));
  const auto stub = v1::PolicyDecisionService::NewStub(channel);
  const auto context = ContextOf({});
  const auto session = stub->Session(context.get());
  v1::SessionRequest hello;
  hello.mutable_hello()->set_agent("agents.researcher");
  session->Write(hello);
  v1::SessionResponse said;
  ASSERT_TRUE(session->Read(&said));

  // What does not load changes nothing, and a reload says so.
  rig.dir.RenameOver("bindings.json", R"({"bindings": [{"identity": "me", "agents": ["a"]}]})");
  ASSERT_TRUE(rig.pdp->WaitForLog("bindings_not_loaded"));
  v1::ReloadResponse reload;
  const auto admin = v1::PolicyAdminService::NewStub(rig.Unix());
  ASSERT_TRUE(admin->Reload(ContextOf({}).get(), {}, &reload).ok());
  ASSERT_EQ(reload.issues_size(), 1) << reload.ShortDebugString();
  EXPECT_EQ(reload.issues(0).pointer(), "/bindings/0/identity");
  EXPECT_TRUE(rig.Check(channel, "agents.researcher").ok());

  rig.dir.RenameOver("bindings.json",
                     R"({"bindings": [{"identity": "local:unix", "agents": ["a"]}]})");
  while (session->Read(&said)) {
  }
  const grpc::Status end = session->Finish();
  EXPECT_EQ(end.error_code(), kDenied) << end.error_message();
  EXPECT_THAT(end.error_message(), HasSubstr(kResearcher));
  EXPECT_EQ(rig.Check(channel, "agents.researcher").error_code(), kDenied);
}

// Expiry does not wait for a heartbeat.
TEST(IdentityTest, ASessionEndsWithItsToken) {
  IdentityRig rig;
  rig.Start(IdentityRig::TokenFlags(rig), {"--heartbeat", "1h", "--lease", "2h"});
  Shown shown;
  // It counts for 30 s longer, for the sake of clocks that differ.
  shown.authorization = {"Bearer " + rig.TokenEndingIn(-28)};
  const auto stub = v1::PolicyDecisionService::NewStub(rig.Tls({}));
  const auto context = ContextOf(shown);
  const auto session = stub->Session(context.get());
  v1::SessionRequest request;
  request.mutable_hello()->set_agent("researcher");
  ASSERT_TRUE(session->Write(request));
  request.Clear();
  request.mutable_check()->set_id(1);
  v1::SessionResponse said;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(8);
  while (session->Read(&said) && std::chrono::steady_clock::now() < give_up) {
    session->Write(request);
  }
  if (std::chrono::steady_clock::now() >= give_up) context->TryCancel();
  const grpc::Status end = session->Finish();
  EXPECT_EQ(end.error_code(), kUnknown) << end.error_message();
  EXPECT_THAT(end.error_message(), HasSubstr("has expired"));
}

// A sidecar before a small server, and calls through it, one after another.
class Calls {
 public:
  Calls(const IdentityRig& rig, const std::string& agent, const std::vector<std::string>& flags)
      : process_(Command(rig, agent, flags)) {
    process_.WriteLine(
        R"({"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-06-18",)"
        R"("capabilities":{},"clientInfo":{"name":"c","version":"1"}}})");
    process_.ReadLine();
  }

  // The answer's line.
  std::string Call(const std::string& tool) {
    process_.WriteLine(absl::StrCat(R"({"jsonrpc":"2.0","id":)", ++id_,
                                    R"(,"method":"tools/call","params":{"name":")", tool,
                                    R"(","arguments":{}}})"));
    return process_.ReadLine().value_or("");
  }
  std::string End() {
    process_.CloseInput();
    process_.Wait();
    return process_.Errors();
  }

 private:
  static std::vector<std::string> Command(const IdentityRig& rig, const std::string& agent,
                                          const std::vector<std::string>& flags) {
    std::vector<std::string> command = {
        OSTIARY_SIDECAR, "run",      "--agent",         agent, "--server", "s", "--pdp",
        rig.tls_address, "--pdp-ca", rig.Path("ca.pem")};
    command.insert(command.end(), flags.begin(), flags.end());
    command.insert(command.end(), {"--", TOY_SERVER});
    return command;
  }

  TestProcess process_;
  int id_ = 0;
};

TEST(IdentityTest, ASidecarGoesOnWithEachNewToken) {
  IdentityRig rig;
  rig.Start(IdentityRig::TokenFlags(rig));
  // A kubelet in a hurry: a token that counts, by the leeway, for some 2 s more, renewed each time.
  const auto renew = [&rig] { rig.dir.RenameOver("token", rig.TokenEndingIn(-28)); };
  renew();
  Calls sidecar(rig, "researcher", {"--pdp-token-file", rig.Path("token")});
  const int seconds = std::getenv("OSTIARY_LONG") != nullptr ? 60 : 8;
  const MonoTime end = Clock::System().Now() + std::chrono::seconds(seconds);
  MonoTime next = Clock::System().Now();
  int calls = 0;
  int failed = 0;
  MonoDuration longest{};
  while (Clock::System().Now() < end) {
    if (Clock::System().Now() >= next) {
      renew();
      next += std::chrono::milliseconds(400);
    }
    // A name of its own each time: nothing comes from the sidecar's cache.
    const MonoTime asked = Clock::System().Now();
    const std::string answer = sidecar.Call(absl::StrCat("read_", ++calls));
    longest = std::max(longest, Clock::System().Now() - asked);
    if (absl::StrContains(answer, "ostiary/decision")) ++failed;
  }
  const std::string errors = sidecar.End();
  size_t sessions = 0;
  for (size_t at = 0; (at = errors.find("\"event\":\"pdp_session_lost\"", at)) != std::string::npos;
       ++at)
    ++sessions;
  std::printf("%d calls, %d failed, over the ends of %zu sessions, the longest took %.0f ms\n",
              calls, failed, sessions, std::chrono::duration<double, std::milli>(longest).count());
  EXPECT_EQ(failed, 0) << errors;
  EXPECT_GE(sessions, 2u) << errors;
  EXPECT_THAT(errors, Not(HasSubstr("eyJ"))) << "a token in the log";
}

TEST(IdentityTest, ASidecarThatMayNotSpeakForItsAgentSaysSo) {
  IdentityRig rig;
  rig.Start(IdentityRig::CertificateFlags(rig));
  const Shown shown = rig.Certificate({kResearcher});
  rig.dir.WriteInPlace("c.pem", shown.chain);
  rig.dir.WriteInPlace("k.pem", shown.key);
  const std::vector<std::string> flags = {"--pdp-cert", rig.Path("c.pem"), "--pdp-key",
                                          rig.Path("k.pem")};
  Calls good(rig, "agents.researcher", flags);
  EXPECT_THAT(good.Call("read"), Not(HasSubstr("ostiary/decision")));
  Calls bad(rig, "writer", flags);
  const std::string denial = bad.Call("read");
  EXPECT_THAT(denial, HasSubstr("ostiary/decision"));
  EXPECT_THAT(denial, HasSubstr("may not speak for the agent"));
  const std::string sentence =
      absl::StrCat(kResearcher, " may not speak for the agent \\\"writer\\\"");
  EXPECT_THAT(bad.End(), HasSubstr(sentence));
  EXPECT_TRUE(rig.pdp->WaitForLog("caller_refused"));
}

// The issuer's endpoint.
class KeyServer {
 public:
  KeyServer(const IdentityRig& rig, std::string keys)
      : server_(rig.Path("tls.pem").c_str(), rig.Path("key.pem").c_str()), keys_(std::move(keys)) {
    server_.Get("/openid/v1/jwks", [this](const httplib::Request& request, httplib::Response& out) {
      bearer_ = request.get_header_value("Authorization");
      out.set_content(keys_, "application/jwk-set+json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~KeyServer() {
    server_.stop();
    thread_.join();
  }
  std::string Url(const std::string& host) const {
    return absl::StrCat("https://", host, ":", port_, "/openid/v1/jwks");
  }
  const std::string& bearer() const { return bearer_; }

 private:
  httplib::SSLServer server_;
  const std::string keys_;
  std::string bearer_;
  int port_ = 0;
  std::thread thread_;
};

TEST(IdentityTest, KeysComeFromTheIssuerOverHttps) {
  IdentityRig rig;
  rig.dir.WriteInPlace("bearer", "api-token\n");
  KeyServer keys(rig, KeySet({&rig.signing_key}));
  rig.Start({"--token-issuer", "https://kubernetes.default.svc", "--token-jwks-url",
             keys.Url("127.0.0.1"), "--token-jwks-ca", rig.Path("ca.pem"), "--token-jwks-bearer",
             rig.Path("bearer")});
  ASSERT_TRUE(rig.pdp->WaitForLog("token_keys_fetched"));
  EXPECT_TRUE(rig.Check(rig.Tls({}), "researcher", rig.Token()).ok());
  EXPECT_EQ(keys.bearer(), "Bearer api-token");
  EXPECT_THAT(rig.pdp->log(), Not(HasSubstr("api-token")));
}

TEST(IdentityTest, NoKeysAreTakenFromAnyoneElse) {
  struct Case {
    const char* what;
    const char* ca;
    const char* host;
  };
  // The certificate is for 127.0.0.1 and pdp.test.
  for (const Case& one : {Case{"another authority", "client-ca.pem", "127.0.0.1"},
                          Case{"another name", "ca.pem", "localhost"}}) {
    IdentityRig rig;
    KeyServer keys(rig, KeySet({&rig.signing_key}));
    rig.Start({"--token-issuer", "https://kubernetes.default.svc", "--token-jwks-url",
               keys.Url(one.host), "--token-jwks-ca", rig.Path(one.ca)});
    ASSERT_TRUE(rig.pdp->WaitForLog("token_keys_not_fetched")) << one.what;
    const grpc::Status status = rig.Check(rig.Tls({}), "researcher", rig.Token());
    EXPECT_EQ(status.error_code(), kUnreachable) << one.what;
    EXPECT_THAT(status.error_message(), HasSubstr("no keys yet")) << one.what;
    EXPECT_EQ(keys.bearer(), "") << one.what;
  }
}

TEST(IdentityTest, FlagsAndFilesThatCannotBeUsedEndIt) {
  IdentityRig rig;
  struct Case {
    std::vector<std::string> flags;
    int exit_status;
    const char* says;
  };
  rig.dir.WriteInPlace("bad.json", "{");
  const std::string tls = rig.Path("tls.pem");
  const std::string key = rig.Path("key.pem");
  const std::string ca = rig.Path("client-ca.pem");
  const std::string bindings = rig.Path("bindings.json");
  const Case cases[] = {
      {{"--bindings", bindings}, 64, "nobody is identified"},
      {{"--tls-cert", tls, "--tls-key", key, "--client-ca", ca}, 64, "--bindings"},
      {{"--token-issuer", "i", "--token-jwks", "f", "--bindings", bindings}, 64, "over TLS only"},
      {{"--tls-cert", tls, "--tls-key", key, "--client-ca", ca, "--bindings", rig.Path("bad.json")},
       78,
       "bad.json:1:2: error: not valid JSON"},
      {{"--tls-cert", tls, "--tls-key", key, "--client-ca", ca, "--bindings", rig.Path("none")},
       78,
       "none: error: "},
  };
  for (const Case& one : cases) {
    std::vector<std::string> arguments = {"serve", "--rules", rig.Path("rules.json"), "--listen",
                                          "127.0.0.1:0"};
    arguments.insert(arguments.end(), one.flags.begin(), one.flags.end());
    const pdp::Outcome outcome = pdp::RunProgram({arguments, {}, ""});
    EXPECT_EQ(outcome.exit_status, one.exit_status) << one.says;
    EXPECT_THAT(outcome.err, HasSubstr(one.says));
  }
  const auto validate = [&](const std::string& file) {
    return pdp::RunProgram(
        {{"validate", "--rules", rig.Path("rules.json"), "--bindings", file}, {}, ""});
  };
  EXPECT_EQ(validate(bindings).exit_status, 0);
  const pdp::Outcome bad = validate(rig.Path("bad.json"));
  EXPECT_EQ(bad.exit_status, 1);
  EXPECT_THAT(bad.out, HasSubstr("bad.json:1:2: error: not valid JSON"));
}

}  // namespace
}  // namespace ostiary
