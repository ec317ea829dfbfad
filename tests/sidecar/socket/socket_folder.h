// SocketFolder: a folder of the test's own for sockets, and raw ends of connections to them.
#ifndef OSTIARY_TESTS_SIDECAR_SOCKET_SOCKET_FOLDER_H_
#define OSTIARY_TESTS_SIDECAR_SOCKET_SOCKET_FOLDER_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/unique_fd.h"
#include "sidecar/socket/packet_socket.h"
#include "sidecar/socket/unix_address.h"

namespace ostiary::sidecar {

class SocketFolder {
 public:
  SocketFolder() {
    std::string path = ::testing::TempDir() + "/ostiary_socket_XXXXXX";
    folder_ = ::mkdtemp(path.data());
  }
  ~SocketFolder() { std::filesystem::remove_all(folder_); }
  SocketFolder(const SocketFolder&) = delete;
  SocketFolder& operator=(const SocketFolder&) = delete;

  std::string Path(const std::string& name = "s") const { return absl::StrCat(folder_, "/", name); }

 private:
  std::string folder_;
};

// Invalid where nobody lets us in.
inline UniqueFd ConnectTo(const std::string& path, int type = SOCK_SEQPACKET) {
  UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  const sockaddr_un address = UnixAddress(path);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    fd.Reset();
  }
  return fd;
}

// The two ends of a connection.
inline std::pair<PacketSocket, PacketSocket> Connected() {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
  return {PacketSocket(UniqueFd(ends[0])), PacketSocket(UniqueFd(ends[1]))};
}

struct TestPipe {
  TestPipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    read_end.Reset(ends[0]);
    write_end.Reset(ends[1]);
  }
  UniqueFd read_end;
  UniqueFd write_end;
};

inline bool IsOpen(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

inline size_t OpenDescriptorCount() {
  const std::filesystem::directory_iterator entries("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(entries), end(entries)));
}

}  // namespace ostiary::sidecar

#endif  // OSTIARY_TESTS_SIDECAR_SOCKET_SOCKET_FOLDER_H_
