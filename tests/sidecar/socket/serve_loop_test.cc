// Who is let in by `serve`, who is not, and what a session and its peer hear of each other. The
// peers are raw sockets of the test, sessions are a fake.
#include "sidecar/socket/serve_loop.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "tests/sidecar/socket/socket_folder.h"
#include "tests/support/fake_clock.h"

namespace ostiary::sidecar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using Take = PacketSocket::Take;

class FakeRunner final : public SessionRunner {
 public:
  struct Session {
    int id;
    UniqueFd input;
    UniqueFd output;
  };

  absl::StatusOr<int> Start(UniqueFd input, UniqueFd output) override {
    if (!can_start) return absl::ResourceExhaustedError("no more processes");
    sessions.push_back({next_++, std::move(input), std::move(output)});
    return sessions.back().id;
  }
  void Signal(int id, int signal) override { signals.emplace_back(id, signal); }
  std::optional<End> NextEnd() override {
    if (ends_.empty()) return std::nullopt;
    const End end = ends_.front();
    ends_.pop_front();
    return end;
  }
  // Always: the test's loop looks for ends at every step.
  int fd() const override { return nothing_.get(); }

  void Finish(int id, int status) {
    ends_.push_back({id, status});
    sessions.erase(std::find_if(sessions.begin(), sessions.end(),
                                [id](const Session& session) { return session.id == id; }));
  }

  bool can_start = true;
  std::vector<Session> sessions;
  std::vector<std::pair<int, int>> signals;

 private:
  const UniqueFd nothing_{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  int next_ = 100;
  std::deque<End> ends_;
};

class ServeLoopTest : public ::testing::Test {
 protected:
  void Start(ServeLoopOptions options = {}) {
    if (options.allowed_uids.empty()) options.allowed_uids = {::geteuid()};
    auto listener = SocketListener::Listen(folder_.Path(), 0600);
    ASSERT_TRUE(listener.ok()) << listener.status();
    log_fd_.Reset(::memfd_create("log", MFD_CLOEXEC));
    log_ = std::make_unique<Log>(log_fd_.get(), LogLevel::kWarning, clock_);
    loop_ = std::make_unique<ServeLoop>(std::move(options), *std::move(listener),
                                        ServeLoopPorts{&runner_, nullptr, &clock_, log_.get()});
  }
  // Until nothing is left to be done at once.
  void Settle() {
    for (int i = 0; i < 4; ++i) loop_->Step(MonoDuration::zero());
  }
  PacketSocket Connect() { return PacketSocket(ConnectTo(folder_.Path())); }
  // One that said hello, with what it was given.
  struct Client {
    PacketSocket control;
    UniqueFd to_session;
    UniqueFd from_session;
  };
  Client Attach() {
    Client client;
    client.control = Connect();
    EXPECT_TRUE(client.control.Send(Packet::Hello()).ok());
    Settle();
    auto received = client.control.Receive(Take::kDescriptors);
    if (!received.ok() || !received->has_value() || (*received)->fds.size() != 2) {
      ADD_FAILURE() << "no welcome: " << received.status();
      return client;
    }
    EXPECT_EQ((*received)->packet.kind, Packet::Kind::kWelcome);
    client.to_session = std::move((*received)->fds[0]);
    client.from_session = std::move((*received)->fds[1]);
    return client;
  }
  // What `socket` was refused with; "" where it was not.
  static std::string Refusal(const PacketSocket& socket) {
    const auto received = socket.Receive(Take::kPacket);
    if (!received.ok() || !received->has_value()) return "";
    return (*received)->packet.kind == Packet::Kind::kRefused ? (*received)->packet.text : "";
  }
  static bool Ended(const PacketSocket& socket) {
    return absl::IsUnavailable(socket.Receive(Take::kPacket).status());
  }

  SocketFolder folder_;
  FakeClock clock_;
  FakeRunner runner_;
  UniqueFd log_fd_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<ServeLoop> loop_;
};

TEST_F(ServeLoopTest, GivesASessionAndItsPeerTheTwoEndsOfTwoPipes) {
  Start();
  const Client client = Attach();
  ASSERT_EQ(runner_.sessions.size(), 1u);
  char byte = 0;
  ASSERT_EQ(::write(client.to_session.get(), "u", 1), 1);
  EXPECT_EQ(::read(runner_.sessions[0].input.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'u');
  ASSERT_EQ(::write(runner_.sessions[0].output.get(), "d", 1), 1);
  EXPECT_EQ(::read(client.from_session.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'd');
}

TEST_F(ServeLoopTest, KeepsNoEndOfThePipes) {
  Start();
  Client client = Attach();
  client.to_session.Reset();
  char byte = 0;
  EXPECT_EQ(::read(runner_.sessions[0].input.get(), &byte, 1), 0);
  runner_.sessions[0].output.Reset();
  EXPECT_EQ(::read(client.from_session.get(), &byte, 1), 0);
}

TEST_F(ServeLoopTest, TellsAPeerTheStatusOfItsSession) {
  Start();
  const Client one = Attach();
  const Client other = Attach();
  runner_.Finish(101, 137);
  Settle();
  const auto received = other.control.Receive(Take::kPacket);
  ASSERT_TRUE(received.ok() && received->has_value()) << received.status();
  EXPECT_EQ((*received)->packet.kind, Packet::Kind::kEnded);
  EXPECT_EQ((*received)->packet.number, 137);
  EXPECT_TRUE(Ended(other.control));
  EXPECT_FALSE((*one.control.Receive(Take::kPacket)).has_value()) << "this one goes on";
}

TEST_F(ServeLoopTest, PassesARequestToEndOnOnce) {
  Start();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    runner_.signals.clear();
    const Client client = Attach();
    const int id = runner_.sessions.back().id;
    for (int i = 0; i < 100; ++i) (void)client.control.Send(Packet::Signal(signal));
    Settle();
    EXPECT_THAT(runner_.signals, ElementsAre(Pair(id, signal)));
    runner_.Finish(id, 0);
    Settle();
    const auto received = client.control.Receive(Take::kPacket);
    ASSERT_TRUE(received.ok() && received->has_value()) << received.status();
    EXPECT_EQ((*received)->packet.kind, Packet::Kind::kEnded);
  }
}

TEST_F(ServeLoopTest, EndsTheSessionOfAPeerThatIsGone) {
  Start();
  Client client = Attach();
  client.control.Close();
  Settle();
  EXPECT_THAT(runner_.signals, ElementsAre(Pair(100, SIGHUP)));
}

TEST_F(ServeLoopTest, EndsTheSessionOfAPeerThatBreaksTheRules) {
  const std::vector<std::string> words = {"ostiary/1 signal 9", "ostiary/1 signal 19", "rubbish",
                                          "ostiary/1 hello",    "ostiary/1 ended 0",   ""};
  Start();
  for (const std::string& word : words) {
    runner_.signals.clear();
    const Client client = Attach();
    const int id = runner_.sessions.back().id;
    ASSERT_EQ(::send(client.control.fd(), word.data(), word.size(), 0),
              static_cast<ssize_t>(word.size()));
    Settle();
    EXPECT_THAT(runner_.signals, ElementsAre(Pair(id, SIGHUP))) << word;
    EXPECT_TRUE(Ended(client.control)) << word;
    runner_.Finish(id, 0);
  }
}

TEST_F(ServeLoopTest, RefusesAUserThatIsNotAllowed) {
  ServeLoopOptions options;
  options.allowed_uids = {::geteuid() + 1, ::geteuid() + 2};
  Start(options);
  const PacketSocket socket = Connect();
  ASSERT_TRUE(socket.Send(Packet::Hello()).ok());
  Settle();
  EXPECT_EQ(Refusal(socket), absl::StrCat("user ", ::geteuid(),
                                          " may not use this socket; --allow-uid says who may"));
  EXPECT_TRUE(Ended(socket));
  EXPECT_THAT(runner_.sessions, IsEmpty());
}

TEST_F(ServeLoopTest, RefusesSessionsPastTheLimitUntilOneEnds) {
  ServeLoopOptions options;
  options.max_sessions = 2;
  Start(options);
  const Client first = Attach();
  const Client second = Attach();
  const PacketSocket third = Connect();
  ASSERT_TRUE(third.Send(Packet::Hello()).ok());
  Settle();
  EXPECT_EQ(Refusal(third), "2 sessions are open here, and --max-connections allows no more");
  EXPECT_TRUE(Ended(third));
  runner_.Finish(100, 0);
  Settle();
  Attach();
}

// It holds its slot until it has ended: else a peer that comes and goes could start any number.
TEST_F(ServeLoopTest, CountsASessionThatIsStillEnding) {
  ServeLoopOptions options;
  options.max_sessions = 1;
  Start(options);
  Client first = Attach();
  first = Client();
  Settle();
  const PacketSocket second = Connect();
  ASSERT_TRUE(second.Send(Packet::Hello()).ok());
  Settle();
  EXPECT_THAT(Refusal(second), HasSubstr("--max-connections"));
}

TEST_F(ServeLoopTest, RefusesAPeerThatSaysNothing) {
  Start();
  const PacketSocket silent = Connect();
  Settle();
  clock_.Advance(std::chrono::milliseconds(4999));
  Settle();
  EXPECT_FALSE((*silent.Receive(Take::kPacket)).has_value());
  clock_.Advance(std::chrono::milliseconds(1));
  Settle();
  EXPECT_EQ(Refusal(silent), "it said nothing");
  EXPECT_TRUE(Ended(silent));
}

TEST_F(ServeLoopTest, ASessionMayLastForAnyTime) {
  Start();
  const Client client = Attach();
  clock_.Advance(std::chrono::hours(24));
  Settle();
  EXPECT_FALSE((*client.control.Receive(Take::kPacket)).has_value());
  EXPECT_THAT(runner_.signals, IsEmpty());
  runner_.Finish(100, 3);
  Settle();
  EXPECT_EQ((*client.control.Receive(Take::kPacket))->packet.number, 3);
}

TEST_F(ServeLoopTest, HearsOthersWhileASessionEndsWhosePeerIsGone) {
  Start();
  Client gone = Attach();
  const Client other = Attach();
  gone.control.Close();
  Settle();
  ASSERT_TRUE(other.control.Send(Packet::Signal(SIGTERM)).ok());
  Settle();
  EXPECT_THAT(runner_.signals, ElementsAre(Pair(100, SIGHUP), Pair(101, SIGTERM)));
}

// Accept says so anew each time it is asked: the loop would spin, and fill the log.
TEST_F(ServeLoopTest, WhereDescriptorsHaveRunOutItTriesAgainALittleLater) {
  Start();
  const PacketSocket peer = Connect();
  ASSERT_TRUE(peer.Send(Packet::Hello()).ok());
  rlimit limit = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const UniqueFd next(::dup(peer.fd()));
  const rlimit tight = {static_cast<rlim_t>(next.get()) + 1, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  Settle();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  char text[1024] = {};
  ASSERT_GT(::pread(log_fd_.get(), text, sizeof(text) - 1, 0), 0);
  EXPECT_EQ(std::count(text, text + sizeof(text), '\n'), 1) << text;
  EXPECT_THAT(text, HasSubstr("accept_failed"));
  EXPECT_THAT(runner_.sessions, IsEmpty());
  clock_.Advance(std::chrono::milliseconds(99));
  Settle();
  EXPECT_THAT(runner_.sessions, IsEmpty());
  clock_.Advance(std::chrono::milliseconds(1));
  Settle();
  EXPECT_EQ(runner_.sessions.size(), 1u);
}

TEST_F(ServeLoopTest, SilentPeersTakeNobodysPlace) {
  ServeLoopOptions options;
  options.max_sessions = 1;
  options.max_silent = 3;
  Start(options);
  std::vector<PacketSocket> silent;
  for (int i = 0; i < 10; ++i) {
    silent.push_back(Connect());
    Settle();
  }
  for (int i = 0; i < 7; ++i) EXPECT_EQ(Refusal(silent[i]), "it said nothing, and others came");
  for (int i = 7; i < 10; ++i) EXPECT_FALSE((*silent[i].Receive(Take::kPacket)).has_value());
  Attach();
}

TEST_F(ServeLoopTest, SessionsAreNoSilentPeers) {
  ServeLoopOptions options;
  options.max_silent = 1;
  Start(options);
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(Attach());
  EXPECT_EQ(runner_.sessions.size(), 3u);
  EXPECT_THAT(runner_.signals, IsEmpty());
}

TEST_F(ServeLoopTest, RefusesAFirstWordThatIsNotHello) {
  Start();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"rubbish", "that is not what an ostiary-sidecar says"},
      {"ostiary/1 signal 15", "its first word was not hello"},
      {"ostiary/1 ended 0", "its first word was not hello"},
      {"ostiary/2 hello",
       "the other side speaks version 2 of ostiary's socket, this one 1; install "
       "the same release on both sides"},
      {"ostiary/1 hel", "that is not what an ostiary-sidecar says"},
      {"ostiary/1 hello" + std::string(100'000, ' '), "too long a packet"},
  };
  for (const auto& [word, says] : cases) {
    const PacketSocket socket = Connect();
    ASSERT_EQ(::send(socket.fd(), word.data(), word.size(), 0), static_cast<ssize_t>(word.size()));
    Settle();
    EXPECT_EQ(Refusal(socket), says);
    EXPECT_TRUE(Ended(socket)) << word;
  }
  EXPECT_THAT(runner_.sessions, IsEmpty());
}

TEST_F(ServeLoopTest, SaysThatASessionCannotBeStarted) {
  Start();
  runner_.can_start = false;
  const PacketSocket socket = Connect();
  ASSERT_TRUE(socket.Send(Packet::Hello()).ok());
  Settle();
  EXPECT_EQ(Refusal(socket), "no more processes");
  EXPECT_TRUE(Ended(socket));
}

TEST_F(ServeLoopTest, EndsTheSessionOfAPeerThatWasGoneBeforeItsWelcome) {
  Start();
  PacketSocket socket = Connect();
  ASSERT_TRUE(socket.Send(Packet::Hello()).ok());
  socket.Close();
  Settle();
  ASSERT_EQ(runner_.sessions.size(), 1u);
  EXPECT_THAT(runner_.signals, ElementsAre(Pair(100, SIGHUP)));
  char byte = 0;
  EXPECT_EQ(::read(runner_.sessions[0].input.get(), &byte, 1), 0);
}

class ServeLoopEndTest : public ServeLoopTest {
 protected:
  void TellToEnd() {
    loop_->EndAll();
    Settle();
  }
};

TEST_F(ServeLoopEndTest, EndsEverySessionAndTellsWhatBecameOfIt) {
  Start();
  const Client client = Attach();
  const PacketSocket silent = Connect();
  Settle();
  TellToEnd();
  EXPECT_FALSE(ConnectTo(folder_.Path()).valid()) << "nobody else is let in";
  EXPECT_EQ(Refusal(silent), "the sidecar is being stopped");
  EXPECT_THAT(runner_.signals, ElementsAre(Pair(100, SIGTERM)));
  EXPECT_TRUE(loop_->Step(MonoDuration::zero())) << "the session has not ended yet";
  runner_.Finish(100, 7);
  EXPECT_FALSE(loop_->Step(MonoDuration::zero()));
  EXPECT_EQ((*client.control.Receive(Take::kPacket))->packet.number, 7);
}

TEST_F(ServeLoopEndTest, KillsASessionThatDoesNotEnd) {
  Start();
  const Client client = Attach();
  TellToEnd();
  clock_.Advance(std::chrono::milliseconds(2999));
  Settle();
  EXPECT_THAT(runner_.signals, ElementsAre(Pair(100, SIGTERM)));
  clock_.Advance(std::chrono::milliseconds(1));
  loop_->Step(MonoDuration::zero());
  EXPECT_THAT(runner_.signals, ElementsAre(Pair(100, SIGTERM), Pair(100, SIGKILL)));
  Settle();
  EXPECT_EQ(runner_.signals.size(), 2u) << "it needs a moment to end";
}

}  // namespace
}  // namespace ostiary::sidecar
