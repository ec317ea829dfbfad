#include "pdp/identity/identity_name.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "pdp/policy/quote.h"

namespace ostiary::pdp {
namespace {

// As the specification of SPIFFE IDs has them.
constexpr size_t kMaxSpiffeBytes = 2048;
constexpr size_t kMaxTrustDomainBytes = 255;
// As Kubernetes has them.
constexpr size_t kMaxNamespaceBytes = 63;
constexpr size_t kMaxAccountBytes = 253;

bool IsLowerOrDigit(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(c));
}

bool IsTrustDomainChar(char c) { return IsLowerOrDigit(c) || c == '.' || c == '-' || c == '_'; }

bool IsPathChar(char c) {
  return IsTrustDomainChar(c) || absl::ascii_isupper(static_cast<unsigned char>(c));
}

template <typename Predicate>
bool All(absl::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

absl::Status Bad(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(Quote(text), " is no identity: ", why));
}

absl::Status CheckServiceAccount(absl::string_view text, absl::string_view rest) {
  const std::vector<absl::string_view> parts = absl::StrSplit(rest, ':');
  if (parts.size() == 2 && IsNamespace(parts[0]) && IsServiceAccountName(parts[1])) {
    return absl::OkStatus();
  }
  return Bad(text,
             "a service account is system:serviceaccount:NAMESPACE:NAME, in lower-case letters, "
             "digits, \"-\" and, in NAME, \".\"");
}

}  // namespace

absl::Status CheckSpiffeId(absl::string_view text) {
  absl::string_view rest = text;
  if (!absl::ConsumePrefix(&rest, "spiffe://")) return Bad(text, "it must start with spiffe://");
  if (text.size() > kMaxSpiffeBytes) return Bad(text, "it has more than 2048 bytes");
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(rest, absl::MaxSplits('/', 1));
  const absl::string_view domain = parts.first;
  if (domain.empty() || domain.size() > kMaxTrustDomainBytes || !All(domain, IsTrustDomainChar)) {
    return Bad(text, "a trust domain has 1 to 255 of the characters a-z 0-9 . - _");
  }
  // A split of nothing may give no segment at all.
  const absl::string_view path = parts.second.empty() ? absl::string_view("/") : parts.second;
  for (const absl::string_view segment : absl::StrSplit(path, '/')) {
    if (segment.empty() || segment == "." || segment == ".." || !All(segment, IsPathChar)) {
      return Bad(text,
                 "behind the trust domain comes a path, each part of which has one or more of the "
                 "characters A-Z a-z 0-9 . - _ and is not \".\" or \"..\"");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckIdentity(absl::string_view text) {
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "spiffe:")) return CheckSpiffeId(text);
  if (absl::ConsumePrefix(&rest, "system:serviceaccount:")) return CheckServiceAccount(text, rest);
  if (text == kLocalUnix || text == kLocalLoopback) return absl::OkStatus();
  return Bad(
      text,
      "write spiffe://TRUST-DOMAIN/PATH, system:serviceaccount:NAMESPACE:NAME, local:unix or "
      "local:loopback");
}

bool IsNamespace(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxNamespaceBytes &&
         All(text, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

bool IsServiceAccountName(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxAccountBytes &&
         All(text, [](char c) { return IsLowerOrDigit(c) || c == '-' || c == '.'; });
}

std::string ServiceAccountIdentity(absl::string_view account_namespace, absl::string_view name) {
  return absl::StrCat("system:serviceaccount:", account_namespace, ":", name);
}

}  // namespace ostiary::pdp
