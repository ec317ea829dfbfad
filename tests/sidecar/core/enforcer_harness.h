// EnforcerHarness: an Enforcer between a client and a server that record what they get, and a
// decision source that a test scripts. For one thread.
#ifndef OSTIARY_TESTS_SIDECAR_CORE_ENFORCER_HARNESS_H_
#define OSTIARY_TESTS_SIDECAR_CORE_ENFORCER_HARNESS_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/log.h"
#include "sidecar/core/decision_source.h"
#include "sidecar/core/enforcer.h"

namespace ostiary::sidecar {

// Keeps what it is asked; answers by a policy when the test says so.
class FakeSource : public DecisionSource {
 public:
  struct Question {
    uint64_t id;
    std::vector<Access> accesses;
  };

  void Ask(uint64_t id, const std::vector<Access>& accesses) override {
    ++asks;
    open.push_back({id, accesses});
  }
  void Acknowledge(const Revision& revision) override { acknowledged.push_back(revision); }
  void ReportUsage(const CacheUsage& usage) override { reported.push_back(usage); }

  std::deque<Question> open;
  std::vector<Revision> acknowledged;
  std::vector<CacheUsage> reported;
  size_t asks = 0;
};

class EnforcerHarness : public EnforcerOutput {
 public:
  explicit EnforcerHarness(EnforcerOptions options = {});

  // EnforcerOutput
  void ToClient(absl::string_view line) override { to_client.emplace_back(line); }
  void ToServer(absl::string_view line) override { to_server.emplace_back(line); }
  void StartServer() override {
    ++server_starts;
    if (on_start_server) on_start_server();
  }

  // Lines in. The bytes are a fresh allocation of exactly their size, freed afterwards, so that
  // AddressSanitizer sees a reader that goes too far or keeps a view.
  void Client(absl::string_view line);
  void Server(absl::string_view line);

  // The source says what the present revision is; `lease` from now.
  void Present(uint64_t generation, MonoDuration lease = std::chrono::seconds(15),
               absl::string_view epoch = "e");
  void Lost(const absl::Status& status = absl::UnavailableError("gone"));
  // Answers the oldest question by `policy`, under `generation` (0: the present one).
  void AnswerOne(uint64_t generation = 0, absl::string_view epoch = "e");
  // Answers all that is asked, and what is asked meanwhile.
  void AnswerAll();
  void FailOne(absl::Status status);
  void Advance(MonoDuration by);

  // What came since the last call.
  std::vector<std::string> TakeToClient();
  std::vector<std::string> TakeToServer();

  // Up to and with an answered initialize, so that the server runs.
  void Initialize();

  static Revision Rev(uint64_t generation, absl::string_view epoch = "e");

  // By default all is allowed but tools whose name starts with "deny".
  std::function<bool(const Access&)> policy;
  std::function<void()> on_start_server;
  std::string deny_reason = "PATTERN_DENY";

  MonoTime now{std::chrono::seconds(1000)};
  FakeSource source;
  std::vector<std::string> to_client;
  std::vector<std::string> to_server;
  int server_starts = 0;
  uint64_t generation = 0;
  const Log log;
  std::unique_ptr<Enforcer> enforcer;
};

// `{"jsonrpc":"2.0","id":ID,"method":"tools/call","params":{"name":"NAME","arguments":{}}}`
std::string Call(absl::string_view id, absl::string_view name);
std::string Request(absl::string_view id, absl::string_view method);
std::string Notify(absl::string_view method);
std::string Cancel(absl::string_view id);
// An empty result.
std::string Result(absl::string_view id);
// A tools/list answer with these names.
std::string ToolList(absl::string_view id, const std::vector<std::string>& names);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_TESTS_SIDECAR_CORE_ENFORCER_HARNESS_H_
