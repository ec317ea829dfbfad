#include "pdp/identity/token_verifier.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/json/json_document.h"
#include "common/status_macros.h"
#include "pdp/identity/compact_jwt.h"
#include "pdp/identity/identity_name.h"
#include "pdp/identity/refusal.h"
#include "pdp/policy/quote.h"

namespace ostiary::pdp {
namespace {

// The end of the year 9999: past it, no date is meant.
constexpr int64_t kLastSecond = 253'402'300'799;

absl::Status CheckSignature(const CompactJwt& jwt, const JwkSet& keys) {
  std::vector<const Jwk*> found = keys.Find(jwt.kid);
  if (found.empty()) {
    return RefusalStatus(Ground::kTokenKey, "the token is signed by a key that is not among ours");
  }
  // An RSA key never verifies ES256, nor the other way round: the key says how, not the token.
  found.erase(std::remove_if(found.begin(), found.end(),
                             [&](const Jwk* key) { return key->algorithm() != jwt.algorithm; }),
              found.end());
  if (found.empty()) {
    return RefusalStatus(Ground::kTokenAlgorithm,
                         "the token's algorithm is not the one of the key that it names");
  }
  const bool holds = std::any_of(found.begin(), found.end(), [&](const Jwk* key) {
    return key->Verify(jwt.signed_text, jwt.signature);
  });
  if (holds) return absl::OkStatus();
  return RefusalStatus(Ground::kTokenSignature, "the token's signature does not hold");
}

std::optional<std::string> TextOf(JsonValue object, absl::string_view key) {
  const std::optional<JsonValue> value = object.is_object() ? object.Find(key) : std::nullopt;
  if (!value.has_value() || !value->is_string()) return std::nullopt;
  return value->string_copy();
}

std::optional<JsonValue> ObjectOf(JsonValue object, absl::string_view key) {
  const std::optional<JsonValue> value = object.Find(key);
  if (!value.has_value() || !value->is_object()) return std::nullopt;
  return value;
}

absl::Status CheckIssuer(JsonValue claims, const std::string& issuer) {
  const std::optional<std::string> iss = TextOf(claims, "iss");
  if (iss == issuer) return absl::OkStatus();
  return RefusalStatus(
      Ground::kTokenIssuer,
      absl::StrCat("the token's issuer is ", Quote(iss.value_or("")), ", not ", Quote(issuer)));
}

absl::Status CheckAudience(JsonValue claims, const std::string& audience) {
  const std::optional<JsonValue> aud = claims.Find("aud");
  if (aud.has_value() && aud->is_string() && aud->string_equals(audience)) return absl::OkStatus();
  bool is_ours = false;
  bool is_list = aud.has_value() && aud->is_array();
  if (is_list) {
    for (auto e = aud->first_element(); e; e = e->next_element()) {
      is_list = is_list && e->is_string();
      is_ours = is_ours || (e->is_string() && e->string_equals(audience));
    }
  }
  if (is_list && is_ours) return absl::OkStatus();
  return RefusalStatus(Ground::kTokenAudience,
                       absl::StrCat("the token is not for the audience ", Quote(audience)));
}

// A claim of time; nullopt where it is there and no whole number of seconds.
struct Moment {
  bool present = false;
  bool good = false;
  absl::Time time;
};

Moment MomentOf(JsonValue claims, absl::string_view key) {
  const std::optional<JsonValue> value = claims.Find(key);
  if (!value.has_value()) return {};
  Moment moment{true, false, {}};
  const std::optional<int64_t> seconds = value->is_number() ? value->int64_value() : std::nullopt;
  if (seconds.has_value() && *seconds >= 0 && *seconds <= kLastSecond) {
    moment.good = true;
    moment.time = absl::FromUnixSeconds(*seconds);
  }
  return moment;
}

absl::Status CheckTimes(JsonValue claims, absl::Duration leeway, absl::Time now,
                        absl::Time* expires) {
  const Moment exp = MomentOf(claims, "exp");
  if (!exp.good) {
    return RefusalStatus(Ground::kTokenExpired, "the token does not say when it expires");
  }
  *expires = exp.time + leeway;
  if (now >= *expires) {
    return RefusalStatus(Ground::kTokenExpired,
                         absl::StrCat("the token expired at ", absl::FormatTime(exp.time)));
  }
  for (const absl::string_view key : {"nbf", "iat"}) {
    const Moment begin = MomentOf(claims, key);
    if (begin.present && (!begin.good || begin.time > now + leeway)) {
      return RefusalStatus(
          Ground::kTokenNotYetValid,
          absl::StrCat("the token is from the future, by its ", key, " and the PDP's clock"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> CheckSubject(JsonValue claims) {
  const std::optional<JsonValue> kubernetes = ObjectOf(claims, "kubernetes.io");
  if (!kubernetes.has_value()) {
    return RefusalStatus(Ground::kTokenSubject,
                         "the token is not a service account's: it has no \"kubernetes.io\"");
  }
  const std::optional<std::string> account_namespace = TextOf(*kubernetes, "namespace");
  const std::optional<JsonValue> account = ObjectOf(*kubernetes, "serviceaccount");
  const std::optional<std::string> name =
      account.has_value() ? TextOf(*account, "name") : std::nullopt;
  if (!account_namespace.has_value() || !name.has_value() || !IsNamespace(*account_namespace) ||
      !IsServiceAccountName(*name)) {
    return RefusalStatus(Ground::kTokenSubject, "the token names no service account");
  }
  std::string identity = ServiceAccountIdentity(*account_namespace, *name);
  if (TextOf(claims, "sub") != identity) {
    return RefusalStatus(
        Ground::kTokenSubject,
        absl::StrCat("the token's subject is not ", identity, ", which its other claims name"));
  }
  const std::optional<JsonValue> pod = ObjectOf(*kubernetes, "pod");
  const bool is_bound = pod.has_value() && !TextOf(*pod, "name").value_or("").empty() &&
                        !TextOf(*pod, "uid").value_or("").empty();
  if (!is_bound) {
    return RefusalStatus(
        Ground::kTokenUnbound,
        absl::StrCat("the token of ", identity,
                     " is bound to no pod: use a projected volume, not a token made by hand"));
  }
  return identity;
}

}  // namespace

absl::StatusOr<VerifiedToken> VerifyToken(absl::string_view token, const TokenRules& rules,
                                          const JwkSet& keys, absl::Time now) {
  OSTIARY_ASSIGN_OR_RETURN(const CompactJwt jwt, ReadCompactJwt(token));
  OSTIARY_RETURN_IF_ERROR(CheckSignature(jwt, keys));
  JsonDocument document;
  OSTIARY_RETURN_IF_ERROR(ParseTokenJson(jwt.claims, "claims", &document));
  const JsonValue claims = document.root();
  OSTIARY_RETURN_IF_ERROR(CheckIssuer(claims, rules.issuer));
  OSTIARY_RETURN_IF_ERROR(CheckAudience(claims, rules.audience));
  VerifiedToken verified;
  OSTIARY_RETURN_IF_ERROR(CheckTimes(claims, rules.leeway, now, &verified.expires));
  OSTIARY_ASSIGN_OR_RETURN(verified.identity, CheckSubject(claims));
  return verified;
}

}  // namespace ostiary::pdp
