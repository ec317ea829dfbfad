#include "common/tls/pem.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"

namespace ostiary {
namespace {

using testing::HasSubstr;

CertificateOptions Of(KeyKind key) {
  CertificateOptions options;
  options.key = key;
  return options;
}

std::string Encrypted(const std::string& key) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(key.data(), -1), BIO_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> read(
      PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const unsigned char passphrase[] = "word";
  EXPECT_EQ(PEM_write_bio_PrivateKey(out.get(), read.get(), EVP_aes_256_cbc(), passphrase, 4,
                                     nullptr, nullptr),
            1);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

TEST(ReadKeyPairTest, TakesPairsAndSaysHowLongTheyAreValid) {
  const TestAuthority authority;
  for (const KeyKind kind : {KeyKind::kEc, KeyKind::kRsa}) {
    CertificateOptions options = Of(kind);
    options.starts = -absl::Hours(2);
    options.ends = absl::Hours(3);
    const CertifiedKey issued = authority.Issue(options);
    const absl::StatusOr<KeyPair> pair = ReadKeyPair(issued.chain, issued.key);
    ASSERT_TRUE(pair.ok()) << pair.status();
    EXPECT_EQ(pair->chain, issued.chain);
    EXPECT_EQ(pair->not_after - pair->not_before, absl::Hours(5));
    EXPECT_TRUE(pair->ValidAt(pair->not_before));
    EXPECT_TRUE(pair->ValidAt(pair->not_after));
    EXPECT_FALSE(pair->ValidAt(pair->not_before - absl::Seconds(1)));
    EXPECT_FALSE(pair->ValidAt(pair->not_after + absl::Seconds(1)));
  }
}

TEST(ReadKeyPairTest, KeepsIntermediatesAndNothingElse) {
  const CertifiedKey issued = TestAuthority().Intermediate({}).Issue({});
  // One file with all of it and more, read as both.
  const std::string all =
      absl::StrCat("a comment\n", issued.key, "another\n", issued.chain, "and one more\n");
  const absl::StatusOr<KeyPair> pair = ReadKeyPair(all, all);
  ASSERT_TRUE(pair.ok()) << pair.status();
  EXPECT_EQ(pair->chain, issued.chain);
  EXPECT_EQ(pair->key, issued.key);
}

TEST(ReadKeyPairTest, RefusesWhatDoesNotHoldTogetherAndSaysWhy) {
  const TestAuthority authority;
  const CertifiedKey one = authority.Issue({});
  const CertifiedKey other = authority.Issue({});
  const CertifiedKey rsa = authority.Issue(Of(KeyKind::kRsa));
  const CertifiedKey small = authority.Issue(Of(KeyKind::kSmallRsa));
  const std::string half = one.chain.substr(0, one.chain.size() / 2);
  struct Case {
    const char* name;
    std::string chain;
    std::string key;
    const char* says;
  };
  const Case cases[] = {
      {"the key of another", one.chain, other.key, "the key is not that of the certificate"},
      {"a key of another kind", one.chain, rsa.key, "the key is not that of the certificate"},
      {"half a certificate", half, one.key, "has a broken certificate"},
      {"one and a half", one.chain + half, one.key, "has a broken certificate"},
      {"half a key", one.chain, one.key.substr(0, one.key.size() / 2), "the key is no private key"},
      {"no certificate", one.key, one.key, "has no certificate in PEM"},
      {"no key", one.chain, one.chain, "the key is no private key"},
      {"nothing", "", "", "has no certificate in PEM"},
      {"an encrypted key", one.chain, Encrypted(one.key), "the key is encrypted"},
      {"a key that is too small", small.chain, small.key, "TLS does not take this certificate"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const absl::Status status = ReadKeyPair(c.chain, c.key).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.says));
    EXPECT_FALSE(absl::StrContains(status.message(), one.key.substr(40, 20))) << "quotes the key";
  }
}

TEST(ReadAuthoritiesTest, TakesAllOfThemOrNone) {
  const TestAuthority one;
  const TestAuthority other(Of(KeyKind::kRsa));
  const absl::StatusOr<std::string> both = ReadAuthorities(one.root() + other.root());
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(*both, one.root() + other.root());
  for (const std::string& text :
       {std::string(), std::string("-----BEGIN"), one.root() + other.root().substr(0, 200)}) {
    EXPECT_EQ(ReadAuthorities(text).status().code(), absl::StatusCode::kFailedPrecondition) << text;
  }
}

}  // namespace
}  // namespace ostiary
