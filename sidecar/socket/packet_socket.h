// PacketSocket: one end of a SOCK_SEQPACKET connection, for packets. Never waits.
//
// `serve` hands pipes over by it, and takes none: a descriptor that a peer sends along is closed by
// the kernel before we see it, since we give it no room. Whoever takes (`Take::kDescriptors`) gets
// them with close-on-exec, and those beyond what a packet may carry are closed. Closing what a peer
// sent may make us wait at its will: ShortWaits.
//
// Movable, not thread-safe.
#ifndef OSTIARY_SIDECAR_SOCKET_PACKET_SOCKET_H_
#define OSTIARY_SIDECAR_SOCKET_PACKET_SOCKET_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/unique_fd.h"
#include "sidecar/socket/packet.h"

namespace ostiary::sidecar {

// Descriptors that a packet may carry.
constexpr size_t kMaxPacketFds = 2;

class PacketSocket {
 public:
  struct Received {
    Packet packet;
    std::vector<UniqueFd> fds;
  };
  enum class Take : uint8_t { kPacket, kDescriptors };

  PacketSocket() = default;
  explicit PacketSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  PacketSocket(PacketSocket&& other) noexcept = default;
  PacketSocket& operator=(PacketSocket&& other) noexcept;
  ~PacketSocket() { Close(); }

  int fd() const { return fd_.get(); }
  bool open() const { return fd_.valid(); }
  void Close();

  // UNAVAILABLE where the other side is gone or takes nothing.
  absl::Status Send(const Packet& packet, std::initializer_list<int> fds = {}) const;

  // The next packet; nothing where none has come yet. UNAVAILABLE at the end of the connection,
  // else as Decode says.
  absl::StatusOr<std::optional<Received>> Receive(Take take) const;

 private:
  UniqueFd fd_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_SOCKET_PACKET_SOCKET_H_
