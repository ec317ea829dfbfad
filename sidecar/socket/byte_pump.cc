#include "sidecar/socket/byte_pump.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace ostiary::sidecar {
namespace {

// As much as wide pipes hold.
constexpr size_t kBufferBytes = PipeRoom::kWideBytes;

bool MayPass(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

BytePump::BytePump(int input, OutputFd output)
    : input_(input), output_(std::move(output)), buffer_(new char[kBufferBytes]) {}

void BytePump::Watch(pollfd* input, pollfd* output) const {
  // A hang-up is told whether asked for or not, and again and again.
  const bool wants_input = empty() || !closed_;
  *input = {wants_input ? input_ : -1, empty() ? short{POLLIN} : short{POLLRDHUP}, 0};
  *output = {output_.fd(), empty() ? short{0} : short{POLLOUT}, 0};
}

void BytePump::OnReady(const pollfd& input, const pollfd& output) {
  if (output.fd >= 0 && output.revents != 0) {
    // Whoever does not write never learns by writing.
    if (empty() || (output.revents & (POLLERR | POLLNVAL)) != 0) broken_ = true;
    Write();
  }
  if (input.fd < 0 || input.revents == 0) return;
  if (input.events == POLLIN) return Read();
  closed_ = true;
}

void BytePump::StopReading() {
  input_ = -1;
  if (empty()) output_.Close();
}

void BytePump::Read() {
  if (!empty() || broken_) return;
  const ssize_t size = ::read(input_, buffer_.get(), kBufferBytes);
  if (size < 0 && MayPass(errno)) return;
  if (size <= 0) return StopReading();
  begin_ = 0;
  end_ = static_cast<size_t>(size);
  if (end_ >= PipeRoom::kFullBytes) input_room_.Widen(input_);
  Write();
}

void BytePump::Write() {
  while (!empty() && !broken_) {
    const iovec rest = {buffer_.get() + begin_, end_ - begin_};
    const ssize_t size = output_.Write(&rest, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && MayPass(errno)) {
      if (output_.MakeRoom()) continue;
      return;
    }
    if (size < 0) {
      broken_ = true;
    } else {
      begin_ += static_cast<size_t>(size);
      written_bytes_ += static_cast<uint64_t>(size);
    }
  }
  if (broken_) {
    begin_ = end_ = 0;
    input_ = -1;
  }
  if (input_ended()) output_.Close();
}

}  // namespace ostiary::sidecar
