// /metrics over real connections: many scrapers at once, slow ones, hostile ones; no gRPC, so that
// ThreadSanitizer sees all of it.
#include "pdp/metrics/metrics_endpoint.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/unique_fd.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pdp/metrics/counts.h"
#include "pdp/metrics/metric_families.h"
#include "tests/pdp/metrics/exposition.h"

// civetweb writes the Date of its error pages with gmtime(), from several threads. What it shows
// may be another answer's second.
// NOLINTNEXTLINE(bugprone-reserved-identifier): ThreadSanitizer looks for this name.
extern "C" const char* __tsan_default_suppressions() { return "race:libcivetweb.so\n"; }

namespace ostiary::pdp {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kScrape[] = "GET /metrics HTTP/1.1\r\nHost: pdp\r\nConnection: close\r\n\r\n";
constexpr int kPatienceMs = 20'000;

UniqueFd Connect(uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return fd;
}

// All that comes until the other side ends the connection.
std::string ReadAll(const UniqueFd& fd) {
  std::string all;
  char bytes[4096];
  pollfd readable{fd.get(), POLLIN, 0};
  while (::poll(&readable, 1, kPatienceMs) == 1) {
    const ssize_t n = ::read(fd.get(), bytes, sizeof(bytes));
    if (n <= 0) return all;
    all.append(bytes, static_cast<size_t>(n));
  }
  return absl::StrCat(all, "[no end]");
}

std::string Ask(uint16_t port, absl::string_view request) {
  const UniqueFd fd = Connect(port);
  EXPECT_EQ(::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  return ReadAll(fd);
}

Samples Scrape(uint16_t port) {
  const std::string answer = Ask(port, kScrape);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  // What prometheus-cpp says of itself comes first, and its quantiles are "Nan" before the first.
  const size_t ours = answer.find("# HELP ostiary_");
  if (ours == std::string::npos) {
    ADD_FAILURE() << answer;
    return {};
  }
  const absl::StatusOr<Samples> samples = ReadExposition(answer.substr(ours));
  EXPECT_TRUE(samples.ok()) << samples.status();
  return samples.value_or(Samples());
}

class MetricsEndpointTest : public testing::Test {
 protected:
  MetricsEndpointTest() {
    absl::StatusOr<std::unique_ptr<MetricsEndpoint>> endpoint = MetricsEndpoint::Create(
        "127.0.0.1", 0, [this] { return MetricFamilies(metrics_, {}, "1.2.3"); });
    EXPECT_TRUE(endpoint.ok()) << endpoint.status();
    endpoint_ = *std::move(endpoint);
  }

  Metrics metrics_;
  std::unique_ptr<MetricsEndpoint> endpoint_;
};

TEST_F(MetricsEndpointTest, ManyScrapesWhileDecisionsAreCountedNeverSeeANumberFall) {
  constexpr int kScrapers = 6;
  constexpr int kScrapes = 10;
  constexpr char kSeries[] = R"(ostiary_decisions_total{effect="DENY",reason="UNKNOWN_AGENT"})";
  std::atomic<bool> done{false};
  uint64_t counted = 0;
  std::thread decider([&] {
    while (!done) {
      metrics_.decisions.Count({Effect::kDeny, Reason::kUnknownAgent, {}});
      metrics_.calls.Count(Rpc::kCheck, std::chrono::microseconds(counted % 100));
      ++counted;
    }
  });
  std::vector<std::thread> scrapers;
  for (int i = 0; i < kScrapers; ++i) {
    scrapers.emplace_back([&] {
      double last = 0;
      for (int round = 0; round < kScrapes; ++round) {
        const double value = Scrape(endpoint_->port())[kSeries];
        EXPECT_GE(value, last);
        last = value;
      }
    });
  }
  for (std::thread& scraper : scrapers) scraper.join();
  done = true;
  decider.join();
  EXPECT_EQ(Scrape(endpoint_->port())[kSeries], static_cast<double>(counted));
}

TEST_F(MetricsEndpointTest, WhatIsNoScrapeGetsAnErrorAndTheNextScrapeItsAnswer) {
  const struct {
    std::string request;
    const char* answer;
  } cases[] = {
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404"},
      {"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404"},
      {"GET /metrics/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404"},
      {"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 40"},
      {"PUT /evil HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 40"},
      {"no HTTP at all\r\n\r\n", "HTTP/"},
      {absl::StrCat("GET /metrics HTTP/1.1\r\nX: ", std::string(20'000, 'x'), "\r\n\r\n"), ""},
      {std::string("\0\xff\r\n\r\n", 6), ""},
  };
  for (const auto& c : cases) {
    const std::string answer = Ask(endpoint_->port(), c.request);
    EXPECT_THAT(answer, StartsWith(c.answer)) << c.request.substr(0, 80);
    EXPECT_FALSE(absl::StrContains(answer, "[no end]")) << c.request.substr(0, 80);
    EXPECT_FALSE(absl::StrContains(answer, "root:")) << c.request;
    EXPECT_EQ(Scrape(endpoint_->port()).count("ostiary_sessions"), 1u);
  }
}

TEST_F(MetricsEndpointTest, ScrapersThatSendNothingAreEndedSoThatOthersGetTheirTurn) {
  std::vector<UniqueFd> idle;
  for (int i = 0; i < 5; ++i) {
    idle.push_back(Connect(endpoint_->port()));
    const size_t begun = i % 2 == 0 ? 0 : 7;
    EXPECT_EQ(::send(idle.back().get(), "GET /me", begun, MSG_NOSIGNAL),
              static_cast<ssize_t>(begun));
  }
  EXPECT_EQ(Scrape(endpoint_->port()).count("ostiary_sessions"), 1u);
}

TEST_F(MetricsEndpointTest, EndsAlthoughScrapersHang) {
  std::vector<UniqueFd> idle;
  for (int i = 0; i < 12; ++i) idle.push_back(Connect(endpoint_->port()));
  // civetweb leaves connections that no thread of it took to the end of the process.
  endpoint_.reset();
}

TEST_F(MetricsEndpointTest, AnAddressThatCannotBeHadIsAnErrorThatNamesIt) {
  const auto create = [](const std::string& host, uint16_t port) {
    return MetricsEndpoint::Create(host, port,
                                   [] { return std::vector<prometheus::MetricFamily>(); })
        .status();
  };
  const absl::Status taken = create("127.0.0.1", endpoint_->port());
  EXPECT_EQ(taken.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(
      taken.message(),
      HasSubstr(absl::StrCat("cannot listen on 127.0.0.1:", endpoint_->port(), " for metrics")));
  EXPECT_EQ(create("192.0.2.1", 0).code(), absl::StatusCode::kUnavailable);
  const absl::Status ipv6 = create("[::]", 9090);
  EXPECT_EQ(ipv6.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(ipv6.message(), HasSubstr("[::]:9090 is IPv6"));
}

}  // namespace
}  // namespace ostiary::pdp
