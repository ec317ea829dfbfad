#include "sidecar/socket/serve_loop.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace ostiary::sidecar {
namespace {

// Taken at once, so that others are heard in between.
constexpr int kMaxAccepted = 16;

enum Slot { kListenerSlot, kSignalSlot, kEndSlot, kFirstConnection };

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot create a pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

bool AsksForTheEnd(const Packet& packet) {
  return packet.kind == Packet::Kind::kSignal &&
         (packet.number == SIGTERM || packet.number == SIGINT || packet.number == SIGHUP);
}

}  // namespace

ServeLoop::ServeLoop(ServeLoopOptions options, std::unique_ptr<SocketListener> listener,
                     const ServeLoopPorts& ports)
    : options_(std::move(options)),
      ports_(ports),
      listener_(std::move(listener)),
      now_(ports.clock->Now()) {}

ServeLoop::~ServeLoop() = default;

void ServeLoop::Run() {
  while (Step(std::nullopt)) {
  }
}

bool ServeLoop::Step(std::optional<MonoDuration> wait) {
  Sleep(wait);
  now_ = ports_.clock->Now();
  HandleReady();
  HandleDeadlines();
  return listener_ != nullptr || !connections_.empty();
}

size_t ServeLoop::Sessions() const {
  return static_cast<size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [](const Connection& c) { return c.session.has_value(); }));
}

void ServeLoop::Accept() {
  for (int i = 0; i < kMaxAccepted; ++i) {
    absl::StatusOr<SocketListener::Accepted> accepted = listener_->Accept();
    if (absl::IsResourceExhausted(accepted.status())) {
      ports_.log->Warning("accept_failed", {{"error", accepted.status().message()}});
      accept_again_ = now_ + options_.pause;
    }
    if (!accepted.ok()) return;
    Connection connection;
    connection.socket = std::move(accepted->socket);
    connection.peer = accepted->peer;
    connection.hello_due = now_ + options_.hello;
    const auto& allowed = options_.allowed_uids;
    if (std::find(allowed.begin(), allowed.end(), connection.peer.uid) == allowed.end()) {
      Refuse(connection, absl::StrCat("user ", connection.peer.uid,
                                      " may not use this socket; --allow-uid says who may"));
      continue;
    }
    connections_.push_back(std::move(connection));
    if (connections_.size() - Sessions() <= options_.max_silent) continue;
    const auto eldest = std::find_if(connections_.begin(), connections_.end(),
                                     [](const Connection& c) { return !c.session.has_value(); });
    Refuse(*eldest, "it said nothing, and others came");
    connections_.erase(eldest);
  }
}

void ServeLoop::Refuse(const Connection& connection, absl::string_view why) {
  ports_.log->Warning("connection_refused", {{"uid", static_cast<uint64_t>(connection.peer.uid)},
                                             {"pid", static_cast<int64_t>(connection.peer.pid)},
                                             {"why", why}});
  [[maybe_unused]] const absl::Status sent = connection.socket.Send(Packet::Refused(why));
}

void ServeLoop::Greet(Connections::iterator connection) {
  const auto hello = connection->socket.Receive(PacketSocket::Take::kPacket);
  if (hello.ok() && !hello->has_value()) return;
  absl::Status status = hello.status();
  if (status.ok() && (*hello)->packet.kind != Packet::Kind::kHello) {
    status = absl::InvalidArgumentError("its first word was not hello");
  }
  if (status.ok() && Sessions() >= options_.max_sessions) {
    status = absl::ResourceExhaustedError(
        absl::StrCat(Sessions(), " sessions are open here, and --max-connections allows no more"));
  }
  if (status.ok()) status = StartSession(&*connection);
  if (status.ok()) return;
  Refuse(*connection, status.message());
  connections_.erase(connection);
}

absl::Status ServeLoop::StartSession(Connection* connection) {
  OSTIARY_ASSIGN_OR_RETURN(Pipe to_server, MakePipe());
  OSTIARY_ASSIGN_OR_RETURN(Pipe from_server, MakePipe());
  OSTIARY_ASSIGN_OR_RETURN(
      connection->session,
      ports_.runner->Start(std::move(to_server.read_end), std::move(from_server.write_end)));
  ports_.log->Info("session_started", {{"session", static_cast<int64_t>(*connection->session)},
                                       {"uid", static_cast<uint64_t>(connection->peer.uid)},
                                       {"pid", static_cast<int64_t>(connection->peer.pid)}});
  // A peer that is gone by now is seen to be when its connection ends.
  [[maybe_unused]] const absl::Status sent = connection->socket.Send(
      Packet::Welcome(), {to_server.write_end.get(), from_server.read_end.get()});
  return absl::OkStatus();
}

void ServeLoop::Hear(Connections::iterator connection) {
  if (connection->session.has_value()) return HearOfSession(&*connection);
  Greet(connection);
}

void ServeLoop::HearOfSession(Connection* connection) {
  int signal = SIGHUP;
  if (!connection->told_to_end) {
    const auto received = connection->socket.Receive(PacketSocket::Take::kPacket);
    if (received.ok() && !received->has_value()) return;
    if (received.ok() && AsksForTheEnd((*received)->packet)) {
      signal = (*received)->packet.number;
    } else {
      connection->socket.Close();
    }
    ports_.runner->Signal(*connection->session, signal);
    connection->told_to_end = true;
    return;
  }
  connection->socket.Close();
}

void ServeLoop::TellEnds() {
  while (const std::optional<SessionRunner::End> end = ports_.runner->NextEnd()) {
    const auto ended = std::find_if(connections_.begin(), connections_.end(),
                                    [&end](const Connection& c) { return c.session == end->id; });
    if (ended == connections_.end()) continue;
    ports_.log->Info("session_ended", {{"session", static_cast<int64_t>(end->id)},
                                       {"status", static_cast<int64_t>(end->status)}});
    [[maybe_unused]] const absl::Status sent = ended->socket.Send(Packet::Ended(end->status));
    connections_.erase(ended);
  }
}

void ServeLoop::EndAll() {
  listener_.reset();
  kill_due_ = now_ + options_.kill;
  for (auto connection = connections_.begin(); connection != connections_.end();) {
    if (connection->session.has_value()) {
      ports_.runner->Signal(*connection->session, SIGTERM);
      ++connection;
    } else {
      Refuse(*connection, "the sidecar is being stopped");
      connection = connections_.erase(connection);
    }
  }
}

void ServeLoop::HandleDeadlines() {
  if (accept_again_.has_value() && now_ >= *accept_again_) accept_again_.reset();
  for (auto connection = connections_.begin(); connection != connections_.end();) {
    if (!connection->session.has_value() && now_ >= connection->hello_due) {
      Refuse(*connection, "it said nothing");
      connection = connections_.erase(connection);
    } else {
      ++connection;
    }
  }
  if (!kill_due_.has_value() || now_ < *kill_due_) return;
  kill_due_ = now_ + options_.kill;
  for (const Connection& connection : connections_) {
    if (connection.session.has_value()) ports_.runner->Signal(*connection.session, SIGKILL);
  }
}

std::optional<MonoTime> ServeLoop::NextDeadline() const {
  std::optional<MonoTime> due = kill_due_;
  const auto sooner = [&due](MonoTime other) {
    if (!due.has_value() || other < *due) due = other;
  };
  if (accept_again_.has_value()) sooner(*accept_again_);
  for (const Connection& connection : connections_) {
    if (!connection.session.has_value()) sooner(connection.hello_due);
  }
  return due;
}

void ServeLoop::Watch() {
  polled_.clear();
  const bool accepts = listener_ != nullptr && !accept_again_.has_value();
  polled_.push_back({accepts ? listener_->fd() : -1, POLLIN, 0});
  polled_.push_back({ports_.signals == nullptr ? -1 : ports_.signals->fd(), POLLIN, 0});
  polled_.push_back({ports_.runner->fd(), POLLIN, 0});
  for (const Connection& connection : connections_) {
    // Sessions whose peers are gone hold no descriptor, and poll(2) takes no more entries than this
    // process may have descriptors.
    if (!connection.socket.open()) continue;
    // Once told, only its end counts, however much else it says.
    polled_.push_back(
        {connection.socket.fd(), connection.told_to_end ? short{0} : short{POLLIN}, 0});
  }
}

void ServeLoop::Sleep(std::optional<MonoDuration> wait) {
  Watch();
  if (const auto due = NextDeadline(); due.has_value()) {
    const MonoDuration until = std::max(MonoDuration::zero(), *due - ports_.clock->Now());
    wait = std::min(wait.value_or(until), until);
  }
  timespec time = {};
  if (wait.has_value()) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*wait);
    time.tv_sec = seconds.count();
    time.tv_nsec = (*wait - seconds).count();
  }
  if (::ppoll(polled_.data(), polled_.size(), wait.has_value() ? &time : nullptr, nullptr) < 0) {
    for (pollfd& slot : polled_) slot.revents = 0;
  }
}

void ServeLoop::HandleReady() {
  // In the order of Watch: nobody joins or leaves before all were heard.
  size_t slot = kFirstConnection;
  for (auto next = connections_.begin(); next != connections_.end();) {
    const auto connection = next++;
    if (!connection->socket.open()) continue;
    if (polled_[slot++].revents != 0) Hear(connection);
  }
  if (polled_[kEndSlot].revents != 0) TellEnds();
  if (polled_[kListenerSlot].revents != 0) Accept();
  if (polled_[kSignalSlot].revents == 0) return;
  bool told = false;
  while (ports_.signals->Next().has_value()) told = true;
  if (told && listener_ != nullptr) EndAll();
}

}  // namespace ostiary::sidecar
