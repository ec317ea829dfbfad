// Tokens: the good ones, and every way in which a bad one is refused, each with its own reason.
#include <openssl/hmac.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pdp/identity/base64url.h"
#include "pdp/identity/key_store.h"
#include "pdp/identity/refusal.h"
#include "pdp/identity/token_authority.h"
#include "pdp/identity/token_verifier.h"
#include "tests/pdp/identity/test_tokens.h"
#include "tests/pdp/policy/policy_testing.h"
#include "tests/support/fake_clock.h"

namespace ostiary::pdp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

constexpr int64_t kNow = 1'800'000'000;
constexpr char kAccount[] = "system:serviceaccount:agents:researcher";

// Made once: keys take time.
struct Keys {
  SigningKey rsa{"rsa-1", SigningKeyKind::kRsa2048};
  SigningKey ec{"ec-1", SigningKeyKind::kP256};
  SigningKey foreign_rsa{"rsa-1", SigningKeyKind::kRsa2048};
  SigningKey foreign_ec{"ec-1", SigningKeyKind::kP256};
};
const Keys& TheKeys() {
  static const Keys* const keys = new Keys;
  return *keys;
}

const JwkSet& Trusted() {
  static const auto* const loaded =
      new LoadedJwkSet(LoadJwkSet({"jwks", KeySet({&TheKeys().rsa, &TheKeys().ec})}));
  return *loaded->keys;
}

absl::StatusOr<VerifiedToken> Verify(absl::string_view token, const JwkSet& keys = Trusted(),
                                     int64_t now = kNow) {
  TokenRules rules;
  rules.issuer = "https://kubernetes.default.svc";
  return VerifyToken(token, rules, keys, absl::FromUnixSeconds(now));
}

Json With(const std::function<void(Json&)>& change) {
  Json claims = PodClaims(kNow);
  change(claims);
  return claims;
}

std::string Hs256(const std::string& secret, const std::string& kid) {
  const std::string text =
      absl::StrCat(EncodeBase64Url(Json{{"alg", "HS256"}, {"kid", kid}}.dump()), ".",
                   EncodeBase64Url(PodClaims(kNow).dump()));
  unsigned char mac[32];
  unsigned int size = sizeof mac;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
  return absl::StrCat(text, ".", EncodeBase64Url({reinterpret_cast<const char*>(mac), sizeof mac}));
}

struct Attack {
  const char* what;
  std::string token;
  Ground refusal;
  const char* says;
};

void ExpectRefused(const std::vector<Attack>& attacks) {
  for (const Attack& attack : attacks) {
    SCOPED_TRACE(attack.what);
    const auto verified = Verify(attack.token);
    ASSERT_FALSE(verified.ok()) << verified->identity;
    const std::string message(verified.status().message());
    const auto refusal = GroundOf(verified.status());
    ASSERT_TRUE(refusal.has_value()) << verified.status();
    EXPECT_EQ(std::string(GroundName(*refusal)), std::string(GroundName(attack.refusal)))
        << message;
    EXPECT_EQ(verified.status().code(), absl::StatusCode::kUnauthenticated);
    EXPECT_THAT(message, HasSubstr(attack.says));
    if (attack.token.size() > 20) {
      EXPECT_THAT(message, Not(HasSubstr(attack.token.substr(0, 20))));
    }
  }
}

TEST(TokenTest, GoodTokensSayWhoTheyAreAndHowLong) {
  for (const SigningKey* key : {&TheKeys().rsa, &TheKeys().ec}) {
    const auto verified = Verify(key->Token(PodClaims(kNow)));
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(verified->identity, kAccount);
    EXPECT_EQ(verified->expires, absl::FromUnixSeconds(kNow + 600 + 30)) << "with the leeway";
  }
  const auto& rsa = TheKeys().rsa;
  const std::vector<std::pair<const char*, std::string>> others = {
      {"one audience, as a string", rsa.Token(With([](Json& c) { c["aud"] = "ostiary-pdp"; }))},
      {"one audience of several", rsa.Token(With([](Json& c) {
         c["aud"] = {"vault", "ostiary-pdp"};
       }))},
      {"no kid, where a key verifies it", rsa.Token(R"({"alg":"RS256"})", PodClaims(kNow).dump())},
      {"a typ", rsa.Token(R"({"alg":"RS256","kid":"rsa-1","typ":"JWT"})", PodClaims(kNow).dump())},
      {"a typ in other capitals",
       rsa.Token(R"({"alg":"RS256","kid":"rsa-1","typ":"jwt"})", PodClaims(kNow).dump())},
      {"no nbf and no iat", rsa.Token(With([](Json& c) { c.erase("nbf"), c.erase("iat"); }))},
      {"expired within the leeway", rsa.Token(With([](Json& c) { c["exp"] = kNow - 29; }))},
      {"not yet valid within the leeway", rsa.Token(With([](Json& c) { c["nbf"] = kNow + 30; }))},
  };
  for (const auto& [what, token] : others) {
    const auto verified = Verify(token);
    ASSERT_TRUE(verified.ok()) << what << ": " << verified.status();
    EXPECT_EQ(verified->identity, kAccount) << what;
  }
}

TEST(TokenTest, AlgorithmsAreTheKeysAndNoOthers) {
  const auto& [rsa, ec, foreign_rsa, foreign_ec] = TheKeys();
  const std::string claims = PodClaims(kNow).dump();
  const std::string unsigned_text = absl::StrCat(EncodeBase64Url(R"({"alg":"none","kid":"rsa-1"})"),
                                                 ".", EncodeBase64Url(claims), ".");
  const Ground wrong = Ground::kTokenAlgorithm;
  ExpectRefused({
      {"none", unsigned_text, wrong, "neither RS256 nor ES256"},
      {"none with a signature", rsa.Token(R"({"alg":"none","kid":"rsa-1"})", claims), wrong, ""},
      {"None", rsa.Token(R"({"alg":"None","kid":"rsa-1"})", claims), wrong, ""},
      {"rs256", rsa.Token(R"({"alg":"rs256","kid":"rsa-1"})", claims), wrong, ""},
      {"RS512", rsa.Token(R"({"alg":"RS512","kid":"rsa-1"})", claims), wrong, ""},
      {"PS256", rsa.Token(R"({"alg":"PS256","kid":"rsa-1"})", claims), wrong, ""},
      {"HS256 with the public key's PEM as the secret", Hs256(rsa.PublicPem(), "rsa-1"), wrong, ""},
      {"HS256 with the modulus as the secret", Hs256(rsa.Jwk()["n"], "rsa-1"), wrong, ""},
      {"an empty algorithm", rsa.Token(R"({"alg":"","kid":"rsa-1"})", claims), wrong, ""},
      {"RS256 by an EC key's kid", rsa.Token(R"({"alg":"RS256","kid":"ec-1"})", claims), wrong,
       "not the one of the key"},
      {"RS256 in the header of an EC signature",
       ec.Token(R"({"alg":"RS256","kid":"ec-1"})", claims), wrong, "not the one of the key"},
      {"ES256 by an RSA key's kid", ec.Token(R"({"alg":"ES256","kid":"rsa-1"})", claims), wrong,
       "not the one of the key"},
  });
}

TEST(TokenTest, KeysAreOursAndSignaturesHold) {
  const SigningKey& rsa = TheKeys().rsa;
  const SigningKey& ec = TheKeys().ec;
  const SigningKey& foreign_rsa = TheKeys().foreign_rsa;
  const SigningKey& foreign_ec = TheKeys().foreign_ec;
  const std::string claims = PodClaims(kNow).dump();
  const std::string good = rsa.Token(PodClaims(kNow));
  const std::string good_ec = ec.Token(PodClaims(kNow));
  const std::vector<std::string> parts = absl::StrSplit(good, '.');
  const std::vector<std::string> ec_parts = absl::StrSplit(good_ec, '.');
  const std::string ec_signature = *DecodeBase64Url(ec_parts[2]);
  const std::string signature = *DecodeBase64Url(parts[2]);
  const auto with_signature = [](const std::vector<std::string>& of, const std::string& bytes) {
    return absl::StrCat(of[0], ".", of[1], ".", EncodeBase64Url(bytes));
  };
  const auto with_kid = [&](const std::string& kid) {
    return rsa.Token(Json{{"alg", "RS256"}, {"kid", kid}}.dump(), claims);
  };
  ExpectRefused({
      {"another key with the same kid", foreign_rsa.Token(PodClaims(kNow)), Ground::kTokenSignature,
       "does not hold"},
      {"another EC key with the same kid", foreign_ec.Token(PodClaims(kNow)),
       Ground::kTokenSignature, "does not hold"},
      {"another key without a kid", foreign_rsa.Token(R"({"alg":"RS256"})", claims),
       Ground::kTokenSignature, ""},
      {"an unknown kid", with_kid("rsa-2"), Ground::kTokenKey, "not among ours"},
      {"a kid that differs in case", with_kid("RSA-1"), Ground::kTokenKey, ""},
      {"a kid that is a path", with_kid("../../dev/null"), Ground::kTokenKey, ""},
      {"a kid that is SQL", with_kid("x' UNION SELECT 'k"), Ground::kTokenKey, ""},
      {"a kid with a NUL behind", with_kid(std::string("rsa-1\0", 6)), Ground::kTokenKey, ""},
      {"other claims under a signature",
       absl::StrCat(parts[0], ".", EncodeBase64Url(PodClaims(kNow, "kube-system", "admin").dump()),
                    ".", parts[2]),
       Ground::kTokenSignature, ""},
      {"no signature", absl::StrCat(parts[0], ".", parts[1], "."), Ground::kTokenSignature, ""},
      {"a signature that is cut", with_signature(parts, signature.substr(0, 255)),
       Ground::kTokenSignature, ""},
      {"a signature with more behind", with_signature(parts, signature + "x"),
       Ground::kTokenSignature, ""},
      {"an EC signature that is cut", with_signature(ec_parts, ec_signature.substr(0, 63)),
       Ground::kTokenSignature, ""},
      {"an EC signature with more behind", with_signature(ec_parts, ec_signature + "\1"),
       Ground::kTokenSignature, ""},
      {"an EC signature of zeros", with_signature(ec_parts, std::string(64, '\0')),
       Ground::kTokenSignature, ""},
      {"an EC signature of ones", with_signature(ec_parts, std::string(64, '\xff')),
       Ground::kTokenSignature, ""},
      {"r and s changed places",
       with_signature(ec_parts, ec_signature.substr(32) + ec_signature.substr(0, 32)),
       Ground::kTokenSignature, ""},
  });
}

TEST(TokenTest, FormsAreOne) {
  const SigningKey& rsa = TheKeys().rsa;
  const SigningKey& foreign_rsa = TheKeys().foreign_rsa;
  const std::string claims = PodClaims(kNow).dump();
  const std::string good = rsa.Token(PodClaims(kNow));
  const Ground bad = Ground::kTokenMalformed;
  const auto with_header = [&](const std::string& header) { return rsa.Token(header, claims); };
  const auto with_claims = [&](const std::string& text) {
    return rsa.Token(rsa.Header().dump(), text);
  };
  Json own_key = foreign_rsa.Header();
  own_key["jwk"] = foreign_rsa.Jwk();
  const std::string nested = absl::StrCat(std::string(20, '['), std::string(20, ']'));
  ExpectRefused({
      {"nothing", "", bad, "it is empty"},
      {"one word", "x", bad, "three parts"},
      {"two parts", "x.y", bad, "three parts"},
      {"four parts", good + ".", bad, "three parts"},
      {"an encrypted token's five", "a.b.c.d.e", bad, "three parts"},
      {"JSON serialisation", R"({"payload":"x","signatures":[]})", bad, "three parts"},
      {"a blank before", " " + good, bad, "base64url"},
      {"a line end behind", good + "\n", bad, "base64url"},
      {"a blank within", absl::StrReplaceAll(good, {{".", ". "}}), bad, "base64url"},
      {"padding", good + "==", bad, "base64url"},
      {"the standard alphabet", "e+/9." + good, bad, ""},
      {"bits left over", "eyJ9.e30.AB", bad, "base64url"},
      {"a huge token", std::string(16'385, 'A'), bad, "too long"},
      {"a header that is no JSON", with_header("alg=RS256"), bad, "no JSON"},
      {"a header that is a list", with_header("[]"), bad, "no object"},
      {"a header with a byte order mark", with_header("\xef\xbb\xbf" + rsa.Header().dump()), bad,
       "no JSON"},
      {"no alg", with_header(R"({"kid":"rsa-1"})"), bad, "no alg"},
      {"an alg that is no string", with_header(R"({"alg":1})"), bad, "not a string"},
      {"an alg that is null", with_header(R"({"alg":null})"), bad, "not a string"},
      {"two algs", with_header(R"({"alg":"RS256","kid":"rsa-1","alg":"RS256"})"), bad,
       "duplicate key"},
      {"two algs, one escaped", with_header(R"({"alg":"RS256","kid":"rsa-1","\u0061lg":"none"})"),
       bad, "duplicate key"},
      {"a key of its own", foreign_rsa.Token(own_key.dump(), claims), bad,
       "other than alg, kid and typ"},
      {"a key's address", with_header(R"({"alg":"RS256","kid":"rsa-1","jku":"https://e/"})"), bad,
       "other than"},
      {"a certificate of its own", with_header(R"({"alg":"RS256","kid":"rsa-1","x5c":["M"]})"), bad,
       "other than"},
      {"crit", with_header(R"({"alg":"RS256","kid":"rsa-1","crit":["exp"]})"), bad, "other than"},
      {"b64", with_header(R"({"alg":"RS256","kid":"rsa-1","b64":false})"), bad, "other than"},
      {"zip", with_header(R"({"alg":"RS256","kid":"rsa-1","zip":"DEF"})"), bad, "other than"},
      {"another type", with_header(R"({"alg":"RS256","kid":"rsa-1","typ":"dpop+jwt"})"), bad,
       "typ is not JWT"},
      {"an empty kid", with_header(R"({"alg":"RS256","kid":""})"), bad, "kid"},
      {"a kid that is a number", with_header(R"({"alg":"RS256","kid":1})"), bad, "not a string"},
      {"claims that are no JSON", with_claims("sub=x"), bad, "its claims is no JSON"},
      {"claims that are a token", with_claims(good), bad, "no JSON"},
      {"claims with more behind", with_claims(claims + "{}"), bad, "no JSON"},
      {"a claim twice", with_claims(absl::StrReplaceAll(claims, {{"\"jti\"", "\"sub\""}})), bad,
       "duplicate key"},
      {"a claim twice further down",
       with_claims(absl::StrReplaceAll(claims, {{"\"uid\":\"3\"", "\"name\":\"admin\""}})), bad,
       "duplicate key"},
      {"a claim twice within a list",
       with_claims(absl::StrReplaceAll(claims, {{"\"jti\"", R"("a":[{"b":1,"b":2}],"jti")"}})), bad,
       "duplicate key"},
      {"deep nesting", with_claims(absl::StrCat("{\"a\":", nested, "}")), bad, "no JSON"},
  });
}

TEST(TokenTest, ClaimsAreForUsAndNowAndOfOnePod) {
  const auto& rsa = TheKeys().rsa;
  const auto token = [&](const std::function<void(Json&)>& change) {
    return rsa.Token(With(change));
  };
  const char* const k8s = "kubernetes.io";
  ExpectRefused({
      {"another issuer", token([](Json& c) { c["iss"] = "https://other"; }), Ground::kTokenIssuer,
       "\"https://other\", not \"https://kubernetes.default.svc\""},
      {"the issuer with a slash",
       token([](Json& c) { c["iss"] = "https://kubernetes.default.svc/"; }), Ground::kTokenIssuer,
       ""},
      {"no issuer", token([](Json& c) { c.erase("iss"); }), Ground::kTokenIssuer, ""},
      {"the API server's audience",
       token([](Json& c) { c["aud"] = {"https://kubernetes.default.svc"}; }),
       Ground::kTokenAudience, "not for the audience \"ostiary-pdp\""},
      {"an audience that starts alike", token([](Json& c) { c["aud"] = {"ostiary-pdp2"}; }),
       Ground::kTokenAudience, ""},
      {"no audience", token([](Json& c) { c.erase("aud"); }), Ground::kTokenAudience, ""},
      {"an empty audience", token([](Json& c) { c["aud"] = Json::array(); }),
       Ground::kTokenAudience, ""},
      {"an audience within a list within a list", token([](Json& c) {
         c["aud"] = {{"ostiary-pdp"}, "x"};
       }),
       Ground::kTokenAudience, ""},
      {"an audience beside something else", token([](Json& c) {
         c["aud"] = {"ostiary-pdp", 1};
       }),
       Ground::kTokenAudience, ""},
      {"expired", token([](Json& c) { c["exp"] = kNow - 31; }), Ground::kTokenExpired,
       "expired at"},
      {"expired at the end of the leeway", token([](Json& c) { c["exp"] = kNow - 30; }),
       Ground::kTokenExpired, "expired at"},
      {"no expiry", token([](Json& c) { c.erase("exp"); }), Ground::kTokenExpired, "does not say"},
      {"an expiry that is a string", token([](Json& c) { c["exp"] = "2000000000"; }),
       Ground::kTokenExpired, "does not say"},
      {"an expiry past all dates", token([](Json& c) { c["exp"] = 1e300; }), Ground::kTokenExpired,
       "does not say"},
      {"an expiry that wraps", token([](Json& c) { c["exp"] = 18446744073709551615u; }),
       Ground::kTokenExpired, "does not say"},
      {"an expiry in the year 10000", token([](Json& c) { c["exp"] = 253'402'300'800; }),
       Ground::kTokenExpired, "does not say"},
      {"an expiry before all time", token([](Json& c) { c["exp"] = -1; }), Ground::kTokenExpired,
       "does not say"},
      {"not yet valid", token([](Json& c) { c["nbf"] = kNow + 31; }), Ground::kTokenNotYetValid,
       "by its nbf"},
      {"an nbf that is no number", token([](Json& c) { c["nbf"] = "0"; }),
       Ground::kTokenNotYetValid, "by its nbf"},
      {"issued in the future", token([](Json& c) { c["iat"] = kNow + 31; }),
       Ground::kTokenNotYetValid, "by its iat"},
      {"a user's token", token([&](Json& c) { c.erase(k8s), c["sub"] = "alice"; }),
       Ground::kTokenSubject, "not a service account's"},
      {"claims of Kubernetes that are no object", token([&](Json& c) { c[k8s] = "x"; }),
       Ground::kTokenSubject, "not a service account's"},
      {"another subject", token([](Json& c) { c["sub"] = "system:serviceaccount:agents:admin"; }),
       Ground::kTokenSubject, "is not system:serviceaccount:agents:researcher"},
      {"another namespace", token([&](Json& c) { c[k8s]["namespace"] = "kube-system"; }),
       Ground::kTokenSubject, "is not system:serviceaccount:kube-system:researcher"},
      {"a subject that differs in case",
       token([](Json& c) { c["sub"] = "system:serviceaccount:agents:Researcher"; }),
       Ground::kTokenSubject, ""},
      {"no subject", token([](Json& c) { c.erase("sub"); }), Ground::kTokenSubject, ""},
      {"a name that holds a boundary", token([&](Json& c) {
         c["sub"] = "system:serviceaccount:agents:x:y";
         c[k8s]["serviceaccount"]["name"] = "x:y";
       }),
       Ground::kTokenSubject, "names no service account"},
      {"no account", token([&](Json& c) { c[k8s].erase("serviceaccount"); }), Ground::kTokenSubject,
       "names no service account"},
      {"unbound", token([&](Json& c) { c[k8s].erase("pod"); }), Ground::kTokenUnbound,
       "bound to no pod"},
      {"bound to a secret",
       token([&](Json& c) { c[k8s]["secret"] = c[k8s]["pod"], c[k8s].erase("pod"); }),
       Ground::kTokenUnbound, "bound to no pod"},
      {"bound to a pod without a uid", token([&](Json& c) { c[k8s]["pod"].erase("uid"); }),
       Ground::kTokenUnbound, ""},
      {"bound to a pod without a name", token([&](Json& c) { c[k8s]["pod"]["name"] = ""; }),
       Ground::kTokenUnbound, ""},
  });
}

class TokenAuthorityTest : public testing::Test {
 protected:
  TokenAuthorityTest() {
    store_.OnUnknownKey([this] { ++unknown_keys_; });
  }
  static TokenRules Rules() {
    TokenRules rules;
    rules.issuer = "https://kubernetes.default.svc";
    return rules;
  }
  void Publish() { store_.Publish(LoadJwkSet({"jwks", KeySet({&TheKeys().ec})}).keys); }
  std::string Token(const SigningKey& key) const {
    return key.Token(PodClaims(absl::ToUnixSeconds(clock_.WallNow())));
  }

  FakeClock clock_;
  KeyStore store_;
  TokenAuthority authority_{Rules(), store_, clock_};
  int unknown_keys_ = 0;
};

TEST_F(TokenAuthorityTest, AsksForTheKeysThatItLacks) {
  EXPECT_EQ(GroundOf(authority_.Verify(Token(TheKeys().ec)).status()), Ground::kKeysMissing);
  EXPECT_EQ(unknown_keys_, 1);
  Publish();
  EXPECT_TRUE(authority_.Verify(Token(TheKeys().ec)).ok());
  EXPECT_EQ(GroundOf(authority_.Verify(Token(TheKeys().foreign_ec)).status()),
            Ground::kTokenSignature);
  EXPECT_EQ(unknown_keys_, 1);
  EXPECT_EQ(GroundOf(authority_.Verify(Token(TheKeys().rsa)).status()), Ground::kTokenKey);
  EXPECT_EQ(unknown_keys_, 2);
}

// Keys are read first, then the clock: between the two they may be replaced.
TEST_F(TokenAuthorityTest, WhatWasVerifiedByKeysThatAreGoneIsNotRemembered) {
  class HookClock final : public Clock {
   public:
    explicit HookClock(const Clock& clock) : clock_(clock) {}
    MonoTime Now() const override { return clock_.Now(); }
    absl::Time WallNow() const override {
      if (hook) std::exchange(hook, nullptr)();
      return clock_.WallNow();
    }
    mutable std::function<void()> hook;

   private:
    const Clock& clock_;
  };
  HookClock clock(clock_);
  TokenAuthority authority(Rules(), store_, clock);
  Publish();
  clock.hook = [&] {
    store_.Publish(LoadJwkSet({"jwks", KeySet({&TheKeys().rsa})}).keys);
    EXPECT_TRUE(authority.Verify(Token(TheKeys().rsa)).ok());
  };
  const std::string token = Token(TheKeys().ec);
  EXPECT_TRUE(authority.Verify(token).ok());
  EXPECT_EQ(GroundOf(authority.Verify(token).status()), Ground::kTokenKey);
}

TEST_F(TokenAuthorityTest, WhatItRemembersExpiresAtTheSameMoment) {
  Publish();
  const std::string token = Token(TheKeys().ec);
  const auto verified = authority_.Verify(token);
  ASSERT_TRUE(verified.ok());
  clock_.Advance(absl::ToChronoNanoseconds(verified->expires - clock_.WallNow()) -
                 std::chrono::nanoseconds(1));
  EXPECT_TRUE(authority_.Verify(token).ok());
  clock_.Advance(std::chrono::nanoseconds(1));
  EXPECT_EQ(GroundOf(authority_.Verify(token).status()), Ground::kTokenExpired);
}

TEST(JwkSetTest, TakesWhatVerifiesAndSaysWhatItLeavesOut) {
  const auto& [rsa, ec, foreign_rsa, foreign_ec] = TheKeys();
  const SigningKey small("small", SigningKeyKind::kRsa1024);
  const SigningKey p384("p384", SigningKeyKind::kP384);
  Json set = Json::parse(KeySet({&rsa, &small, &p384, &ec}));
  set["keys"].push_back({{"kty", "oct"}, {"kid", "secretless"}});
  Json encryption = rsa.Jwk();
  encryption["use"] = "enc";
  set["keys"].push_back(encryption);
  Json other_algorithm = rsa.Jwk();
  other_algorithm["alg"] = "RS512";
  set["keys"].push_back(other_algorithm);
  Json off_the_curve = ec.Jwk();
  off_the_curve["y"] = off_the_curve["x"];
  set["keys"].push_back(off_the_curve);
  const LoadedJwkSet loaded = LoadJwkSet({"jwks", set.dump()});
  ASSERT_NE(loaded.keys, nullptr);
  EXPECT_EQ(loaded.keys->size(), 2u);
  std::vector<std::string> messages;
  for (const Issue& issue : loaded.issues) messages.push_back(issue.pointer + " " + issue.message);
  EXPECT_THAT(messages,
              ElementsAre("/keys/1 this key is left out: it has less than 2048 bits",
                          "/keys/2 this key is left out: it is neither RSA nor EC with P-256",
                          "/keys/4 this key is left out: it is neither RSA nor EC with P-256",
                          "/keys/5 this key is left out: its \"use\" is not \"sig\"",
                          "/keys/6 this key is left out: its \"alg\" is not RS256",
                          "/keys/7 this key is left out: its numbers are no public key"));
  EXPECT_EQ(GroundOf(Verify(small.Token(PodClaims(kNow)), *loaded.keys).status()),
            Ground::kTokenKey);
}

TEST(JwkSetTest, WhatDoesNotLoad) {
  Json with_secret = TheKeys().ec.Jwk();
  with_secret["d"] = "x";
  const std::pair<std::string, const char*> cases[] = {
      {"", "the file is empty"},
      {"[]", "the key set must be an object"},
      {"{}", "\"keys\" is missing"},
      {R"({"keys": []})", "no key for RS256 or ES256"},
      {R"({"keys": {}})", "\"keys\" must be a list"},
      {R"({"keys": [], "keys": []})", "duplicate key"},
      {R"({"keys": [{"kty": "oct", "k": "x"}]})", "is secret"},
      {Json{{"keys", {with_secret}}}.dump(), "\"d\", which is secret"},
      {R"({"keys": [{"kty": 1}]})", "\"kty\" must be a string"},
      {R"({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]})", "left out"},
  };
  for (const auto& [text, says] : cases) {
    const LoadedJwkSet loaded = LoadJwkSet({"jwks", text});
    EXPECT_EQ(loaded.keys, nullptr) << text;
    EXPECT_THAT(absl::StrJoin(Formatted(loaded.issues), "\n"), HasSubstr(says));
  }
  Json many = {{"keys", Json::array()}};
  for (size_t i = 0; i <= kMaxJwks; ++i) many["keys"].push_back(TheKeys().ec.Jwk());
  EXPECT_EQ(LoadJwkSet({"jwks", many.dump()}).keys, nullptr);
}

TEST(Base64UrlTest, OneTextForOneValue) {
  EXPECT_EQ(DecodeBase64Url(""), "");
  EXPECT_EQ(DecodeBase64Url("Zg"), "f");
  EXPECT_EQ(DecodeBase64Url("Zm9vYg"), "foob");
  EXPECT_EQ(DecodeBase64Url("-_8"), "\xfb\xff");
  for (const char* bad :
       {"A", "Zm9vA", "Z", "Zg==", "Zg=", "Zh", "Zm9=", "+/8", "Zm 9v", "Zm9v\n", "Zm9vY"}) {
    EXPECT_EQ(DecodeBase64Url(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace ostiary::pdp
