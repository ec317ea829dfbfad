#include "pdp/identity/identity_sources.h"

#include <string>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "pdp/identity/https_get.h"
#include "pdp/identity/key_fetcher.h"

namespace ostiary::pdp {
namespace {

absl::Status FirstError(const std::vector<Issue>& issues) {
  for (const Issue& issue : issues) {
    if (issue.severity == Severity::kError) {
      return absl::FailedPreconditionError(FormatIssue(issue));
    }
  }
  return absl::OkStatus();
}

std::unique_ptr<KeyFetcher> StartFetcher(const IdentityOptions& options, KeyStore* keys,
                                         const Clock& clock, const Log& log) {
  const absl::StatusOr<HttpsUrl> url = HttpsUrl::Parse(options.jwks_url);
  if (!url.ok()) return nullptr;  // IdentityOptions::Validate has refused it
  HttpsRequest request{*url, options.jwks_ca, options.jwks_bearer};
  return std::make_unique<KeyFetcher>(
      KeyFetcherOptions{options.jwks_url, absl::ToChronoNanoseconds(options.jwks_refresh)},
      [request, &clock](HttpsStop* stop) { return HttpsGet(request, clock, stop); }, keys, clock,
      log);
}

}  // namespace

IdentitySources::IdentitySources(const IdentityOptions& options, const PolicyLimits& limits,
                                 const Clock& clock, const Log& log, Metrics* metrics)
    : bindings_(options.bindings, limits, log, metrics == nullptr ? nullptr : &metrics->bindings) {
  if (!options.tokens.issuer.empty()) {
    tokens_ = std::make_unique<TokenAuthority>(options.tokens, keys_, clock);
    if (!options.jwks_file.empty()) {
      keys_file_ = std::make_unique<KeysFile>(options.jwks_file, limits, log, &keys_);
    } else {
      fetcher_ = StartFetcher(options, &keys_, clock, log);
    }
  }
  authorizer_ = std::make_unique<Authorizer>(options.certificates, tokens_.get(), bindings_, clock,
                                             log, metrics == nullptr ? nullptr : &metrics->refused);
}

IdentitySources::~IdentitySources() = default;

absl::StatusOr<std::unique_ptr<IdentitySources>> IdentitySources::Create(
    const IdentityOptions& options, const PolicyLimits& limits, const Clock& clock, const Log& log,
    Metrics* metrics) {
  OSTIARY_RETURN_IF_ERROR(options.Validate());
  auto sources = absl::WrapUnique(new IdentitySources(options, limits, clock, log, metrics));
  if (sources->keys_file_ != nullptr) sources->keys_file_->Refresh(ReloadMode::kApply);
  OSTIARY_RETURN_IF_ERROR(FirstError(sources->bindings_.Refresh(ReloadMode::kApply)));
  return sources;
}

std::vector<ReloadSubject*> IdentitySources::subjects() {
  std::vector<ReloadSubject*> subjects = {&bindings_};
  if (keys_file_ != nullptr) subjects.push_back(keys_file_.get());
  return subjects;
}

}  // namespace ostiary::pdp
