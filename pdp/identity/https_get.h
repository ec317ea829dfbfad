// HttpsGet: one small document over HTTPS, from a server that a given authority vouches for.
// Blocks; any thread of a program that ignores SIGPIPE. No proxy, no redirect, no system
// authorities.
#ifndef OSTIARY_PDP_IDENTITY_HTTPS_GET_H_
#define OSTIARY_PDP_IDENTITY_HTTPS_GET_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace ostiary::pdp {

struct HttpsUrl {
  std::string host;  // an IPv6 address without its brackets
  uint16_t port = 443;
  std::string path;

  // INVALID_ARGUMENT for anything but https://HOST[:PORT]/PATH.
  static absl::StatusOr<HttpsUrl> Parse(absl::string_view text);
};

struct HttpsRequest {
  HttpsUrl url;
  std::string ca_path;      // PEM of the authorities that count; read anew each time
  std::string bearer_path;  // a token to show; empty for none; read anew each time
  size_t max_bytes = 1 << 20;
  // For each step. After twice as long the connection is cut, wherever the exchange stands.
  MonoDuration timeout = std::chrono::seconds(10);
};

// Ends the exchange that it was given to, from any thread, for good: whoever ends waits for no
// peer. Thread-safe; for one exchange at a time.
class HttpsStop {
 public:
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);
  bool stopped() const ABSL_LOCKS_EXCLUDED(mutex_);

  // For the exchange: `cut` is called by Stop, and at once if that has been. nullptr takes it back.
  void OnStop(std::function<void()> cut) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::function<void()> cut_ ABSL_GUARDED_BY(mutex_);
};

// The body of a 200. UNAVAILABLE says what went wrong, with nothing of the token in it; CANCELLED
// where it was stopped. A name that is being looked up is waited for even then.
absl::StatusOr<std::string> HttpsGet(const HttpsRequest& request, const Clock& clock,
                                     HttpsStop* stop);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_HTTPS_GET_H_
