// IdentitySources: the bindings, the keys and the Authorizer over them, put together. Owned by the
// serve command, outliving the server.
#ifndef OSTIARY_PDP_IDENTITY_IDENTITY_SOURCES_H_
#define OSTIARY_PDP_IDENTITY_IDENTITY_SOURCES_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/log.h"
#include "pdp/identity/authorizer.h"
#include "pdp/identity/bindings_file.h"
#include "pdp/identity/identity_options.h"
#include "pdp/identity/key_store.h"
#include "pdp/identity/token_authority.h"
#include "pdp/metrics/counts.h"
#include "pdp/policy/load.h"
#include "pdp/reload/reload_subject.h"

namespace ostiary::pdp {

class KeyFetcher;

class IdentitySources {
 public:
  // Reads the files once: FAILED_PRECONDITION where the bindings do not load, with what is wrong
  // with them first. Without keys, from a bad file or an endpoint that has not answered, tokens are
  // refused until they come. All must outlive it;
  // `metrics` may be nullptr.
  static absl::StatusOr<std::unique_ptr<IdentitySources>> Create(const IdentityOptions& options,
                                                                 const PolicyLimits& limits,
                                                                 const Clock& clock, const Log& log,
                                                                 Metrics* metrics);
  ~IdentitySources();

  const Authorizer& authorizer() const { return *authorizer_; }
  BindingsFile& bindings() { return bindings_; }
  // The files to keep in step with.
  std::vector<ReloadSubject*> subjects();

 private:
  IdentitySources(const IdentityOptions& options, const PolicyLimits& limits, const Clock& clock,
                  const Log& log, Metrics* metrics);

  BindingsFile bindings_;
  KeyStore keys_;
  std::unique_ptr<KeysFile> keys_file_;
  std::unique_ptr<KeyFetcher> fetcher_;
  std::unique_ptr<TokenAuthority> tokens_;
  std::unique_ptr<Authorizer> authorizer_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_IDENTITY_SOURCES_H_
