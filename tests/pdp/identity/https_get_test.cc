// From whom keys are taken, and that nobody holds up their fetching.
#include "pdp/identity/https_get.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <thread>
#include <utility>

#include "common/unique_fd.h"
#include "gtest/gtest.h"
#include "tests/pdp/reload/scratch_dir.h"
#include "tests/support/certificates.h"

namespace ostiary::pdp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Accepts one connection, calls `on_accept`, and says one byte of a TLS handshake now and then, for
// at most 5 s.
class DrippingServer {
 public:
  explicit DrippingServer(std::function<void()> on_accept = [] {})
      : on_accept_(std::move(on_accept)),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), any, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener_.get(), any, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Drip(); });
  }
  ~DrippingServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  uint16_t port() const { return port_; }

 private:
  void Drip() {
    const UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
    on_accept_();
    // A record of 16,128 bytes, with a ServerHello that is as long.
    std::string next("\x16\x03\x03\x3f\x00\x02\x00\x3e\xfc", 9);
    for (int i = 0; i < 100; ++i) {
      if (::send(client.get(), next.data(), next.size(), MSG_NOSIGNAL) < 0) return;
      next = std::string(1, '\0');
      pollfd end = {client.get(), 0, 0};
      if (::poll(&end, 1, 50) != 0) return;  // cut
    }
  }

  const std::function<void()> on_accept_;
  const UniqueFd listener_;
  uint16_t port_ = 0;
  std::thread thread_;
};

TEST(HttpsGetTest, AServerThatSpeaksTooSlowlyIsCutOffWhereverItStands) {
  std::signal(SIGPIPE, SIG_IGN);
  const ScratchDir dir;
  dir.WriteInPlace("ca.pem", TestAuthority().root());
  const DrippingServer server;
  HttpsRequest request;
  request.url = {"127.0.0.1", server.port(), "/keys"};
  request.ca_path = dir.Path("ca.pem");
  request.timeout = milliseconds(300);
  const MonoTime start = Clock::System().Now();
  HttpsStop stop;
  const absl::StatusOr<std::string> got = HttpsGet(request, Clock::System(), &stop);
  EXPECT_EQ(got.status(), absl::UnavailableError("no whole answer came in time"));
  EXPECT_LT(Clock::System().Now() - start, seconds(3));
}

TEST(HttpsGetTest, WhoStopsWaitsForNoServer) {
  std::signal(SIGPIPE, SIG_IGN);
  const ScratchDir dir;
  dir.WriteInPlace("ca.pem", TestAuthority().root());
  HttpsStop stop;
  const DrippingServer server([&stop] { stop.Stop(); });
  HttpsRequest request;
  request.url = {"127.0.0.1", server.port(), "/keys"};
  request.ca_path = dir.Path("ca.pem");
  const MonoTime start = Clock::System().Now();
  EXPECT_TRUE(absl::IsCancelled(HttpsGet(request, Clock::System(), &stop).status()));
  // And those that come later do not begin.
  EXPECT_TRUE(absl::IsCancelled(HttpsGet(request, Clock::System(), &stop).status()));
  EXPECT_LT(Clock::System().Now() - start, seconds(3));
}

TEST(HttpsGetTest, TheCertificateMustBearTheNameAmongItsAlternativeNames) {
  struct Case {
    const char* what;
    CertificateOptions certificate;
    bool taken;
  };
  const auto named = [](std::string common, std::vector<std::string> dns,
                        std::vector<std::string> ips) {
    CertificateOptions options;
    options.common_name = std::move(common);
    options.dns_names = std::move(dns);
    options.ip_addresses = std::move(ips);
    return options;
  };
  const Case cases[] = {
      {"the name", named("x", {"localhost"}, {}), true},
      {"another name", named("x", {"pdp.test"}, {}), false},
      {"a common name alone", named("localhost", {}, {}), false},
      {"a common name beside another name", named("localhost", {"pdp.test"}, {}), false},
      {"a star for everyone", named("x", {"*"}, {}), false},
      {"the address that the name leads to", named("x", {}, {"127.0.0.1"}), false},
  };
  const TestAuthority authority;
  for (const Case& one : cases) {
    const ScratchDir dir;
    const CertifiedKey issued = authority.Issue(one.certificate);
    dir.WriteInPlace("ca.pem", authority.root());
    dir.WriteInPlace("tls.pem", issued.chain);
    dir.WriteInPlace("key.pem", issued.key);
    httplib::SSLServer server(dir.Path("tls.pem").c_str(), dir.Path("key.pem").c_str());
    server.Get("/keys", [](const httplib::Request&, httplib::Response& out) {
      out.set_content("{}", "application/json");
    });
    const int port = server.bind_to_any_port("127.0.0.1");
    std::thread thread([&server] { server.listen_after_bind(); });
    HttpsRequest request;
    request.url = {"localhost", static_cast<uint16_t>(port), "/keys"};
    request.ca_path = dir.Path("ca.pem");
    HttpsStop stop;
    const absl::StatusOr<std::string> got = HttpsGet(request, Clock::System(), &stop);
    EXPECT_EQ(got.ok(), one.taken) << one.what << ": " << got.status();
    server.stop();
    thread.join();
  }
}

}  // namespace
}  // namespace ostiary::pdp
