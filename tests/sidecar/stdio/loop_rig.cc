#include "tests/sidecar/stdio/loop_rig.h"

#include <signal.h>
#include <unistd.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "sidecar/stdio/event_loop.h"

namespace ostiary::sidecar {
namespace {

bool WriteAll(const UniqueFd& fd, absl::string_view bytes) {
  return ::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
}

// Reads up to the end of a line, and says how long it is. 0: there is none, or one too long.
size_t ReadLine(const UniqueFd& fd, char* bytes, size_t size) {
  size_t got = 0;
  while (got == 0 || bytes[got - 1] != '\n') {
    const ssize_t came = ::read(fd.get(), bytes + got, size - got);
    if (came <= 0) return 0;
    got += static_cast<size_t>(came);
  }
  return got;
}

}  // namespace

LoopRig::LoopRig(absl::string_view call, absl::string_view answer)
    : call_(absl::StrCat(call, "\n")),
      answer_(answer.empty() ? "" : absl::StrCat(answer, "\n")),
      log_(-1, LogLevel::kError, Clock::System()),
      inbox_(*Inbox::Create()),
      source_(inbox_.get()),
      process_({std::move(loop_to_server_.write_end), std::move(server_to_loop_.read_end)}) {
  ::signal(SIGPIPE, SIG_IGN);
  source_.Announce();
}

int LoopRig::Run() {
  EventLoopOptions options;
  options.client_input = client_to_loop_.read_end.get();
  options.client_output = loop_to_client_.write_end.get();
  // Nothing is behind the server's pipes that would have to be waited for.
  options.shutdown.ask_to_end = std::chrono::milliseconds(1);
  EnforcerOptions enforcer;
  enforcer.agent = "a";
  enforcer.server = "s";
  EventLoop loop(options, enforcer,
                 {&source_, inbox_.get(), &process_, nullptr, &Clock::System(), &log_});
  return loop.Run();
}

bool LoopRig::RoundTrip() const {
  char bytes[4096];
  if (!WriteAll(client_to_loop_.write_end, call_)) return false;
  if (answer_.empty()) return ReadLine(loop_to_client_.read_end, bytes, sizeof(bytes)) > 0;
  size_t size = ReadLine(loop_to_server_.read_end, bytes, sizeof(bytes));
  if (absl::string_view(bytes, size) != call_) return false;
  if (!WriteAll(server_to_loop_.write_end, answer_)) return false;
  size = ReadLine(loop_to_client_.read_end, bytes, sizeof(bytes));
  return absl::string_view(bytes, size) == answer_;
}

bool LoopRig::Play(int times) const {
  for (int i = 0; i < times; ++i) {
    if (!RoundTrip()) return false;
  }
  return true;
}

void LoopRig::HangUp() {
  client_to_loop_.write_end.Reset();
  loop_to_client_.read_end.Reset();
  loop_to_server_.read_end.Reset();
  server_to_loop_.write_end.Reset();
}

}  // namespace ostiary::sidecar
