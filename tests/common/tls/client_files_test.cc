#include "common/tls/client_files.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"

namespace ostiary {
namespace {

using testing::HasSubstr;

class ClientFilesTest : public testing::Test {
 protected:
  ClientFilesTest() : folder_(testing::TempDir() + "/ostiary_client_files_XXXXXX") {
    if (::mkdtemp(folder_.data()) == nullptr) std::abort();
    options_ = {Path("ca"), "", Path("cert"), Path("key"), Path("token"), InsecureTcp::kRefused};
    Write("ca", authority_.root());
    WritePair(authority_.Issue({}));
    Write("token", "token-1\n");
  }
  ~ClientFilesTest() override {
    for (const char* name : {"ca", "cert", "key", "token"}) Remove(name);
    ::rmdir(folder_.c_str());
  }

  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary | std::ios::trunc) << text;
  }
  void WritePair(const CertifiedKey& issued) const {
    Write("cert", issued.chain);
    Write("key", issued.key);
  }
  void Remove(const std::string& name) const { ::unlink(Path(name).c_str()); }

  const TestAuthority authority_;
  std::string folder_;
  ClientTlsOptions options_;
};

TEST_F(ClientFilesTest, ReadsAllAnewEachTime) {
  ClientFiles files(options_);
  absl::Status problem;
  ASSERT_EQ(files.Read(&problem)->token, "token-1");
  const TestAuthority next;
  const CertifiedKey issued = next.Issue({});
  Write("ca", next.root());
  WritePair(issued);
  Write("token", "  token-2");
  const absl::StatusOr<ClientMaterial> read = files.Read(&problem);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->authorities, next.root());
  EXPECT_EQ(read->pair->chain, issued.chain);
  EXPECT_EQ(read->token, "token-2");
  EXPECT_EQ(problem, absl::OkStatus());
}

TEST_F(ClientFilesTest, KeepsWhatItHadWhereAFileCannotBeUsed) {
  ClientFiles files(options_);
  absl::Status problem;
  const absl::StatusOr<ClientMaterial> good = files.Read(&problem);
  ASSERT_TRUE(good.ok()) << good.status();
  Write("key", authority_.Issue({}).key);
  Remove("token");
  Write("ca", "half");
  const absl::StatusOr<ClientMaterial> kept = files.Read(&problem);
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(kept->authorities, good->authorities);
  EXPECT_EQ(kept->pair->key, good->pair->key);
  EXPECT_EQ(kept->token, good->token);
  EXPECT_THAT(std::string(problem.message()), HasSubstr(Path("ca")));
  // Mended one by one.
  Write("ca", authority_.root());
  Write("token", "token-1\n");
  EXPECT_TRUE(files.Read(&problem).ok());
  EXPECT_THAT(std::string(problem.message()), HasSubstr(Path("cert") + " and " + Path("key")));
  WritePair(authority_.Issue({}));
  EXPECT_TRUE(files.Read(&problem).ok());
  EXPECT_EQ(problem, absl::OkStatus());
}

TEST_F(ClientFilesTest, FailsWhereThereIsNothingToUse) {
  for (const char* name : {"ca", "cert", "key", "token"}) {
    SCOPED_TRACE(name);
    const std::string aside = Path("aside");
    ASSERT_EQ(::rename(Path(name).c_str(), aside.c_str()), 0);
    absl::Status problem;
    const absl::Status status = ClientFiles(options_).Read(&problem).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(std::string(status.message()), HasSubstr(Path(name)));
    ASSERT_EQ(::rename(aside.c_str(), Path(name).c_str()), 0);
  }
}

TEST_F(ClientFilesTest, RefusesATokenThatIsTooLong) {
  Write("token", std::string((64 << 10) + 1, 'a'));
  absl::Status problem;
  EXPECT_EQ(ClientFiles(options_).Read(&problem).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(ReadTokenTest, TakesWhatAHeaderTakes) {
  for (const char* text : {"token", "token\n", " \ttoken\r\n\n"}) {
    const absl::StatusOr<std::string> token = ReadToken(text);
    ASSERT_TRUE(token.ok()) << token.status();
    EXPECT_EQ(*token, "token");
  }
  const std::string nul("a\0b", 3);
  for (const std::string& text :
       {std::string(), std::string(" \n"), std::string("a b"), std::string("a\nauthorization: b"),
        nul, std::string("\x7f"), std::string("caf\xc3\xa9")}) {
    EXPECT_EQ(ReadToken(text).status().code(), absl::StatusCode::kFailedPrecondition) << text;
  }
}

TEST(ClientTlsOptionsTest, PlaintextIsForThisMachineAlone) {
  const ClientTlsOptions plaintext;
  for (const char* address :
       {"unix:/run/pdp.sock", "127.0.0.1:7443", "127.9.9.9:1", "[::1]:7443", "localhost:7443"}) {
    EXPECT_EQ(plaintext.Validate(address), absl::OkStatus()) << address;
  }
  ClientTlsOptions allowed;
  allowed.insecure_tcp = InsecureTcp::kAllowed;
  ClientTlsOptions tls;
  tls.ca = "ca";
  for (const char* address : {"pdp:7443", "10.0.0.1:7443", "128.0.0.1:1", "localhost.evil:7443",
                              "127.0.0.1.evil:1", "[::2]:7443"}) {
    EXPECT_EQ(plaintext.Validate(address).code(), absl::StatusCode::kInvalidArgument) << address;
    EXPECT_EQ(allowed.Validate(address), absl::OkStatus()) << address;
    EXPECT_EQ(tls.Validate(address), absl::OkStatus()) << address;
  }
}

}  // namespace
}  // namespace ostiary
