// A sidecar and a PDP that cannot be sure of each other: every call is denied, the server sees none
// of them, and the log says why. And what a command line may not ask for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "tests/e2e/tls/tls_files.h"
#include "tests/support/test_process.h"

namespace ostiary {
namespace {

using testing::HasSubstr;

struct Outcome {
  std::string answer;  // to one call
  std::string log;
  std::string calls;  // that the server saw
};

Outcome CallThrough(const TlsFiles& files, const std::vector<std::string>& flags) {
  const std::string calls_file = files.Path("calls");
  std::vector<std::string> words = {
      SIDECAR, "run", "--agent", "me", "--server", "toy", "--decision-timeout", "500ms"};
  words.insert(words.end(), flags.begin(), flags.end());
  words.insert(words.end(), {"--", TOY_SERVER, "--calls-file", calls_file});
  TestProcess sidecar(words);
  sidecar.WriteLine(
      R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read","arguments":{}}})");
  Outcome outcome;
  outcome.answer = sidecar.ReadLine().value_or("no answer");
  sidecar.CloseInput();
  sidecar.Wait();
  outcome.log = sidecar.Errors();
  if (FILE* const file = std::fopen(calls_file.c_str(), "r"); file != nullptr) {
    for (int byte = std::fgetc(file); byte != EOF; byte = std::fgetc(file)) {
      outcome.calls += static_cast<char>(byte);
    }
    std::fclose(file);
  }
  return outcome;
}

CertificateOptions WithEnds(CertificateOptions options, absl::Duration starts,
                            absl::Duration ends) {
  options.starts = starts;
  options.ends = ends;
  return options;
}

// The PDP is set up by `pdp`, the sidecar by `sidecar`; both are given the files.
struct Case {
  const char* name;
  std::function<std::vector<std::string>(const TlsFiles&)> pdp;
  std::function<std::vector<std::string>(const TlsFiles&)> sidecar;
  const char* says;
};

std::vector<std::string> Tls(const TlsFiles& files) { return files.ServeWithTls(); }
std::vector<std::string> MutualTls(const TlsFiles& files) { return files.ServeWithMutualTls(); }
std::vector<std::string> Plaintext(const TlsFiles& files) {
  return {PDP, "serve", "--rules", files.Path("rules.json"), "--listen", "127.0.0.1:0"};
}
std::vector<std::string> Pinned(const TlsFiles& files) { return files.ClientFlags(); }
std::vector<std::string> Showing(const TlsFiles& files, const CertifiedKey& issued) {
  files.WriteClient(issued);
  std::vector<std::string> flags = files.ClientFlags();
  flags.insert(flags.end(),
               {"--pdp-cert", files.Path("client.crt"), "--pdp-key", files.Path("client.key")});
  return flags;
}
std::function<std::vector<std::string>(const TlsFiles&)> TlsWith(
    const std::function<CertifiedKey(const TlsFiles&)>& issue) {
  return [issue](const TlsFiles& files) {
    files.WritePdp(issue(files));
    return files.ServeWithTls();
  };
}

class RefusalsTest : public testing::TestWithParam<Case> {};

TEST_P(RefusalsTest, DeniesEveryCallAndSaysWhy) {
  const TlsFiles files;
  PdpProcess pdp(GetParam().pdp(files));
  std::vector<std::string> flags = GetParam().sidecar(files);
  flags.insert(flags.end(), {"--pdp", pdp.address()});
  const Outcome outcome = CallThrough(files, flags);
  EXPECT_THAT(outcome.answer, HasSubstr("\"isError\":true"));
  EXPECT_THAT(outcome.answer, HasSubstr(GetParam().says));
  EXPECT_THAT(outcome.log, HasSubstr(GetParam().says));
  EXPECT_EQ(outcome.calls, "");
  EXPECT_EQ(pdp.Stop(), 0);
}

constexpr char kNotTrusted[] = "the PDP's certificate is not to be trusted";
constexpr char kWantsCertificate[] = "it may want a certificate (--pdp-cert) that it can trust";

INSTANTIATE_TEST_SUITE_P(
    All, RefusalsTest,
    testing::Values(
        Case{"PdpOfAnotherAuthority",
             TlsWith([](const TlsFiles&) { return TestAuthority().Issue(PdpNames()); }), Pinned,
             kNotTrusted},
        Case{"PdpOfAnotherAuthorityOfAnotherName", TlsWith([](const TlsFiles&) {
               CertificateOptions other;
               other.common_name = "other";
               return TestAuthority(other).Issue(PdpNames());
             }),
             Pinned, kNotTrusted},
        Case{"PdpThatExpired", TlsWith([](const TlsFiles& files) {
               return files.authority().Issue(
                   WithEnds(PdpNames(), -absl::Hours(2), -absl::Hours(1)));
             }),
             Pinned, kNotTrusted},
        Case{"PdpOfTheFuture", TlsWith([](const TlsFiles& files) {
               return files.authority().Issue(WithEnds(PdpNames(), absl::Hours(1), absl::Hours(2)));
             }),
             Pinned, kNotTrusted},
        Case{"PdpOfAnotherName", TlsWith([](const TlsFiles& files) {
               CertificateOptions other;
               other.dns_names = {"other.example"};
               return files.authority().Issue(other);
             }),
             Pinned, "bears another name"},
        Case{"PdpWithoutTheNameAskedFor", Tls,
             [](const TlsFiles& files) {
               std::vector<std::string> flags = files.ClientFlags();
               flags.insert(flags.end(), {"--pdp-name", "other.example"});
               return flags;
             },
             "bears another name"},
        Case{"PdpInPlaintext", Plaintext, Pinned, "speaks no TLS"},
        Case{"SidecarInPlaintext", Tls, [](const TlsFiles&) { return std::vector<std::string>(); },
             "it may speak TLS only (--pdp-ca)"},
        Case{"SidecarWithoutCertificate", MutualTls, Pinned, kWantsCertificate},
        Case{"SidecarOfAnotherAuthority", MutualTls,
             [](const TlsFiles& files) {
               return Showing(files, TestAuthority().Issue(ClientNames()));
             },
             kWantsCertificate},
        Case{"SidecarThatExpired", MutualTls,
             [](const TlsFiles& files) {
               return Showing(files, files.authority().Issue(WithEnds(
                                         ClientNames(), -absl::Hours(2), -absl::Hours(1))));
             },
             kWantsCertificate},
        Case{"SidecarWithTheKeyOfAnother", MutualTls,
             [](const TlsFiles& files) {
               return Showing(files, {files.authority().Issue(ClientNames()).chain,
                                      files.authority().Issue(ClientNames()).key});
             },
             "the key is not that of the certificate"},
        Case{"SidecarWithoutAuthority", Tls,
             [](const TlsFiles& files) {
               return std::vector<std::string>{"--pdp-ca", files.Path("none.crt")};
             },
             "none.crt"}),
    [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

// The same flags with nothing wrong: else the refusals above prove nothing.
TEST(AcceptanceTest, LetsThroughWhereBothAreSure) {
  const TlsFiles files;
  PdpProcess pdp(MutualTls(files));
  std::vector<std::string> flags = Showing(files, files.authority().Issue(ClientNames()));
  flags.insert(flags.end(), {"--pdp", pdp.address(), "--pdp-name", "pdp.example"});
  const Outcome outcome = CallThrough(files, flags);
  EXPECT_THAT(outcome.answer, HasSubstr("done")) << outcome.log;
  EXPECT_EQ(outcome.calls, "read\n");
}

TEST(UsageTest, RefusesWhatWouldBeInsecure) {
  struct Usage {
    std::vector<std::string> flags;
    const char* says;
  };
  const Usage usages[] = {
      {{"--pdp", "pdp.example:7443"}, "pdp.example:7443 is not on loopback"},
      {{"--pdp", "127.0.0.1:1", "--pdp-token-file", "t"}, "a token is sent over TLS only"},
      {{"--pdp", "127.0.0.1:1", "--pdp-cert", "c", "--pdp-key", "k"}, "shown over TLS only"},
      {{"--pdp", "127.0.0.1:1", "--pdp-name", "n"}, "says nothing without TLS"},
      {{"--pdp", "127.0.0.1:1", "--pdp-ca", "a", "--pdp-cert", "c"}, "go together"},
      {{"--pdp", "127.0.0.1:1", "--pdp-ca", "a", "--pdp-key", "k"}, "go together"},
      {{"--pdp", "unix:/x", "--pdp-ca", "a"}, "speaks no TLS on a Unix socket"},
  };
  for (const Usage& usage : usages) {
    SCOPED_TRACE(usage.says);
    std::vector<std::string> sidecar = {SIDECAR, "run", "--agent", "me", "--server", "toy"};
    sidecar.insert(sidecar.end(), usage.flags.begin(), usage.flags.end());
    sidecar.insert(sidecar.end(), {"--", TOY_SERVER});
    TestProcess run(sidecar);
    EXPECT_EQ(run.Wait(), 64);
    EXPECT_THAT(run.Errors(), HasSubstr(usage.says));
    std::vector<std::string> status = {PDP, "status"};
    status.insert(status.end(), usage.flags.begin(), usage.flags.end());
    TestProcess ask(status);
    EXPECT_EQ(ask.Wait(), 64);
    EXPECT_THAT(ask.Errors(), HasSubstr(usage.says));
  }
}

// Plaintext on the network, for who says so. What is refused after that is something else.
TEST(UsageTest, TakesPlaintextOnTheNetworkWhereToldTo) {
  struct Usage {
    std::vector<std::string> flags;
    std::vector<std::string> variables;
    int sidecar;
    int pdp;
  };
  const Usage usages[] = {
      {{"--allow-insecure-tcp"}, {}, 78, 1},
      {{}, {"OSTIARY_ALLOW_INSECURE_TCP=true"}, 78, 1},
      {{}, {"OSTIARY_ALLOW_INSECURE_TCP=false"}, 64, 64},
      {{}, {"OSTIARY_ALLOW_INSECURE_TCP=perhaps"}, 64, 64},
      {{}, {}, 64, 64},
  };
  for (const Usage& usage : usages) {
    SCOPED_TRACE(testing::PrintToString(usage.flags) + testing::PrintToString(usage.variables));
    // Nobody listens there, and it is not loopback by its name.
    const std::vector<std::string> address = {"--pdp", "0.0.0.0:1"};
    std::vector<std::string> sidecar = {SIDECAR, "run", "--agent", "me", "--server", "toy"};
    sidecar.insert(sidecar.end(), address.begin(), address.end());
    sidecar.insert(sidecar.end(), usage.flags.begin(), usage.flags.end());
    sidecar.insert(sidecar.end(), {"--", "no-such-program"});
    EXPECT_EQ(TestProcess(sidecar, usage.variables).Wait(), usage.sidecar);
    std::vector<std::string> status = {PDP, "status"};
    status.insert(status.end(), address.begin(), address.end());
    status.insert(status.end(), usage.flags.begin(), usage.flags.end());
    EXPECT_EQ(TestProcess(status, usage.variables).Wait(), usage.pdp);
  }
}

TEST(ServeTest, RefusesCertificatesThatCannotBeUsed) {
  const TlsFiles files;
  files.directory().RenameOver("tls.key", files.authority().Issue({}).key);
  TestProcess torn(files.ServeWithTls());
  EXPECT_EQ(torn.Wait(), 78);
  EXPECT_THAT(torn.Errors(), HasSubstr("the key is not that of the certificate"));
  files.directory().Remove("tls.key");
  TestProcess missing(files.ServeWithTls());
  EXPECT_EQ(missing.Wait(), 78);
  EXPECT_THAT(missing.Errors(), HasSubstr(files.Path("tls.key")));
}

}  // namespace
}  // namespace ostiary
