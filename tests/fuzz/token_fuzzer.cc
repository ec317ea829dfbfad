// Any bytes as a token's text: its first line is the token, as it came. What is believed of it must
// have been signed by the key that is known, which the fuzzer does not have; and the same bytes as
// the claims of a token that is signed, by a key of the fuzzer's own, are either refused with a
// reason or name an account whose claims agree.
#include <cstdint>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pdp/identity/compact_jwt.h"
#include "pdp/identity/identity_name.h"
#include "pdp/identity/refusal.h"
#include "pdp/identity/token_verifier.h"
#include "tests/fuzz/fuzz_check.h"
#include "tests/pdp/identity/test_tokens.h"

namespace ostiary::pdp {
namespace {

constexpr int64_t kNow = 1'800'000'000;

const SigningKey& Key() {
  static const SigningKey* const key = new SigningKey("k", SigningKeyKind::kP256);
  return *key;
}

const JwkSet& Keys() {
  static const auto* const loaded = new LoadedJwkSet(LoadJwkSet({"jwks", KeySet({&Key()})}));
  return *loaded->keys;
}

absl::StatusOr<VerifiedToken> Verify(absl::string_view token) {
  TokenRules rules;
  rules.issuer = "i";
  return VerifyToken(token, rules, Keys(), absl::FromUnixSeconds(kNow));
}

void CheckRefusal(const absl::Status& status) {
  OSTIARY_FUZZ_CHECK(GroundOf(status).has_value(), status.ToString());
  OSTIARY_FUZZ_CHECK(!status.message().empty(), "no reason");
  OSTIARY_FUZZ_CHECK(!absl::StrContains(status.message(), '\n'), status.ToString());
}

void CheckText(absl::string_view text) {
  const absl::StatusOr<VerifiedToken> unsigned_token = Verify(text);
  OSTIARY_FUZZ_CHECK(!unsigned_token.ok(), "a token that nobody signed is believed");
  CheckRefusal(unsigned_token.status());

  const absl::StatusOr<VerifiedToken> verified =
      Verify(Key().Token(R"({"alg":"ES256","kid":"k"})", std::string(text)));
  if (!verified.ok()) {
    CheckRefusal(verified.status());
    return;
  }
  OSTIARY_FUZZ_CHECK(CheckIdentity(verified->identity).ok(), verified->identity);
  OSTIARY_FUZZ_CHECK(absl::StrContains(text, "kubernetes.io") || absl::StrContains(text, '\\'),
                     "an account without its claims");
  OSTIARY_FUZZ_CHECK(verified->expires > absl::FromUnixSeconds(kNow), "expired");
}

}  // namespace
}  // namespace ostiary::pdp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ostiary::pdp::CheckText(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
