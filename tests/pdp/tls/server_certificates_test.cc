#include "pdp/tls/server_certificates.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/pdp/reload/reload_harness.h"
#include "tests/pdp/reload/scratch_dir.h"
#include "tests/support/certificates.h"

namespace ostiary::pdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

CertificateOptions Valid(absl::Duration starts, absl::Duration ends) {
  CertificateOptions options;
  options.starts = starts;
  options.ends = ends;
  return options;
}

class ServerCertificatesTest : public testing::Test {
 protected:
  ServerCertificatesTest() { Write(authority_.Issue({})); }

  void Write(const CertifiedKey& issued) const {
    directory_.RenameOver("tls.crt", issued.chain);
    directory_.RenameOver("tls.key", issued.key);
    directory_.RenameOver("ca.crt", authority_.root());
  }
  absl::StatusOr<std::unique_ptr<ServerCertificates>> Create() const {
    return ServerCertificates::Create(
        {directory_.Path("tls.crt"), directory_.Path("tls.key"), directory_.Path("ca.crt")},
        Clock::System(), log_);
  }

  const TestAuthority authority_;
  const ScratchDir directory_;
  const Log log_{-1, LogLevel::kError, Clock::System()};
};

TEST_F(ServerCertificatesTest, TakesOverWhatIsRenewed) {
  const auto certificates = *Create();
  EXPECT_EQ(certificates->Current()->serial, 1u);
  const CertifiedKey renewed = authority_.Issue(Valid(-absl::Hours(1), absl::Hours(48)));
  Write(renewed);
  EXPECT_THAT(certificates->Refresh(ReloadMode::kPoll), IsEmpty());
  const auto current = certificates->Current();
  EXPECT_EQ(current->pair.chain, renewed.chain);
  EXPECT_EQ(current->client_authorities, authority_.root());
  EXPECT_EQ(current->serial, 2u);
  const CertificateReport report = certificates->Report();
  EXPECT_EQ(report.loaded, 2u);
  EXPECT_EQ(report.failed, 0u);
  EXPECT_EQ(report.not_after, current->pair.not_after);
  EXPECT_EQ(report.last_error, absl::OkStatus());
}

TEST_F(ServerCertificatesTest, TheSameFilesAreNoNews) {
  const auto certificates = *Create();
  EXPECT_THAT(certificates->Refresh(ReloadMode::kApply), IsEmpty());
  EXPECT_EQ(certificates->Current()->serial, 1u);
  EXPECT_EQ(certificates->Report().loaded, 1u);
}

// As where a certificate is renewed and its key is kept.
TEST_F(ServerCertificatesTest, TakesOverAnotherChainOfTheSameKey) {
  CertifiedKey issued = authority_.Intermediate({}).Issue({});
  const std::string whole = issued.chain;
  issued.chain.resize(whole.find("-----BEGIN", 1));  // the leaf alone
  Write(issued);
  const auto certificates = *Create();
  directory_.RenameOver("tls.crt", whole);
  EXPECT_THAT(certificates->Refresh(ReloadMode::kPoll), IsEmpty());
  EXPECT_EQ(certificates->Current()->pair.chain, whole);
  EXPECT_EQ(certificates->Current()->serial, 2u);
}

TEST_F(ServerCertificatesTest, KeepsWhatItHasWhereTheFilesDoNotHoldTogether) {
  const auto certificates = *Create();
  const auto before = certificates->Current();
  const auto refuses = [&](const std::string& says) {
    const std::vector<Issue> issues = certificates->Refresh(ReloadMode::kApply);
    ASSERT_THAT(issues, SizeIs(1));
    EXPECT_THAT(issues[0].message, HasSubstr(says));
    EXPECT_EQ(certificates->Current(), before);
  };
  directory_.RenameOver("tls.key", authority_.Issue({}).key);
  refuses("the key is not that of the certificate");
  directory_.Remove("tls.key");
  refuses(directory_.Path("tls.key"));
  Write(authority_.Issue({}));
  directory_.WriteInPlace("ca.crt", "half");
  refuses(directory_.Path("ca.crt"));
  Write(authority_.Issue(Valid(-absl::Hours(2), -absl::Hours(1))));
  refuses("which is not now");
  Write(authority_.Issue(Valid(absl::Hours(1), absl::Hours(2))));
  refuses("which is not now");
  EXPECT_EQ(certificates->Report().failed, 5u);
  EXPECT_EQ(certificates->Report().loaded, 1u);
  EXPECT_FALSE(certificates->Report().last_error.ok());

  Write(authority_.Issue({}));
  EXPECT_THAT(certificates->Refresh(ReloadMode::kApply), IsEmpty());
  EXPECT_EQ(certificates->Report().last_error, absl::OkStatus());
  EXPECT_EQ(certificates->Current()->serial, 2u);
}

TEST_F(ServerCertificatesTest, ValidateOnlyChangesNothing) {
  const auto certificates = *Create();
  const auto before = certificates->Current();
  Write(authority_.Issue({}));
  EXPECT_THAT(certificates->Refresh(ReloadMode::kValidateOnly), IsEmpty());
  Write(authority_.Issue(Valid(absl::Hours(1), absl::Hours(2))));
  const std::vector<Issue> not_now = certificates->Refresh(ReloadMode::kValidateOnly);
  ASSERT_THAT(not_now, SizeIs(1));
  EXPECT_THAT(not_now[0].message, HasSubstr("which is not now"));
  directory_.Remove("tls.key");
  EXPECT_THAT(certificates->Refresh(ReloadMode::kValidateOnly), SizeIs(1));
  EXPECT_EQ(certificates->Current(), before);
  EXPECT_EQ(certificates->Report().loaded, 1u);
  EXPECT_EQ(certificates->Report().failed, 0u);
  EXPECT_EQ(certificates->Report().last_error, absl::OkStatus());
}

TEST_F(ServerCertificatesTest, StartsWithAnExpiredOneAndHealsWithTheNext) {
  Write(authority_.Issue(Valid(-absl::Hours(2), -absl::Hours(1))));
  const auto certificates = Create();
  ASSERT_TRUE(certificates.ok()) << certificates.status();
  Write(authority_.Issue({}));
  EXPECT_THAT((*certificates)->Refresh(ReloadMode::kApply), IsEmpty());
  EXPECT_EQ((*certificates)->Current()->serial, 2u);
}

// The poll meets the same again and again, and says it once.
TEST_F(ServerCertificatesTest, SaysOnceWhatIsWrong) {
  const CertificateOptions expired = Valid(-absl::Hours(2), -absl::Hours(1));
  Write(authority_.Issue(expired));
  LogPipe log;
  const auto certificates = *ServerCertificates::Create(
      {directory_.Path("tls.crt"), directory_.Path("tls.key"), ""}, Clock::System(), log.log());
  for (int certificate = 0; certificate < 2; ++certificate) {
    for (int round = 0; round < 2; ++round) {
      certificates->Refresh(ReloadMode::kPoll);
      EXPECT_THAT(log.Take("certificate_not_valid"), SizeIs(1 - round));
    }
    // One that is expired too is no worse.
    Write(authority_.Issue(expired));
  }
  EXPECT_EQ(certificates->Current()->serial, 2u);
  directory_.Remove("tls.key");
  for (const char* level : {"error", "debug", "debug"}) {
    certificates->Refresh(ReloadMode::kPoll);
    EXPECT_THAT(log.Take("certificate_not_loaded"),
                ElementsAre(HasSubstr(absl::StrCat("\"level\":\"", level, "\""))));
  }
}

TEST_F(ServerCertificatesTest, DoesNotStartWithWhatCannotBeUsed) {
  directory_.RenameOver("tls.key", authority_.Issue({}).key);
  const absl::Status status = Create().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(directory_.Path("tls.crt")));
}

TEST(CertificatePathsTest, OneFileIsWatchedOnce) {
  EXPECT_THAT((CertificatePaths{"pem", "pem", ""}.All()), ElementsAre("pem"));
  EXPECT_THAT((CertificatePaths{"c", "k", "ca"}.All()), ElementsAre("c", "k", "ca"));
}

}  // namespace
}  // namespace ostiary::pdp
