#include "pdp/identity/https_get.h"

#include <fcntl.h>
#include <httplib.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/mutex.h"
#include "common/read_file.h"
#include "common/status_macros.h"
#include "common/tls/client_files.h"
#include "common/tls/pem.h"
#include "common/unique_fd.h"
#include "pdp/policy/quote.h"

namespace ostiary::pdp {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;

absl::Status BadUrl(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat(Quote(text), " ", why, ": give https://HOST[:PORT]/PATH"));
}

// Host and port; false where they are none.
bool ReadAuthority(absl::string_view text, HttpsUrl* out) {
  absl::string_view host = text;
  absl::string_view port;
  if (absl::StartsWith(text, "[")) {
    const size_t close = text.find(']');
    if (close == absl::string_view::npos) return false;
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (!port.empty() && !absl::ConsumePrefix(&port, ":")) return false;
    if (port.empty() && text.back() == ':') return false;
  } else if (const size_t colon = text.find(':'); colon != absl::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) return false;
  }
  out->host = std::string(host);
  uint32_t number = out->port;
  if (!port.empty() && (!absl::SimpleAtoi(port, &number) || number < 1 || number > 65535)) {
    return false;
  }
  out->port = static_cast<uint16_t>(number);
  return !host.empty() && host.find_first_of("@?#[] ") == absl::string_view::npos;
}

// Cuts the connections of one exchange at its deadline, or when it is stopped. httplib's own
// timeouts are for a step each, and a peer that sends a byte now and then, be it before TLS has
// said who it is, meets none of them.
class Cutter {
 public:
  Cutter(MonoTime deadline, const Clock& clock, HttpsStop* stop)
      : clock_(clock), stop_(*stop), next_(deadline), thread_([this] { Run(); }) {
    stop_.OnStop([this] { CutNow(); });
  }
  ~Cutter() {
    stop_.OnStop(nullptr);
    {
      const MutexLock lock(&mutex_);
      done_ = true;
    }
    work_.NotifyAll();
    thread_.join();
  }
  Cutter(const Cutter&) = delete;
  Cutter& operator=(const Cutter&) = delete;

  // A descriptor of our own: the other may be closed, and its number another's, by then.
  void Watch(int socket) {
    const MutexLock lock(&mutex_);
    sockets_.emplace_back(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
  }
  bool has_cut() const {
    const MutexLock lock(&mutex_);
    return has_cut_;
  }

 private:
  void CutNow() {
    {
      const MutexLock lock(&mutex_);
      next_ = std::min(next_, clock_.Now());
    }
    work_.NotifyAll();
  }
  void Run() {
    const MutexLock lock(&mutex_);
    while (!done_) {
      if (clock_.Now() < next_) {
        work_.WaitUntil(&mutex_, next_);
        continue;
      }
      has_cut_ = true;
      for (const UniqueFd& socket : sockets_) ::shutdown(socket.get(), SHUT_RDWR);
      next_ += std::chrono::seconds(1);  // one that connects only now
    }
  }

  const Clock& clock_;
  HttpsStop& stop_;
  mutable Mutex mutex_;
  CondVar work_;
  MonoTime next_ ABSL_GUARDED_BY(mutex_);  // when to cut, again
  std::vector<UniqueFd> sockets_ ABSL_GUARDED_BY(mutex_);
  bool has_cut_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

// Has OpenSSL itself look for the host among the certificate's alternative names. httplib's own
// look takes a common name too, and "*" for everyone.
bool DemandName(const std::string& host, SSL_CTX* context) {
  X509_VERIFY_PARAM* const rules = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(
      rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1 ||
         X509_VERIFY_PARAM_set1_host(rules, host.data(), host.size()) == 1;
}

absl::StatusOr<std::string> Get(const HttpsRequest& request, const Clock& clock, HttpsStop* stop) {
  if (stop->stopped()) return absl::CancelledError("stopped");
  OSTIARY_ASSIGN_OR_RETURN(const std::string authorities,
                           ReadSmallFile(request.ca_path, kMaxFileBytes));
  // Else a file without certificates would be an error of the connection, and say nothing.
  OSTIARY_RETURN_IF_ERROR(ReadAuthorities(authorities).status());
  httplib::Headers headers;
  if (!request.bearer_path.empty()) {
    OSTIARY_ASSIGN_OR_RETURN(const std::string text,
                             ReadSmallFile(request.bearer_path, kMaxFileBytes));
    OSTIARY_ASSIGN_OR_RETURN(const std::string token, ReadToken(text));
    headers.emplace("Authorization", absl::StrCat("Bearer ", token));
  }
  httplib::SSLClient client(request.url.host, request.url.port);
  client.set_ca_cert_path(request.ca_path.c_str());
  client.enable_server_certificate_verification(true);
  client.set_follow_location(false);
  client.set_keep_alive(false);
  client.set_connection_timeout(request.timeout);
  client.set_read_timeout(request.timeout);
  client.set_write_timeout(request.timeout);
  if (SSL_CTX_set_min_proto_version(client.ssl_context(), TLS1_2_VERSION) != 1 ||
      !DemandName(request.url.host, client.ssl_context())) {
    return absl::InternalError("TLS cannot be set up");
  }

  std::string body;
  bool is_too_long = false;
  Cutter cutter(clock.Now() + 2 * request.timeout, clock, stop);
  client.set_socket_options([&cutter](socket_t socket) { cutter.Watch(socket); });
  const httplib::Result result =
      client.Get(request.url.path.c_str(), headers, [&](const char* data, size_t size) {
        is_too_long = body.size() + size > request.max_bytes;
        if (is_too_long) return false;
        body.append(data, size);
        return true;
      });
  if (is_too_long) return absl::UnavailableError("the answer is too long");
  if (stop->stopped()) return absl::CancelledError("stopped");
  if (cutter.has_cut()) return absl::UnavailableError("no whole answer came in time");
  if (!result) {
    return absl::UnavailableError(httplib::to_string(result.error()));
  }
  if (result->status != 200) {
    return absl::UnavailableError(absl::StrCat("the answer's status is ", result->status));
  }
  return body;
}

}  // namespace

absl::StatusOr<HttpsUrl> HttpsUrl::Parse(absl::string_view text) {
  absl::string_view rest = text;
  if (!absl::ConsumePrefix(&rest, "https://")) return BadUrl(text, "does not start with https://");
  const size_t slash = rest.find('/');
  if (slash == absl::string_view::npos) return BadUrl(text, "has no path");
  HttpsUrl url;
  if (!ReadAuthority(rest.substr(0, slash), &url)) return BadUrl(text, "has a bad host or port");
  url.path = std::string(rest.substr(slash));
  for (const char c : url.path) {
    if (c <= ' ' || c > '~' || c == '#') return BadUrl(text, "has a bad path");
  }
  return url;
}

void HttpsStop::Stop() {
  const MutexLock lock(&mutex_);
  stopped_ = true;
  if (cut_) cut_();
}

bool HttpsStop::stopped() const {
  const MutexLock lock(&mutex_);
  return stopped_;
}

void HttpsStop::OnStop(std::function<void()> cut) {
  const MutexLock lock(&mutex_);
  cut_ = std::move(cut);
  if (stopped_ && cut_) cut_();
}

absl::StatusOr<std::string> HttpsGet(const HttpsRequest& request, const Clock& clock,
                                     HttpsStop* stop) {
  try {
    return Get(request, clock, stop);
  } catch (const std::exception& error) {
    return absl::UnavailableError(error.what());
  }
}

}  // namespace ostiary::pdp
