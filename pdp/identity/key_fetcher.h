// KeyFetcher: keeps a KeyStore in step with the issuer's endpoint, on a thread of its own.
//
// It fetches at its start, every `refresh`, and soon after a token came whose key is not known; but
// never twice within `least_pause`, whatever tokens come. A failure, or an answer that is no key
// set, leaves the keys as they are. In the log: token_keys_fetched when they changed,
// token_keys_not_fetched when the reason is a new one. Destroy it before what it was given; the
// destructor stops a fetch that runs.
#ifndef OSTIARY_PDP_IDENTITY_KEY_FETCHER_H_
#define OSTIARY_PDP_IDENTITY_KEY_FETCHER_H_

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/mutex.h"
#include "common/sha256.h"
#include "pdp/identity/https_get.h"
#include "pdp/identity/key_store.h"

namespace ostiary::pdp {

struct KeyFetcherOptions {
  std::string name;  // of the endpoint, for the log
  MonoDuration refresh = std::chrono::minutes(5);
  MonoDuration least_pause = std::chrono::seconds(10);
};

class KeyFetcher {
 public:
  // Ends soon, with CANCELLED, where the stop that it is given says so.
  using Fetch = std::function<absl::StatusOr<std::string>(HttpsStop*)>;

  KeyFetcher(KeyFetcherOptions options, Fetch fetch, KeyStore* store, const Clock& clock,
             const Log& log);
  ~KeyFetcher();
  KeyFetcher(const KeyFetcher&) = delete;
  KeyFetcher& operator=(const KeyFetcher&) = delete;

 private:
  void Run();
  // Waits until the next fetch is due; false where there will be none.
  bool AwaitNext(MonoTime last, bool was_good) ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether there are keys now that came from the endpoint just now.
  bool FetchOnce();
  void SayFailure(const std::string& error);

  const KeyFetcherOptions options_;
  const Fetch fetch_;
  HttpsStop stop_;
  KeyStore* const store_;
  const Clock& clock_;
  const Log& log_;

  // The thread's alone.
  std::optional<Sha256Digest> taken_;
  std::string last_error_;

  Mutex mutex_;
  CondVar work_;
  bool wanted_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_KEY_FETCHER_H_
