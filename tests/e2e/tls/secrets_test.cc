// Tokens and keys reach nobody but their peer: not the logs, not the errors, not a file, whatever
// the environment asks of gRPC and OpenSSL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/tls/load.h"
#include "tests/e2e/tls/tls_files.h"
#include "tests/support/test_process.h"

namespace ostiary {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr char kToken[] = "eyJhbGciOiJSUzI1NiJ9.c2VjcmV0LXRva2Vu.c2lnbmF0dXJl";
constexpr char kOddToken[] = "secret-token-of-two\nlines-of-secrets";

class SecretsTest : public testing::Test {
 protected:
  SecretsTest() {
    files_.directory().WriteInPlace("token", absl::StrCat(kToken, "\n"));
    files_.directory().WriteInPlace("odd-token", kOddToken);
    files_.directory().MakeDir("empty");
  }

  // What would make them tell.
  std::vector<std::string> Environment() const {
    return {"GRPC_TRACE=all", "GRPC_VERBOSITY=debug",
            absl::StrCat("SSLKEYLOGFILE=", files_.Path("empty/keys")),
            absl::StrCat("TMPDIR=", files_.Path("empty"))};
  }
  std::vector<std::string> Flags(const std::string& address, const std::string& token) const {
    return {"--pdp",
            address,
            "--pdp-ca",
            files_.Path("ca.crt"),
            "--pdp-cert",
            files_.Path("client.crt"),
            "--pdp-key",
            files_.Path("client.key"),
            "--pdp-token-file",
            files_.Path(token)};
  }

  std::string Read(const std::string& name) const {
    std::ifstream file(files_.Path(name), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  // No line of a key, no part of a token, nothing that OpenSSL would log of a session's keys.
  void ExpectNoSecret(const std::string& where, const std::string& text) const {
    for (const char* token : {kToken, "secret-token-of-two", "lines-of-secrets"}) {
      EXPECT_FALSE(absl::StrContains(text, token)) << where << " has the token";
    }
    for (const char* key : {"tls.key", "client.key"}) {
      const std::string pem = Read(key);
      const std::vector<std::string> lines = absl::StrSplit(pem, '\n', absl::SkipEmpty());
      EXPECT_GE(lines.size(), 3u) << key;
      for (size_t i = 1; i + 1 < lines.size(); ++i) {
        EXPECT_FALSE(absl::StrContains(text, lines[i])) << where << " has " << key;
      }
    }
    EXPECT_FALSE(absl::StrContains(text, "TRAFFIC_SECRET")) << where;
    EXPECT_FALSE(absl::StrContains(text, "CLIENT_RANDOM")) << where;
  }

  // That nothing was written beside what the test wrote.
  void ExpectNoFiles() const {
    for (const auto& entry : fs::directory_iterator(files_.Path("empty"))) {
      ADD_FAILURE() << entry.path() << " was written";
    }
  }

  const TlsFiles files_;
};

struct Outcome {
  std::string answer;
  std::string errors;
};

Outcome CallOnce(std::vector<std::string> flags, const std::vector<std::string>& environment) {
  std::vector<std::string> words = {SIDECAR,       "run",      "--agent",
                                    "me",          "--server", "toy",
                                    "--log-level", "debug",    "--decision-timeout",
                                    "1s"};
  words.insert(words.end(), flags.begin(), flags.end());
  words.insert(words.end(), {"--", TOY_SERVER});
  TestProcess sidecar(words, environment);
  sidecar.WriteLine(
      R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read","arguments":{}}})");
  Outcome outcome;
  outcome.answer = sidecar.ReadLine().value_or("no answer");
  sidecar.CloseInput();
  sidecar.Wait();
  outcome.errors = sidecar.Errors();
  return outcome;
}

TEST_F(SecretsTest, ReachNeitherLogsNorFiles) {
  std::vector<std::string> serve = files_.ServeWithTls();
  serve.insert(serve.end(), {"--log-level", "debug"});
  PdpProcess pdp(serve, Environment());

  const Outcome call = CallOnce(Flags(pdp.address(), "token"), Environment());
  EXPECT_THAT(call.answer, HasSubstr("done")) << call.errors;
  std::vector<std::string> status = {PDP, "status"};
  const std::vector<std::string> flags = Flags(pdp.address(), "token");
  status.insert(status.end(), flags.begin(), flags.end());
  TestProcess ask(status, Environment());
  const std::string asked = ask.ReadRest();
  EXPECT_EQ(ask.Wait(), 0);
  EXPECT_EQ(pdp.Stop(), 0);

  ExpectNoSecret("the sidecar's log", call.errors);
  ExpectNoSecret("the denial", call.answer);
  ExpectNoSecret("status", asked + ask.Errors());
  ExpectNoSecret("the PDP's log", pdp.log());
  ExpectNoFiles();
}

// A PDP that takes certificates alone refuses the token, and does not say what it was.
TEST_F(SecretsTest, ReachNoRefusals) {
  std::vector<std::string> serve = files_.ServeWithMutualTls();
  serve.insert(serve.end(), {"--log-level", "debug"});
  PdpProcess pdp(serve, Environment());
  const Outcome call = CallOnce(Flags(pdp.address(), "token"), Environment());
  EXPECT_THAT(call.answer, HasSubstr("a token came, and this PDP takes none"));
  EXPECT_EQ(pdp.Stop(), 0);
  ExpectNoSecret("the sidecar's log", call.errors);
  ExpectNoSecret("the denial", call.answer);
  ExpectNoSecret("the PDP's log", pdp.log());
  ExpectNoFiles();
}

TEST_F(SecretsTest, ReachNoErrors) {
  PdpProcess pdp(files_.ServeWithTls(), Environment());
  const Outcome odd = CallOnce(Flags(pdp.address(), "odd-token"), Environment());
  EXPECT_THAT(odd.errors, HasSubstr("the token has blanks, control bytes"));
  EXPECT_THAT(odd.answer, HasSubstr("\"isError\":true"));
  ExpectNoSecret("the log of a token of two lines", odd.errors);
  ExpectNoSecret("the denial for a token of two lines", odd.answer);

  files_.directory().WriteInPlace("client.key", Read("client.key").substr(0, 150));
  const Outcome torn = CallOnce(Flags(pdp.address(), "token"), Environment());
  EXPECT_THAT(torn.errors, HasSubstr("the key is no private key in PEM"));
  ExpectNoSecret("the log of half a key", torn.errors);
  EXPECT_EQ(pdp.Stop(), 0);
  ExpectNoSecret("the PDP's log", pdp.log());
  ExpectNoFiles();
}

}  // namespace
}  // namespace ostiary
