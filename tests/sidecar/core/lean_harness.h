// LeanHarness: an Enforcer whose two sides keep nothing of what they get, for tests and benchmarks
// of what the enforcer itself costs. Its decisions are known before the first message. For one
// thread.
#ifndef OSTIARY_TESTS_SIDECAR_CORE_LEAN_HARNESS_H_
#define OSTIARY_TESTS_SIDECAR_CORE_LEAN_HARNESS_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "common/log.h"
#include "sidecar/core/enforcer.h"
#include "tests/sidecar/core/enforcer_harness.h"

namespace ostiary::sidecar {

class LeanHarness : private EnforcerOutput {
 public:
  LeanHarness();

  // Lines in, at the one time there is. The bytes are handed on as they are.
  void Client(absl::string_view line) { enforcer_.OnClientLine(line, now_); }
  void Server(absl::string_view line) { enforcer_.OnServerLine(line, now_); }

  // Answers all that the enforcer asks: all is allowed but names that start with "deny". From then
  // on these decisions are cached.
  void AnswerAll();

  size_t open_requests() const { return enforcer_.open_requests(); }
  // What each side got, without line ends.
  size_t client_bytes() const { return client_bytes_; }
  size_t server_bytes() const { return server_bytes_; }

 private:
  void ToClient(absl::string_view line) override { client_bytes_ += line.size(); }
  void ToServer(absl::string_view line) override { server_bytes_ += line.size(); }
  void StartServer() override {}

  const Log log_;
  const MonoTime now_{std::chrono::seconds(1)};
  FakeSource source_;
  Enforcer enforcer_;
  size_t client_bytes_ = 0;
  size_t server_bytes_ = 0;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_TESTS_SIDECAR_CORE_LEAN_HARNESS_H_
