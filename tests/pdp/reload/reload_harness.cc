#include "tests/pdp/reload/reload_harness.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace ostiary::pdp {
namespace {

// Far past what a loaded machine under a sanitizer needs: only a broken test waits so long.
constexpr std::chrono::seconds kPatience(60);

bool IsEvent(absl::string_view line, absl::string_view event) {
  return absl::StrContains(line, absl::StrCat("\"event\":\"", event, "\""));
}

// Cuts the first whole line off `*buffer`.
bool TakeLine(std::string* buffer, std::string* line) {
  const size_t end = buffer->find('\n');
  if (end == std::string::npos) return false;
  *line = buffer->substr(0, end);
  buffer->erase(0, end + 1);
  return true;
}

std::string Under(absl::string_view directory, absl::string_view name) {
  return directory.empty() ? std::string(name) : absl::StrCat(directory, "/", name);
}

}  // namespace

std::string RulesAllowing(absl::string_view agent, const std::vector<std::string>& servers) {
  return absl::StrCat("{\"agents\":{\"", agent, "\":{\"allow\":{\"servers\":[\"",
                      absl::StrJoin(servers, "\",\""), "\"]}}}}\n");
}

std::string CatalogOf(const std::vector<std::string>& servers) {
  return absl::StrCat("{\"mcpServers\":{",
                      absl::StrJoin(servers, ",",
                                    [](std::string* out, const std::string& server) {
                                      absl::StrAppend(out, "\"", server,
                                                      "\":{\"command\":\"true\"}");
                                    }),
                      "}}\n");
}

bool Allows(const PublishedPolicy& policy, absl::string_view agent, absl::string_view server) {
  return policy.snapshot->Decide({agent, server, AccessKind::kServer, ""}).effect == Effect::kAllow;
}

LogPipe::LogPipe()
    : write_end_([this] {
        std::array<int, 2> ends = {-1, -1};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
        read_end_.Reset(ends[0]);
        return ends[1];
      }()),
      log_(write_end_.get(), LogLevel::kDebug, Clock::System()) {}

bool LogPipe::Fill(int timeout_ms) {
  pollfd readable = {read_end_.get(), POLLIN, 0};
  if (::poll(&readable, 1, timeout_ms) <= 0) return false;
  std::array<char, 4096> chunk;
  const ssize_t size = ::read(read_end_.get(), chunk.data(), chunk.size());
  if (size <= 0) return false;
  buffer_.append(chunk.data(), static_cast<size_t>(size));
  return true;
}

std::string LogPipe::Await(absl::string_view event) {
  std::string line;
  do {
    while (TakeLine(&buffer_, &line)) {
      if (IsEvent(line, event)) return line;
    }
  } while (Fill(static_cast<int>(std::chrono::milliseconds(kPatience).count())));
  ADD_FAILURE() << "the log never said " << event;
  return "";
}

std::vector<std::string> LogPipe::Take(absl::string_view event) {
  while (Fill(0)) {
  }
  std::vector<std::string> lines;
  std::string line;
  while (TakeLine(&buffer_, &line)) {
    if (IsEvent(line, event)) lines.push_back(line);
  }
  return lines;
}

GenerationWaiter::GenerationWaiter(PolicyStore* store) {
  store->Subscribe([this](const std::shared_ptr<const PublishedPolicy>& policy) {
    MutexLock lock(&mutex_);
    latest_ = policy;
    changed_.NotifyAll();
  });
}

std::shared_ptr<const PublishedPolicy> GenerationWaiter::Await(uint64_t generation) {
  const MonoTime deadline = Clock::System().Now() + kPatience;
  MutexLock lock(&mutex_);
  while (latest_ == nullptr || latest_->revision.generation < generation) {
    if (!changed_.WaitUntil(&mutex_, deadline) && Clock::System().Now() >= deadline) {
      ADD_FAILURE() << "generation " << generation << " never came";
      return nullptr;
    }
  }
  return latest_;
}

ReloadHarness::ReloadHarness(Catalog catalog, const Clock& clock, absl::string_view directory,
                             const PolicyLimits& limits)
    : store("epoch"),
      generations(&store),
      reloader(PolicyPaths{dir.Path(Under(directory, "rules.json")),
                           catalog == Catalog::kNone
                               ? std::nullopt
                               : std::optional(dir.Path(Under(directory, "mcp.json")))},
               limits, &store, clock, log.log()) {}

void ReloadHarness::Watch(const WatchOptions& options) {
  auto started = WatchLoop::Start({&reloader}, options, Clock::System(), log.log());
  ASSERT_TRUE(started.ok()) << started.status();
  watch = *std::move(started);
}

}  // namespace ostiary::pdp
