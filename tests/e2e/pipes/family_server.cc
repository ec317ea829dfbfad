// family_server [--stubborn]: an MCP server with a family that does not want to go.
//
// Before anything else it starts, all ignoring SIGTERM and holding its pipes: a child in its
// process group, a child in a session of its own, and a daemon (double fork, session of its own).
//
// Tools: `family` answers with the four process ids, its own first; `passing` starts a daemon that
// ends by itself at once; `die` kills the server with SIGKILL; calls of `slow` are answered at the
// end of input or at SIGTERM, after which the server leaves with status 7. With --stubborn it does
// neither. Every other request is answered at once.
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace {

[[noreturn]] void StayForEver() {
  ::signal(SIGTERM, SIG_IGN);
  while (true) ::pause();
}

// A process whose parent is gone and whose session is its own.
template <typename Body>
pid_t StartDaemon(Body body) {
  int ends[2];
  if (::pipe(ends) != 0) ::_exit(71);
  const pid_t between = ::fork();
  if (between == 0) {
    ::setsid();
    const pid_t daemon = ::fork();
    if (daemon == 0) {
      ::close(ends[0]);
      ::close(ends[1]);
      body();
      ::_exit(0);
    }
    ::_exit(::write(ends[1], &daemon, sizeof(daemon)) == sizeof(daemon) ? 0 : 71);
  }
  pid_t daemon = -1;
  if (::read(ends[0], &daemon, sizeof(daemon)) != sizeof(daemon)) ::_exit(71);
  ::close(ends[0]);
  ::close(ends[1]);
  ::waitpid(between, nullptr, 0);
  return daemon;
}

std::vector<pid_t> StartFamily() {
  std::vector<pid_t> family = {::getpid()};
  for (const bool own_session : {false, true}) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (own_session) ::setsid();
      StayForEver();
    }
    family.push_back(child);
  }
  family.push_back(StartDaemon(&StayForEver));
  return family;
}

void Say(const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t size = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (size <= 0) ::_exit(74);
    done += static_cast<size_t>(size);
  }
}

class Server {
 public:
  explicit Server(std::vector<pid_t> family) : family_(std::move(family)) {}

  void Handle(absl::string_view line) {
    const size_t at = line.find(R"("id":)");
    if (at == line.npos) return;
    const absl::string_view id = line.substr(at + 5, line.find(',', at) - at - 5);
    const auto calls = [line](absl::string_view tool) {
      return absl::StrContains(line, absl::StrCat(R"("name":")", tool, "\""));
    };
    if (calls("die")) ::raise(SIGKILL);
    if (calls("passing")) StartDaemon([] {});
    const std::string answer =
        absl::StrCat(R"({"jsonrpc":"2.0","id":)", id, R"(,"result":{"text":")",
                     calls("family") ? absl::StrJoin(family_, " ") : "done", "\"}}\n");
    if (calls("slow")) {
      late_ += answer;
    } else {
      Say(answer);
    }
  }
  [[noreturn]] void Leave() const {
    Say(late_);
    ::_exit(7);
  }

 private:
  const std::vector<pid_t> family_;
  std::string late_;
};

}  // namespace

int main(int argc, char** argv) {
  const bool stubborn = argc > 1 && std::strcmp(argv[1], "--stubborn") == 0;
  sigset_t term;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  Server server(StartFamily());
  ::sigprocmask(SIG_BLOCK, &term, nullptr);
  pollfd slots[] = {{STDIN_FILENO, POLLIN, 0}, {::signalfd(-1, &term, SFD_CLOEXEC), POLLIN, 0}};
  if (stubborn) slots[1].fd = -1;
  std::string buffer;
  while (true) {
    ::poll(slots, 2, -1);
    if (slots[0].revents != 0) {
      char bytes[65536];
      const ssize_t size = ::read(STDIN_FILENO, bytes, sizeof(bytes));
      if (size <= 0 && !stubborn) server.Leave();
      if (size <= 0) StayForEver();
      buffer.append(bytes, static_cast<size_t>(size));
      for (size_t end; (end = buffer.find('\n')) != buffer.npos; buffer.erase(0, end + 1)) {
        server.Handle(absl::string_view(buffer).substr(0, end));
      }
    }
    if (slots[1].revents != 0) server.Leave();
  }
}
