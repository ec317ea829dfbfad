#include "sidecar/stdio/event_loop.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace ostiary::sidecar {
namespace {

// Where the process's end cannot be polled for, it is looked for this often.
constexpr MonoDuration kEndInterval = std::chrono::milliseconds(20);

// Of lines, before the clock is read anew: a hundred calls, or one long line.
constexpr size_t kBytesPerClockRead = size_t{32} << 10;

enum Slot {
  kClientIn,
  kServerOut,
  kServerIn,
  kFirstQuiet,  // this and those behind it seldom have something to tell
  kClientOut = kFirstQuiet,
  kInboxSlot,
  kSignalSlot,
  kEndSlot,
  kSlots
};

}  // namespace

EventLoop::EventLoop(const EventLoopOptions& options, const EnforcerOptions& enforcer_options,
                     const EventLoopPorts& ports)
    : options_(options),
      ports_(ports),
      enforcer_(enforcer_options, ports.source, this, *ports.log),
      server_(ports.server, ports.log),
      shutdown_(options.shutdown),
      from_client_(enforcer_options.max_line_bytes),
      from_server_(enforcer_options.max_line_bytes),
      to_client_(OutputFd::Inherited(options.client_output)),
      now_(ports.clock->Now()),
      polled_(kSlots),
      quiet_(kSlots) {
  from_client_.Open(options.client_input);
}

EventLoop::~EventLoop() = default;

int EventLoop::Run() {
  enforcer_.Start(now_);
  while (true) {
    HandleEvents();
    if (const auto due = enforcer_.NextDeadline(); due.has_value() && now_ >= *due) {
      enforcer_.OnTime(now_);
    }
    HandleLines(Side::kClient);
    HandleLines(Side::kServer);
    HandleEvents();  // answers that came during the lines
    Flush();
    if (!TakeShutdownSteps()) return ExitStatus();
    Sleep();
    ReadClock();
    HandleReady();
  }
}

void EventLoop::ToClient(absl::string_view line) {
  const bool forwarded = from_server_.reader().Contains(line);
  to_client_.Append(line, from_server_.reader(),
                    forwarded ? LineOrigin::kForwarded : LineOrigin::kMadeUp);
}

void EventLoop::ToServer(absl::string_view line) {
  // What had to wait for its decision is a copy, but the client's all the same.
  const bool forwarded = handled_ != Side::kServer;
  to_server_.Append(line, from_client_.reader(),
                    forwarded ? LineOrigin::kForwarded : LineOrigin::kMadeUp);
}

void EventLoop::StartServer() {
  std::optional<ServerPipes> pipes = server_.Start();
  if (!pipes.has_value()) return;
  to_server_ = LineOutput(OutputFd::Own(std::move(pipes->input)));
  server_output_ = std::move(pipes->output);
  from_server_.Open(server_output_.get());
}

void EventLoop::ReadClock() {
  now_ = ports_.clock->Now();
  bytes_since_now_ = 0;
}

void EventLoop::HandleEvents() {
  while (ports_.inbox->has_events()) {
    for (SourceEvent& event : ports_.inbox->Take()) {
      enforcer_.OnSourceEvent(std::move(event), now_);
    }
  }
}

// The other side's flood must not stop a side that only writes: without us it would not. So of what
// a side is owed, only what it gave rise to itself counts against it.
bool EventLoop::Paused(Side side) const {
  const bool client = side == Side::kClient;
  const LineOutput& to_itself = client ? to_client_ : to_server_;
  const LineOutput& to_other = client ? to_server_ : to_client_;
  const size_t limit = options_.pause_bytes;
  return to_other.owed_bytes() >= limit ||
         (to_itself.owed_bytes() >= limit && to_itself.made_up_bytes() >= limit);
}

void EventLoop::HandleLines(Side side) {
  LineInput& input = side == Side::kClient ? from_client_ : from_server_;
  while (input.has_lines() && !Paused(side)) {
    const std::optional<LineReader::Line> line = input.Next();
    if (!line.has_value()) return;
    if (bytes_since_now_ >= kBytesPerClockRead) ReadClock();
    bytes_since_now_ += line->text.size();
    if (ports_.inbox->has_events()) HandleEvents();
    HandleLine(side, *line);
  }
}

void EventLoop::HandleLine(Side side, const LineReader::Line& line) {
  handled_ = side;
  const bool whole = line.kind == LineReader::LineKind::kWhole;
  if (side == Side::kClient) {
    whole ? enforcer_.OnClientLine(line.text, now_)
          : enforcer_.OnClientLineTooLong(line.text, line.tail, now_);
  } else {
    whole ? enforcer_.OnServerLine(line.text, now_)
          : enforcer_.OnServerLineTooLong(line.text, line.tail, now_);
  }
  handled_.reset();
}

void EventLoop::EndInput(Side side) {
  LineInput& input = side == Side::kClient ? from_client_ : from_server_;
  if (side == Side::kServer) server_output_.Reset();
  if (const auto line = input.TakeUnfinished()) HandleLine(side, *line);
  if (const size_t size = input.reader().unfinished_bytes(); size > 0) {
    ports_.log->Warning("unfinished_line_dropped",
                        {{"from", side == Side::kClient ? "client" : "server"},
                         {"bytes", static_cast<uint64_t>(size)}});
  }
}

void EventLoop::Flush() {
  if (!to_server_.empty() && to_server_.Flush() == FlushResult::kBroken) {
    ports_.log->Warning("server_input_broken");
    server_input_broken_ = true;
  }
  if (!to_client_.empty()) to_client_.Flush();
}

ShutdownView EventLoop::LookAtShutdown() const {
  ShutdownView view;
  view.client_input_closed = from_client_.closed();
  view.client_input_ended = from_client_.ended() && !from_client_.has_lines();
  view.client_input_idle = from_client_.idle() && !from_client_.has_lines();
  view.client_output_broken = !to_client_.open();
  view.told_to_end = signal_.has_value();
  view.server_started = server_.begun();
  view.server_ended = server_.over();
  view.server_output_ended =
      server_.failed() || (from_server_.ended() && !from_server_.has_lines());
  view.server_output_idle = from_server_.idle();
  view.server_output_paused = Paused(Side::kServer);
  view.server_input_open = to_server_.open();
  view.server_input_broken = server_input_broken_;
  view.server_words_wait = enforcer_.waiting_from_server() > 0;
  view.decisions_wait = enforcer_.waiting() > 0 || from_client_.has_lines();
  view.to_server_pending = !to_server_.empty();
  view.to_client_pending = !to_client_.empty();
  view.to_client_written = to_client_.written_bytes();
  view.to_server_written = to_server_.written_bytes();
  return view;
}

bool EventLoop::TakeShutdownSteps() {
  while (true) {
    const ShutdownStep step = shutdown_.Next(LookAtShutdown(), now_);
    if (step == ShutdownStep::kNone) return true;
    if (step == ShutdownStep::kLeave) return false;
    TakeStep(step);
    HandleEvents();
    Flush();
  }
}

void EventLoop::TakeStep(ShutdownStep step) {
  switch (step) {
    case ShutdownStep::kCloseServerInput:
      return to_server_.Close();
    case ShutdownStep::kTerminateGroup:
      ports_.log->Info("server_terminated");
      return server_.SignalGroup(SIGTERM);
    case ShutdownStep::kKillGroup:
      return server_.SignalGroup(SIGKILL);
    case ShutdownStep::kAnnounceServerGone: {
      const bool client_ended = from_client_.closed() && !server_.failed();
      return enforcer_.OnServerGone(server_.WhyGone(), client_ended ? Enforcer::ClientInput::kEnded
                                                                    : Enforcer::ClientInput::kOpen);
    }
    case ShutdownStep::kNone:
    case ShutdownStep::kLeave:
      return;
  }
}

int EventLoop::ExitStatus() const {
  return server_.ExitStatus().value_or(signal_.has_value() ? 128 + *signal_ : 0);
}

void EventLoop::WatchInput(Side side, pollfd* slot) const {
  const bool client = side == Side::kClient;
  LineInput::Interest interest =
      Paused(side) ? LineInput::Interest::kClosing : LineInput::Interest::kLines;
  // Told to end, we owe the client the server's last answers and nothing new.
  if (client && signal_.has_value()) interest = LineInput::Interest::kNothing;
  (client ? from_client_ : from_server_)
      .Watch(interest, (client ? to_server_ : to_client_).taken(), slot);
}

void EventLoop::Watch() {
  WatchInput(Side::kClient, &polled_[kClientIn]);
  WatchInput(Side::kServer, &polled_[kServerOut]);
  to_client_.Watch(&polled_[kClientOut]);
  to_server_.Watch(&polled_[kServerIn]);
  // A server that closes its stdin is noticed by the next write.
  if (to_server_.empty()) polled_[kServerIn].fd = -1;
  polled_[kInboxSlot] = {ports_.inbox->fd(), POLLIN, 0};
  polled_[kSignalSlot] = {ports_.signals == nullptr ? -1 : ports_.signals->fd(), POLLIN, 0};
  polled_[kEndSlot] = {server_.awaits_end() ? server_.end_fd() : -1, POLLIN, 0};
}

std::optional<MonoDuration> EventLoop::Timeout() const {
  const auto can_go_on = [this](const LineInput& input, Side side) {
    return input.has_lines() && !Paused(side);
  };
  if (can_go_on(from_client_, Side::kClient) || can_go_on(from_server_, Side::kServer)) {
    return MonoDuration::zero();
  }
  std::optional<MonoTime> due = enforcer_.NextDeadline();
  const auto sooner = [&due](std::optional<MonoTime> other) {
    if (other.has_value() && (!due.has_value() || *other < *due)) due = other;
  };
  sooner(shutdown_.NextDeadline());
  if (server_.awaits_end() && server_.end_fd() < 0) sooner(now_ + kEndInterval);
  if (!due.has_value()) return std::nullopt;
  return std::max(MonoDuration::zero(), *due - ports_.clock->Now());
}

void EventLoop::Sleep() {
  Watch();
  std::optional<MonoDuration> timeout = Timeout();
  if (!ports_.inbox->PrepareToSleep()) timeout = MonoDuration::zero();
  timespec wait = {};
  if (timeout.has_value()) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*timeout);
    wait.tv_sec = seconds.count();
    wait.tv_nsec = (*timeout - seconds).count();
  }
  Poll(timeout.has_value() ? &wait : nullptr);
  ports_.inbox->Awake();
}

void EventLoop::Poll(const timespec* timeout) {
  pollfd busy[kSlots + 1];
  size_t slots[kSlots];
  size_t count = 0;
  for (size_t slot = 0; slot < kSlots; ++slot) {
    const pollfd& wanted = polled_[slot];
    const bool is_quiet = slot >= kFirstQuiet && wanted.events != POLLOUT;
    if ((is_quiet && quiet_.Cover(slot, wanted)) || wanted.fd < 0) continue;
    slots[count] = slot;
    busy[count++] = wanted;
  }
  busy[count] = {quiet_.fd(), POLLIN, 0};
  if (::ppoll(busy, count + 1, timeout, nullptr) <= 0) return;
  if (busy[count].revents != 0) {
    ::poll(polled_.data(), polled_.size(), 0);
    return;
  }
  for (size_t i = 0; i < count; ++i) polled_[slots[i]].revents = busy[i].revents;
}

void EventLoop::HandleReady() {
  const auto ready = [this](Slot slot) {
    return polled_[slot].fd >= 0 && polled_[slot].revents != 0;
  };
  if (ready(kInboxSlot)) ports_.inbox->ClearWake();
  if (ready(kSignalSlot)) {
    while (const std::optional<int> signal = ports_.signals->Next()) {
      if (!signal_.has_value()) signal_ = signal;
    }
  }
  if (ready(kEndSlot) || server_.end_fd() < 0) server_.LookForEnd();
  if ((polled_[kClientOut].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) to_client_.Close();
  HandleInput(Side::kClient, polled_[kClientIn]);
  HandleInput(Side::kServer, polled_[kServerOut]);
}

void EventLoop::HandleInput(Side side, const pollfd& slot) {
  const bool client = side == Side::kClient;
  const TakenLines taken = (client ? to_server_ : to_client_).taken();
  if ((client ? from_client_ : from_server_).OnReady(slot, taken) == LineInput::ReadResult::kEnd) {
    EndInput(side);
  }
}

}  // namespace ostiary::sidecar
