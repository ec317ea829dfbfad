// Who a caller is by all that it shows, what it may do, and what is remembered and read again.
#include "pdp/identity/authorizer.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pdp/identity/certificate_expiry.h"
#include "pdp/identity/identity_sources.h"
#include "pdp/identity/key_fetcher.h"
#include "tests/pdp/identity/test_tokens.h"
#include "tests/pdp/reload/reload_harness.h"
#include "tests/support/certificates.h"

namespace ostiary::pdp {
namespace {

using ::testing::HasSubstr;
using Way = PeerFacts::Way;

constexpr char kSpiffe[] = "spiffe://cluster.local/ns/agents/sa/researcher";
constexpr char kAccount[] = "system:serviceaccount:agents:researcher";
constexpr char kBindings[] = R"({"bindings": [
  {"identity": "spiffe://cluster.local/ns/{namespace}/sa/{name}", "agents": ["{namespace}.{name}", "c"]},
  {"identity": "system:serviceaccount:agents:researcher", "agents": ["researcher", "c"]},
  {"identity": "local:unix", "agents": ["laptop"], "roles": ["admin"]},
  {"identity": "local:loopback", "agents": ["laptop"]}]})";

// The real time, since certificates have it; moved from there by hand.
class TodayClock final : public Clock {
 public:
  MonoTime Now() const override { return Clock::System().Now() + by_; }
  absl::Time WallNow() const override { return start_ + absl::FromChrono(by_); }
  void Advance(absl::Duration by) { by_ += absl::ToChronoNanoseconds(by); }
  int64_t Second() const { return absl::ToUnixSeconds(WallNow()); }

 private:
  const absl::Time start_ = Clock::System().WallNow();
  MonoDuration by_{};
};

const SigningKey& Key() {
  static const SigningKey* const key = new SigningKey("k1", SigningKeyKind::kP256);
  return *key;
}

std::string Certificate(const std::vector<std::string>& uris) {
  static const TestAuthority* const authority = new TestAuthority;
  CertificateOptions options;
  options.uris = uris;
  return authority->Issue(options).chain;
}

class AuthorizerTest : public testing::Test {
 protected:
  AuthorizerTest() {
    dir_.WriteInPlace("bindings.json", kBindings);
    dir_.WriteInPlace("jwks.json", KeySet({&Key()}));
    options_.certificates = CertificatesCount::kYes;
    options_.tokens.issuer = "https://kubernetes.default.svc";
    options_.bindings = dir_.Path("bindings.json");
    options_.jwks_file = dir_.Path("jwks.json");
  }

  const Authorizer& Make() {
    auto made = IdentitySources::Create(options_, {}, clock_, log_.log(), &metrics_);
    if (!made.ok()) {
      ADD_FAILURE() << made.status();
      std::abort();
    }
    sources_ = *std::move(made);
    return sources_->authorizer();
  }
  std::string Token() const { return "Bearer " + Key().Token(PodClaims(clock_.Second())); }
  void Reload() {
    for (ReloadSubject* subject : sources_->subjects()) subject->Refresh(ReloadMode::kApply);
  }

  ScratchDir dir_;
  LogPipe log_;
  TodayClock clock_;
  Metrics metrics_;
  IdentityOptions options_;
  std::unique_ptr<IdentitySources> sources_;
};

TEST_F(AuthorizerTest, WhoACallerIs) {
  const std::string pem = Certificate({kSpiffe});
  const std::string token = Token();
  const std::string other_scheme = "Basic " + token.substr(7);
  const std::string bad_token = token + "x";
  const std::string other_capitals = "bEARER " + token.substr(7);
  const std::string two_blanks = "Bearer  " + token.substr(7);
  struct Case {
    const char* what;
    PeerFacts facts;
    std::string is;  // who, or the ground of the refusal behind "!"
  };
  const Case cases[] = {
      {"a certificate", {Way::kTls, pem, kSpiffe, {}}, kSpiffe},
      {"a token", {Way::kTls, "", {}, {token}}, kAccount},
      {"a token in other capitals", {Way::kTls, "", {}, {other_capitals}}, kAccount},
      {"both", {Way::kTls, pem, kSpiffe, {token}}, absl::StrCat(kSpiffe, " with ", kAccount)},
      {"a Unix socket", {Way::kUnixSocket, "", {}, {}}, "local:unix"},
      {"loopback", {Way::kLoopback, "", {}, {}}, "local:loopback"},
      {"nothing, over TLS", {Way::kTls, "", {}, {}}, "!no_identity"},
      {"nothing, from the network", {Way::kPlaintext, "", {}, {}}, "!no_identity"},
      {"a certificate without a SPIFFE ID", {Way::kTls, pem, {}, {}}, "!certificate_identity"},
      {"the same with a token", {Way::kTls, pem, {}, {token}}, "!certificate_identity"},
      {"a SPIFFE ID of bad form", {Way::kTls, pem, "spiffe://T/a", {}}, "!certificate_identity"},
      {"a certificate that cannot be read", {Way::kTls, "x", kSpiffe, {}}, "!certificate_identity"},
      {"a bad token with a good certificate",
       {Way::kTls, pem, kSpiffe, {bad_token}},
       "!token_malformed"},
      {"two tokens", {Way::kTls, "", {}, {token, token}}, "!token_repeated"},
      {"an empty authorization", {Way::kTls, "", {}, {""}}, "!token_malformed"},
      {"another scheme", {Way::kTls, "", {}, {other_scheme}}, "!token_malformed"},
      {"two blanks", {Way::kTls, "", {}, {two_blanks}}, "!token_malformed"},
      {"a token on a Unix socket", {Way::kUnixSocket, "", {}, {token}}, "!token_on_plaintext"},
      {"a token on loopback", {Way::kLoopback, "", {}, {token}}, "!token_on_plaintext"},
      {"a token from the network", {Way::kPlaintext, "", {}, {token}}, "!token_on_plaintext"},
  };
  const Authorizer& authorizer = Make();
  for (const Case& one : cases) {
    const absl::StatusOr<Caller> caller = authorizer.Identify(one.facts);
    const std::string is =
        caller.ok()
            ? caller->Name()
            : absl::StrCat("!",
                           GroundName(GroundOf(caller.status()).value_or(Ground::kKeysMissing)));
    EXPECT_EQ(is, one.is) << one.what << ": " << caller.status();
  }
  EXPECT_EQ(metrics_.refused.Read(Refusal::kUnidentified), 2u);
  EXPECT_EQ(metrics_.refused.Read(Refusal::kBadCertificate), 4u);
  EXPECT_EQ(metrics_.refused.Read(Refusal::kBadToken), 8u);
}

TEST_F(AuthorizerTest, WhatItMayDo) {
  const Authorizer& authorizer = Make();
  const Caller by_certificate{{kSpiffe}};
  const Caller by_token{{kAccount}};
  const Caller by_both{{kSpiffe, kAccount}};
  EXPECT_TRUE(authorizer.MayActAs(by_certificate, "agents.researcher").ok());
  EXPECT_TRUE(authorizer.MayActAs(by_token, "researcher").ok());
  EXPECT_TRUE(authorizer.MayActAs(by_both, "c").ok());
  const absl::Status one_of_both = authorizer.MayActAs(by_both, "researcher");
  EXPECT_EQ(one_of_both.code(), absl::StatusCode::kPermissionDenied)
      << "what only the token is bound to";
  EXPECT_EQ(authorizer.MayActAs(by_both, "agents.researcher").code(),
            absl::StatusCode::kPermissionDenied)
      << "what only the certificate is bound to";
  EXPECT_EQ(authorizer.MayActAs(by_token, "writer").message(),
            "system:serviceaccount:agents:researcher may not speak for the agent \"writer\": no "
            "binding says so; add one to the PDP's bindings file if it should");
  EXPECT_EQ(authorizer.MayActAs(Caller(), "c").code(), absl::StatusCode::kUnauthenticated);
  EXPECT_TRUE(authorizer.MayAdminister(Caller{{"local:unix"}}).ok());
  EXPECT_EQ(authorizer.MayAdminister(Caller{{"local:loopback"}}).message(),
            "local:loopback may not use the admin service: no binding gives it the role \"admin\"");
  EXPECT_EQ(authorizer.MayAdminister(Caller{{"local:unix", kAccount}}).code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(authorizer.MayAdminister(Caller()).code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(metrics_.refused.Read(Refusal::kNotBound), 3u);
  EXPECT_EQ(metrics_.refused.Read(Refusal::kNotAdmin), 2u);
  EXPECT_THAT(log_.Await("caller_refused"), HasSubstr("agent_not_bound"));
}

TEST_F(AuthorizerTest, APdpThatTakesNoTokensRefusesThem) {
  options_.tokens.issuer.clear();
  options_.jwks_file.clear();
  const absl::Status status = Make().Identify({Way::kTls, "", {}, {Token()}}).status();
  EXPECT_EQ(GroundOf(status), Ground::kTokenUnexpected);
}

TEST_F(AuthorizerTest, APdpThatTakesNoCertificatesKnowsNobodyByThem) {
  options_.certificates = CertificatesCount::kNo;
  const std::string pem = Certificate({kSpiffe});
  const absl::Status status = Make().Identify({Way::kTls, pem, kSpiffe, {}}).status();
  EXPECT_EQ(GroundOf(status), Ground::kNoIdentity);
}

// More of them than a thread remembers, in turns, with one that cannot be read between.
TEST(CertificateExpiryTest, EachCertificateHasItsOwn) {
  const TestAuthority authority;
  std::vector<std::string> pems;
  for (int hours = 1; hours <= 80; ++hours) {
    CertificateOptions options;
    options.ends = absl::Hours(hours);
    pems.push_back(authority.Issue(options).chain);
  }
  const absl::Time start = Clock::System().WallNow();
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < pems.size(); ++i) {
      const absl::StatusOr<absl::Time> expiry = CertificateExpiry(pems[i]);
      ASSERT_TRUE(expiry.ok());
      EXPECT_LT(absl::AbsDuration(*expiry - start - absl::Hours(i + 1)), absl::Minutes(10)) << i;
      EXPECT_FALSE(CertificateExpiry(pems[i].substr(0, 100)).ok());
    }
  }
}

TEST_F(AuthorizerTest, WhatIsShownExpires) {
  const Authorizer& authorizer = Make();
  const std::string token = Token();
  const std::string pem = Certificate({kSpiffe});
  const auto by_token = authorizer.Identify({Way::kTls, "", {}, {token}});
  const auto by_both = authorizer.Identify({Way::kTls, pem, kSpiffe, {token}});
  const auto by_certificate = authorizer.Identify({Way::kTls, pem, kSpiffe, {}});
  ASSERT_TRUE(by_token.ok() && by_both.ok() && by_certificate.ok());
  clock_.Advance(absl::Seconds(600 + 29));
  EXPECT_TRUE(authorizer.StillCounts(*by_token).ok());
  clock_.Advance(absl::Seconds(2));
  EXPECT_EQ(GroundOf(authorizer.StillCounts(*by_token)), Ground::kTokenExpired);
  EXPECT_EQ(GroundOf(authorizer.StillCounts(*by_both)), Ground::kTokenExpired);
  EXPECT_TRUE(authorizer.StillCounts(*by_certificate).ok());
  EXPECT_EQ(GroundOf(authorizer.Identify({Way::kTls, "", {}, {token}}).status()),
            Ground::kTokenExpired)
      << "a token that is remembered expires as any other";
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(GroundOf(authorizer.StillCounts(*by_certificate)), Ground::kCertificateExpired);
  EXPECT_EQ(GroundOf(authorizer.Identify({Way::kTls, pem, kSpiffe, {}}).status()),
            Ground::kCertificateExpired);
}

TEST_F(AuthorizerTest, WhatExpiresFirstEndsACaller) {
  const TestAuthority authority;
  CertificateOptions options;
  options.uris = {kSpiffe};
  options.ends = absl::Minutes(5);
  const Authorizer& authorizer = Make();
  const auto caller =
      authorizer.Identify({Way::kTls, authority.Issue(options).chain, kSpiffe, {Token()}});
  ASSERT_TRUE(caller.ok());
  EXPECT_TRUE(authorizer.StillCounts(*caller).ok());
  clock_.Advance(absl::Minutes(6));  // the token has four more
  EXPECT_EQ(GroundOf(authorizer.StillCounts(*caller)), Ground::kCertificateExpired);
  EXPECT_FALSE(authorizer.StillCounts(Caller{{kAccount}, clock_.WallNow()}).ok());
}

TEST_F(AuthorizerTest, ARefusalOfAKindIsNotLoggedEachTime) {
  const Authorizer& authorizer = Make();
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(authorizer.Identify({Way::kTls, "", {}, {}}).ok());
    EXPECT_FALSE(authorizer.Identify({Way::kTls, "", {}, {"Basic x"}}).ok());
  }
  const size_t lines = log_.Take("caller_refused").size();
  EXPECT_GE(lines, 2u);
  EXPECT_LT(lines, 10u);
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(authorizer.Identify({Way::kTls, "", {}, {}}).ok());
  EXPECT_EQ(log_.Take("caller_refused").size(), 1u);
  EXPECT_EQ(metrics_.refused.Read(Refusal::kUnidentified), 6u);
}

TEST_F(AuthorizerTest, KeysThatAreTakenAwayVerifyNothingAnyMore) {
  const Authorizer& authorizer = Make();
  const std::string token = Token();
  ASSERT_TRUE(authorizer.Identify({Way::kTls, "", {}, {token}}).ok());
  const SigningKey next("k2", SigningKeyKind::kP256);
  dir_.RenameOver("jwks.json", KeySet({&next}));
  Reload();
  EXPECT_EQ(GroundOf(authorizer.Identify({Way::kTls, "", {}, {token}}).status()), Ground::kTokenKey)
      << "though it was remembered";
  EXPECT_TRUE(
      authorizer.Identify({Way::kTls, "", {}, {"Bearer " + next.Token(PodClaims(clock_.Second()))}})
          .ok());
}

TEST_F(AuthorizerTest, FilesThatAreOnlyValidatedChangeNothing) {
  const Authorizer& authorizer = Make();
  const SigningKey next("k2", SigningKeyKind::kP256);
  dir_.RenameOver("jwks.json", KeySet({&next}));
  dir_.RenameOver("bindings.json",
                  R"({"bindings": [{"identity": "local:unix", "agents": ["x"]}]})");
  for (ReloadSubject* subject : sources_->subjects()) {
    EXPECT_FALSE(HasErrors(subject->Refresh(ReloadMode::kValidateOnly)));
  }
  const auto caller = authorizer.Identify({Way::kTls, "", {}, {Token()}});
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_TRUE(authorizer.MayActAs(*caller, "researcher").ok());
  Reload();
  EXPECT_FALSE(authorizer.Identify({Way::kTls, "", {}, {Token()}}).ok());
  EXPECT_FALSE(authorizer.MayActAs(*caller, "researcher").ok());
}

TEST_F(AuthorizerTest, ABadFileLeavesWhatThereIs) {
  const Authorizer& authorizer = Make();
  EXPECT_EQ(metrics_.bindings.loaded.load(), 1u);
  const uint64_t version = authorizer.version();
  for (const char* bad : {"{", R"({"bindings": [{"identity": "local:unix"}]})"}) {
    dir_.RenameOver("bindings.json", bad);
    dir_.RenameOver("jwks.json", bad);
    Reload();
  }
  EXPECT_EQ(metrics_.bindings.loaded.load(), 1u);
  EXPECT_EQ(metrics_.bindings.failed.load(), 2u);
  EXPECT_EQ(authorizer.version(), version);
  EXPECT_TRUE(authorizer.MayActAs(Caller{{"local:unix"}}, "laptop").ok());
  EXPECT_TRUE(authorizer.Identify({Way::kTls, "", {}, {Token()}}).ok());
  EXPECT_THAT(log_.Await("bindings_not_loaded"), HasSubstr("what was loaded last"));
  EXPECT_THAT(log_.Await("bindings_error"), HasSubstr("\"line\":1"));

  dir_.RenameOver("bindings.json",
                  R"({"bindings": [{"identity": "local:unix", "agents": ["x"]}]})");
  sources_->bindings().Refresh(ReloadMode::kValidateOnly);
  EXPECT_EQ(authorizer.version(), version) << "only looked at";
  Reload();
  EXPECT_EQ(authorizer.version(), version + 1);
  EXPECT_FALSE(authorizer.MayActAs(Caller{{"local:unix"}}, "laptop").ok());
}

TEST_F(AuthorizerTest, BadFilesAtTheStartAreToldWithTheirPlace) {
  dir_.WriteInPlace("bindings.json", R"({"bindings": [{"identity": "x", "agents": ["a"]}]})");
  const auto made = IdentitySources::Create(options_, {}, clock_, log_.log(), nullptr);
  EXPECT_EQ(made.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(made.status().message()), HasSubstr("bindings.json:1:28: error: "));
  dir_.WriteInPlace("bindings.json", kBindings);
  dir_.Remove("jwks.json");
  const absl::Status status = Make().Identify({Way::kTls, "", {}, {Token()}}).status();
  EXPECT_EQ(GroundOf(status), Ground::kKeysMissing) << "keys may come later; until then";
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(log_.Await("token_keys_not_loaded"), HasSubstr("jwks.json"));
}

TEST(IdentityOptionsTest, WhatDoesNotGoTogether) {
  IdentityOptions tokens;
  tokens.tokens.issuer = "i";
  tokens.bindings = "b";
  tokens.jwks_file = "f";
  ASSERT_TRUE(tokens.Validate().ok());
  IdentityOptions url = tokens;
  url.jwks_file.clear();
  url.jwks_url = "https://kubernetes.default.svc/openid/v1/jwks";
  url.jwks_ca = "ca";
  url.jwks_bearer = "t";
  ASSERT_TRUE(url.Validate().ok());
  const auto changed = [](IdentityOptions options,
                          const std::function<void(IdentityOptions&)>& by) {
    by(options);
    return std::string(options.Validate().message());
  };
  using O = IdentityOptions;
  EXPECT_THAT(changed(tokens, [](O& o) { o.bindings.clear(); }), HasSubstr("--bindings"));
  EXPECT_THAT(changed({}, [](O& o) { o.bindings = "b"; }), HasSubstr("nobody is identified"));
  EXPECT_THAT(changed(tokens, [](O& o) { o.jwks_file.clear(); }), HasSubstr("one of --token-jwks"));
  EXPECT_THAT(changed(url, [](O& o) { o.jwks_file = "f"; }), HasSubstr("one of --token-jwks"));
  EXPECT_THAT(changed(tokens, [](O& o) { o.tokens.issuer.clear(); }), HasSubstr("--token-issuer"));
  EXPECT_THAT(changed(tokens, [](O& o) { o.tokens.audience.clear(); }),
              HasSubstr("token-audience"));
  EXPECT_THAT(changed(tokens, [](O& o) { o.jwks_ca = "c"; }), HasSubstr("--token-jwks-url"));
  EXPECT_THAT(changed(url, [](O& o) { o.jwks_ca.clear(); }), HasSubstr("--token-jwks-ca"));
  EXPECT_THAT(changed(url, [](O& o) { o.jwks_refresh = absl::Seconds(1); }), HasSubstr("10s"));
  for (const char* bad : {"http://h/p", "https://h", "https:///p", "https://h:0/p", "https://h:x/p",
                          "https://u@h/p", "https://h/p q", "https://[::1/p", "https://h:/p"}) {
    EXPECT_THAT(changed(url, [bad](O& o) { o.jwks_url = bad; }), HasSubstr("https://HOST")) << bad;
  }
}

// An endpoint that says what the test tells it, and counts.
class KeyFetcherTest : public testing::Test {
 protected:
  KeyFetcher::Fetch Endpoint() {
    return [this](HttpsStop*) -> absl::StatusOr<std::string> {
      const MutexLock lock(&mutex_);
      ++fetches_;
      changed_.NotifyAll();
      // A status of its own for every fetch: the packaged Abseil is not instrumented, so TSan takes
      // the count of references to one status shared between threads for a race.
      if (!answer_.has_value()) return absl::UnavailableError("away");
      return *answer_;
    };
  }
  void Answer(std::string answer) {
    const MutexLock lock(&mutex_);
    answer_ = std::move(answer);
  }
  int AwaitFetches(int count) {
    const MonoTime deadline = Clock::System().Now() + std::chrono::seconds(20);
    const MutexLock lock(&mutex_);
    while (fetches_ < count && changed_.WaitUntil(&mutex_, deadline)) {
    }
    return fetches_;
  }
  int fetches() {
    const MutexLock lock(&mutex_);
    return fetches_;
  }

  LogPipe log_;
  KeyStore store_;
  Mutex mutex_;
  CondVar changed_;
  int fetches_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<std::string> answer_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(KeyFetcherTest, FetchesAgainAfterFailuresAndKeepsWhatItHas) {
  KeyFetcherOptions options{"https://issuer/keys", std::chrono::milliseconds(20),
                            std::chrono::milliseconds(5)};
  const KeyFetcher fetcher(options, Endpoint(), &store_, Clock::System(), log_.log());
  EXPECT_THAT(log_.Await("token_keys_not_fetched"), HasSubstr("every token is refused"));
  EXPECT_EQ(store_.Current().set, nullptr);
  Answer(KeySet({&Key()}));
  log_.Await("token_keys_fetched");
  EXPECT_EQ(store_.Current().version, 1u);
  for (const char* bad : {"", "<html>", R"({"keys": []})"}) {
    Answer(std::string(bad));
    EXPECT_THAT(log_.Await("token_keys_not_fetched"), HasSubstr("that were fetched last"));
  }
  EXPECT_EQ(store_.Current().version, 1u);
  EXPECT_NE(store_.Current().set, nullptr);
}

TEST_F(KeyFetcherTest, UnknownKeysFetchSoonButNeverOften) {
  Answer(KeySet({&Key()}));
  KeyFetcherOptions options{"https://issuer/keys", std::chrono::hours(1), std::chrono::hours(1)};
  {
    const KeyFetcher fetcher(options, Endpoint(), &store_, Clock::System(), log_.log());
    EXPECT_EQ(AwaitFetches(1), 1);
    log_.Await("token_keys_fetched");
    for (int i = 0; i < 100; ++i) store_.ReportUnknownKey();
  }
  EXPECT_EQ(fetches(), 1) << "within the pause";
  options.least_pause = std::chrono::milliseconds(1);
  const KeyFetcher fetcher(options, Endpoint(), &store_, Clock::System(), log_.log());
  EXPECT_EQ(AwaitFetches(2), 2);
  store_.ReportUnknownKey();
  EXPECT_GE(AwaitFetches(3), 3) << "long before an hour";
}

// From an endpoint that never answers.
TEST_F(KeyFetcherTest, ItsEndStopsAFetchThatRuns) {
  const KeyFetcher::Fetch endless = [this](HttpsStop* stop) -> absl::StatusOr<std::string> {
    bool stopped = false;
    stop->OnStop([&] {
      const MutexLock lock(&mutex_);
      stopped = true;
      changed_.NotifyAll();
    });
    {
      const MutexLock lock(&mutex_);
      ++fetches_;
      changed_.NotifyAll();
      while (!stopped) changed_.Wait(&mutex_);
    }
    stop->OnStop(nullptr);
    return absl::CancelledError("stopped");
  };
  {
    const KeyFetcher fetcher({"https://issuer/keys", std::chrono::hours(1), std::chrono::hours(1)},
                             endless, &store_, Clock::System(), log_.log());
    EXPECT_EQ(AwaitFetches(1), 1);
  }
  EXPECT_EQ(fetches(), 1);
}

}  // namespace
}  // namespace ostiary::pdp
