// FakePdp: a PDP whose every word is scripted, for tests of what talks to one.
//
// A script is run for each session, on a thread of its own, and says what happens in straight-line
// code; its return value ends the session.
#ifndef OSTIARY_TESTS_SUPPORT_FAKE_PDP_H_
#define OSTIARY_TESTS_SUPPORT_FAKE_PDP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "grpcpp/server.h"
#include "grpcpp/server_context.h"
#include "ostiary/v1/decision.grpc.pb.h"

namespace ostiary {

// One session, as its script sees it.
class FakeSession {
 public:
  using Stream = grpc::ServerReaderWriter<v1::SessionResponse, v1::SessionRequest>;
  FakeSession(Stream* stream, int number) : stream_(*stream), number_(number) {}

  // 0 for the first session of this FakePdp, then 1, ...
  int number() const { return number_; }

  // The next message of the sidecar; nothing where the session ended.
  std::optional<v1::SessionRequest> Read();
  // The next check, passing over other messages; id 0 where the session ended.
  v1::SessionCheck ReadCheck();
  // Reads until the session ends.
  void AwaitEnd();

  void Write(const v1::SessionResponse& response);
  // An event of `revision` with a lease.
  void Event(v1::EventKind kind, const v1::Revision& revision,
             MonoDuration lease = std::chrono::minutes(1));
  // CURRENT with TestRevision(1), after reading hello.
  v1::SessionHello Open(MonoDuration lease = std::chrono::minutes(1));
  // A good answer: allows each access whose name does not start with "deny".
  void Answer(const v1::SessionCheck& check, const v1::Revision& revision);

 private:
  Stream& stream_;
  const int number_;
};

// A complete revision of an epoch.
v1::Revision TestRevision(uint64_t generation, const std::string& epoch = "epoch-1");

// A complete decision.
v1::Decision TestDecision(v1::Effect effect, v1::Reason reason);

class FakePdp {
 public:
  using Script = std::function<grpc::Status(FakeSession& session)>;

  // Serves on `address`: "unix:PATH", or "127.0.0.1:PORT" where 0 takes a free port. Fails the
  // program where it cannot.
  FakePdp(const std::string& address, Script script);
  // Cuts all sessions and waits for their scripts.
  ~FakePdp();
  FakePdp(const FakePdp&) = delete;
  FakePdp& operator=(const FakePdp&) = delete;

  // Where it serves, with the port that was taken.
  const std::string& address() const { return address_; }

  // A script that answers every check under TestRevision(1) until the session ends.
  static Script Answering();

 private:
  class Service;
  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace ostiary

#endif  // OSTIARY_TESTS_SUPPORT_FAKE_PDP_H_
