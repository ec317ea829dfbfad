#include "sidecar/socket/connect_loop.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"

namespace ostiary::sidecar {

ConnectLoop::ConnectLoop(const ConnectLoopOptions& options, Attachment attachment, Signals* signals,
                         const Clock& clock)
    : options_(options),
      signals_(signals),
      clock_(clock),
      control_(std::move(attachment.control)),
      from_server_(std::move(attachment.from_server)),
      up_(options.client_input, OutputFd::Own(std::move(attachment.to_server))),
      down_(from_server_.get(), OutputFd::Inherited(options.client_output)),
      now_(clock.Now()),
      up_moved_(now_),
      down_moved_(now_) {}

absl::StatusOr<int> ConnectLoop::Run() {
  while (!Over()) {
    Sleep();
    LookForStalls();
  }
  if (status_.has_value()) return *status_;
  if (signal_.has_value()) return 128 + *signal_;
  return absl::UnavailableError(
      lost_ ? "the sidecar went away, and the session with it; its container's log may say why"
            : "the client is gone, and the session did not end though it was told to");
}

void ConnectLoop::Sleep() {
  enum { kControl, kSignal, kClientIn, kServerIn, kServerOut, kClientOut, kSlots };
  pollfd slots[kSlots] = {};
  slots[kControl] = {control_.fd(), POLLIN, 0};
  slots[kSignal] = {signals_ == nullptr ? -1 : signals_->fd(), POLLIN, 0};
  up_.Watch(&slots[kClientIn], &slots[kServerIn]);
  down_.Watch(&slots[kServerOut], &slots[kClientOut]);
  int wait = -1;
  if (const auto due = NextDeadline(); due.has_value()) {
    const MonoDuration left = std::max(MonoDuration::zero(), *due - clock_.Now());
    wait = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
  }
  if (::poll(slots, kSlots, wait) < 0) return;
  now_ = clock_.Now();
  up_.OnReady(slots[kClientIn], slots[kServerIn]);
  down_.OnReady(slots[kServerOut], slots[kClientOut]);
  // The session sees then that nobody reads.
  if (down_.output_broken()) from_server_.Reset();
  if (slots[kControl].revents != 0) HearOfSession();
  if (slots[kSignal].revents == 0) return;
  if (const std::optional<int> signal = signals_->Next(); signal && !signal_) {
    signal_ = signal;
    up_.StopReading();
    TellToEnd(*signal);
  }
}

void ConnectLoop::HearOfSession() {
  const auto received = control_.Receive(PacketSocket::Take::kPacket);
  if (received.ok() && !received->has_value()) return;
  if (received.ok() && (*received)->packet.kind == Packet::Kind::kEnded) {
    status_ = (*received)->packet.number;
  } else {
    lost_ = true;
  }
  control_.Close();
  down_moved_ = now_;
}

void ConnectLoop::TellToEnd(int signal) {
  if (told_.has_value()) return;
  told_ = now_;
  // If that fails, the session is gone or goes when we do.
  if (control_.open()) [[maybe_unused]]
    const absl::Status sent = control_.Send(Packet::Signal(signal));
}

void ConnectLoop::LookForStalls() {
  if (up_.written_bytes() != up_bytes_ || !up_.input_closed()) up_moved_ = now_;
  if (down_.written_bytes() != down_bytes_) down_moved_ = now_;
  up_bytes_ = up_.written_bytes();
  down_bytes_ = down_.written_bytes();
  if (up_.input_closed() && !up_.empty() && now_ >= up_moved_ + options_.session_stalled) {
    TellToEnd(SIGTERM);
  }
}

std::optional<MonoTime> ConnectLoop::NextDeadline() const {
  std::optional<MonoTime> due;
  const auto sooner = [&due](MonoTime other) {
    if (!due.has_value() || other < *due) due = other;
  };
  if (told_.has_value()) {
    sooner(*told_ + options_.told_leave);
  } else if (up_.input_closed() && !up_.empty()) {
    sooner(up_moved_ + options_.session_stalled);
  }
  if (status_.has_value() || lost_) sooner(down_moved_ + options_.client_stalled);
  return due;
}

bool ConnectLoop::Over() const {
  if (told_.has_value() && now_ >= *told_ + options_.told_leave) return true;
  if (!status_.has_value() && !lost_) return false;
  return down_.done() || now_ >= down_moved_ + options_.client_stalled;
}

}  // namespace ostiary::sidecar
