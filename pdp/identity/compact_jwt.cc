#include "pdp/identity/compact_jwt.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"
#include "pdp/identity/base64url.h"
#include "pdp/identity/refusal.h"

namespace ostiary::pdp {
namespace {

constexpr uint32_t kMaxDepth = 16;
constexpr size_t kMaxKidBytes = 512;

absl::Status Malformed(absl::string_view why) {
  return RefusalStatus(Ground::kTokenMalformed, absl::StrCat("the token is malformed: ", why));
}

// Depth is bounded by the parser.
bool IsPlain(JsonValue value) {
  if (value.is_string()) return !value.has_lone_surrogate();
  if (value.is_array()) {
    for (auto e = value.first_element(); e; e = e->next_element()) {
      if (!IsPlain(*e)) return false;
    }
  }
  if (value.is_object()) {
    if (value.FirstDuplicateKey().has_value()) return false;
    for (auto k = value.first_key(); k; k = k->next_key()) {
      if (!IsPlain(*k) || !IsPlain(k->member_value())) return false;
    }
  }
  return true;
}

absl::Status ReadHeader(absl::string_view text, CompactJwt* out) {
  JsonDocument document;
  OSTIARY_RETURN_IF_ERROR(ParseTokenJson(text, "header", &document));
  std::optional<JwsAlgorithm> algorithm;
  bool has_algorithm = false;
  for (auto key = document.root().first_key(); key; key = key->next_key()) {
    const JsonValue value = key->member_value();
    if (!key->string_equals("alg") && !key->string_equals("kid") && !key->string_equals("typ")) {
      return Malformed("its header has a member other than alg, kid and typ");
    }
    if (!value.is_string()) return Malformed("a member of its header is not a string");
    std::string text_value = value.string_copy();
    if (key->string_equals("alg")) {
      has_algorithm = true;
      algorithm = JwsAlgorithmFromName(text_value);
    } else if (key->string_equals("kid")) {
      if (text_value.empty() || text_value.size() > kMaxKidBytes) {
        return Malformed("its kid is empty or too long");
      }
      out->kid = std::move(text_value);
    } else if (!absl::EqualsIgnoreCase(text_value, "JWT")) {
      return Malformed("its typ is not JWT");
    }
  }
  if (!has_algorithm) return Malformed("its header has no alg");
  if (!algorithm.has_value()) {
    return RefusalStatus(Ground::kTokenAlgorithm,
                         "the token's algorithm is neither RS256 nor ES256");
  }
  out->algorithm = *algorithm;
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseTokenJson(absl::string_view text, absl::string_view what,
                            JsonDocument* document) {
  JsonLimits limits;
  limits.max_bytes = kMaxTokenBytes;
  limits.max_depth = kMaxDepth;
  if (!document->Parse(text, limits)) return Malformed(absl::StrCat("its ", what, " is no JSON"));
  if (!document->root().is_object()) return Malformed(absl::StrCat("its ", what, " is no object"));
  if (!IsPlain(document->root())) {
    return Malformed(absl::StrCat("its ", what, " has a duplicate key or half a character"));
  }
  return absl::OkStatus();
}

absl::StatusOr<CompactJwt> ReadCompactJwt(absl::string_view token) {
  if (token.empty()) return Malformed("it is empty");
  if (token.size() > kMaxTokenBytes) return Malformed("it is too long");
  const std::vector<absl::string_view> parts = absl::StrSplit(token, '.');
  if (parts.size() != 3) return Malformed("it has not the three parts of a signed token");
  const std::optional<std::string> header = DecodeBase64Url(parts[0]);
  std::optional<std::string> claims = DecodeBase64Url(parts[1]);
  std::optional<std::string> signature = DecodeBase64Url(parts[2]);
  if (!header.has_value() || !claims.has_value() || !signature.has_value()) {
    return Malformed("a part of it is not base64url");
  }
  CompactJwt jwt;
  OSTIARY_RETURN_IF_ERROR(ReadHeader(*header, &jwt));
  jwt.signed_text = token.substr(0, parts[0].size() + 1 + parts[1].size());
  jwt.signature = *std::move(signature);
  jwt.claims = *std::move(claims);
  return jwt;
}

}  // namespace ostiary::pdp
