#include "sidecar/stdio/line_input.h"

#include <unistd.h>

#include <cerrno>

namespace ostiary::sidecar {
namespace {

// A socket tells so what a pipe tells with POLLHUP.
constexpr short kClosing = POLLRDHUP;

}  // namespace

void LineInput::Watch(Interest interest, TakenLines taken, pollfd* slot) const {
  const bool full = taken == TakenLines::kInUse && !reader_.HasRoomBehind();
  if (interest == Interest::kLines && (full || has_lines_)) interest = Interest::kClosing;
  // Poll tells of a hang-up whether asked or not, and again and again.
  const bool known = interest == Interest::kClosing && closed_;
  *slot = {interest == Interest::kNothing || known ? -1 : fd_,
           interest == Interest::kLines ? short{POLLIN} : kClosing, 0};
}

LineInput::ReadResult LineInput::OnReady(const pollfd& slot, TakenLines taken) {
  const bool asked = slot.fd >= 0 && slot.events == POLLIN;
  idle_ = asked && slot.revents == 0;
  if (slot.fd < 0 || slot.revents == 0) return ReadResult::kNothing;
  if (asked) return Read(taken);
  closed_ = true;
  return ReadResult::kNothing;
}

LineInput::ReadResult LineInput::Read(TakenLines taken) {
  const absl::Span<char> room = reader_.Room(taken);
  if (room.empty()) return ReadResult::kNothing;
  const ssize_t size = ::read(fd_, room.data(), room.size());
  idle_ = size < 0;
  if (size > 0) {
    if (static_cast<size_t>(size) >= PipeRoom::kFullBytes) room_.Widen(fd_);
    reader_.Commit(static_cast<size_t>(size));
    has_lines_ = true;
    return ReadResult::kBytes;
  }
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    return ReadResult::kNothing;
  }
  ended_ = true;
  fd_ = -1;
  return ReadResult::kEnd;
}

}  // namespace ostiary::sidecar
