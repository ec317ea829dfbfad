#include "tests/e2e/tls/service.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <list>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/mutex.h"
#include "common/unique_fd.h"

namespace ostiary {
namespace {

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

UniqueFd NewSocket() { return UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

UniqueFd ConnectTo(const std::string& backend) {
  UniqueFd fd = NewSocket();
  const sockaddr_in address =
      Loopback(static_cast<uint16_t>(std::atoi(backend.substr(backend.rfind(':') + 1).c_str())));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    fd.Reset();
  }
  return fd;
}

// Moves what is there from one to the other; false at the end of it.
bool Move(int from, int to) {
  std::array<char, 16384> buffer;
  const ssize_t got = ::read(from, buffer.data(), buffer.size());
  if (got <= 0) return false;
  for (ssize_t sent = 0; sent < got;) {
    const ssize_t part =
        ::send(to, buffer.data() + sent, static_cast<size_t>(got - sent), MSG_NOSIGNAL);
    if (part <= 0) return false;
    sent += part;
  }
  return true;
}

}  // namespace

struct TestService::Rep {
  struct Connection {
    UniqueFd client;
    UniqueFd backend;
    std::thread thread;
    std::atomic<bool> ended{false};
  };

  void Accept();
  void Open(UniqueFd client) ABSL_LOCKS_EXCLUDED(mutex);
  static void Pump(Connection* connection);

  UniqueFd listener;
  std::string address;
  Mutex mutex;
  std::vector<std::string> backends ABSL_GUARDED_BY(mutex);
  size_t next ABSL_GUARDED_BY(mutex) = 0;
  std::list<Connection> connections ABSL_GUARDED_BY(mutex);
  std::thread accepting;
};

TestService::TestService() : rep_(std::make_unique<Rep>()) {
  rep_->listener = NewSocket();
  sockaddr_in bound = Loopback(0);
  socklen_t size = sizeof(bound);
  auto* const name = reinterpret_cast<sockaddr*>(&bound);
  if (::bind(rep_->listener.get(), name, size) != 0 || ::listen(rep_->listener.get(), 128) != 0 ||
      ::getsockname(rep_->listener.get(), name, &size) != 0) {
    std::abort();
  }
  rep_->address = absl::StrCat("127.0.0.1:", ntohs(bound.sin_port));
  rep_->accepting = std::thread([rep = rep_.get()] { rep->Accept(); });
}

TestService::~TestService() {
  ::shutdown(rep_->listener.get(), SHUT_RDWR);
  rep_->accepting.join();
  std::list<Rep::Connection> connections;
  {
    const MutexLock lock(&rep_->mutex);
    connections.swap(rep_->connections);
  }
  for (Rep::Connection& connection : connections) {
    ::shutdown(connection.client.get(), SHUT_RDWR);
    ::shutdown(connection.backend.get(), SHUT_RDWR);
    connection.thread.join();
  }
}

const std::string& TestService::address() const { return rep_->address; }

void TestService::SetBackends(std::vector<std::string> backends) {
  const MutexLock lock(&rep_->mutex);
  rep_->backends = std::move(backends);
}

void TestService::Rep::Accept() {
  while (true) {
    UniqueFd client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client.valid()) return;
    Open(std::move(client));
  }
}

void TestService::Rep::Open(UniqueFd client) {
  const MutexLock lock(&mutex);
  for (auto connection = connections.begin(); connection != connections.end();) {
    if (connection->ended) connection->thread.join();
    connection = connection->ended ? connections.erase(connection) : std::next(connection);
  }
  if (backends.empty()) return;  // closed
  UniqueFd backend = ConnectTo(backends[next++ % backends.size()]);
  if (!backend.valid()) return;
  Connection& connection = connections.emplace_back();
  connection.client = std::move(client);
  connection.backend = std::move(backend);
  connection.thread = std::thread([&connection] { Pump(&connection); });
}

void TestService::Rep::Pump(Connection* connection) {
  const int ends[2] = {connection->client.get(), connection->backend.get()};
  std::array<pollfd, 2> fds = {{{ends[0], POLLIN, 0}, {ends[1], POLLIN, 0}}};
  int open = 2;
  while (open > 0 && ::poll(fds.data(), fds.size(), -1) >= 0) {
    for (int i = 0; i < 2; ++i) {
      if (fds[i].revents == 0 || Move(ends[i], ends[1 - i])) continue;
      ::shutdown(ends[1 - i], SHUT_WR);  // what the other still says comes through
      fds[i].fd = -1;
      --open;
    }
  }
  ::shutdown(ends[0], SHUT_RDWR);
  ::shutdown(ends[1], SHUT_RDWR);
  connection->ended = true;
}

}  // namespace ostiary
