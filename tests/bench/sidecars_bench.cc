// sidecars_bench SIDECARS RULES LINE_SERVER SIDECAR...: how soon all of so many sidecars deny what
// a change of the rules file forbids.
//
// Each sidecar is a process with a server of its own, and its client, all of them in this process,
// has been shown the tool in a list and has called it, so the decision is cached. In each round the
// rules are replaced by others that deny the tool. A client then calls it as soon as its sidecar
// says that the list of tools changed, and the figure is the time from the replacement to the
// denial that comes back. Then the tool is allowed again, in the same way. Clients, sidecars,
// servers and the PDP share the machine's cores.
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/unique_fd.h"
#include "tests/bench/measure.h"
#include "tests/bench/piped_process.h"

namespace ostiary::bench {
namespace {

constexpr int kRounds = 5;
constexpr size_t kStartAtOnce = 32;
constexpr double kDebounceMs = 100;  // the PDP's default: WatchOptions
constexpr double kMaxP99Ms = 250;
constexpr MonoDuration kQuiet = std::chrono::milliseconds(500);  // between rounds
constexpr int kPatienceMs = 60'000;

constexpr absl::string_view kInitialize =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18",)"
    R"("capabilities":{},"clientInfo":{"name":"sidecars_bench","version":"1"}}})"
    "\n"
    R"({"jsonrpc":"2.0","method":"notifications/initialized"})"
    "\n";
constexpr absl::string_view kList =
    R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"short"}})"
    "\n";
constexpr absl::string_view kCall =
    R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"read_file"}})"
    "\n";

[[noreturn]] void Fail(absl::string_view why) {
  std::fprintf(stderr, "sidecars_bench: %s\n", std::string(why).c_str());
  std::exit(1);
}

enum class Verdict { kAllow, kDeny };

// Puts rules in place by which the agent may read files, or may not.
void Replace(const std::string& rules, Verdict verdict) {
  const std::string next = absl::StrCat(rules, ".next");
  std::ofstream file(next, std::ios::trunc);
  file << R"({"agents": {"bench": {"allow": {"servers": ["files"], "tools": {"files": ["read_*"]}})"
       << (verdict == Verdict::kDeny ? R"(, "deny": {"tools": {"files": ["read_file"]}})" : "")
       << "}}}";
  file.close();
  if (!file || ::rename(next.c_str(), rules.c_str()) != 0) Fail("cannot replace the rules");
}

// One sidecar, and its client's end of it.
class Sidecar {
 public:
  explicit Sidecar(const std::vector<std::string>& command) : process_(StartPiped(command)) {}
  // A sidecar whose client goes ends its server, and then itself.
  ~Sidecar() {
    CloseInput();
    ::waitpid(process_.pid, nullptr, 0);
  }
  Sidecar(const Sidecar&) = delete;
  Sidecar& operator=(const Sidecar&) = delete;

  void CloseInput() { process_.input.Reset(); }
  int output_fd() const { return process_.output.get(); }
  pid_t pid() const { return process_.pid; }

  void Send(absl::string_view lines) const {
    if (::write(process_.input.get(), lines.data(), lines.size()) !=
        static_cast<ssize_t>(lines.size())) {
      Fail("a sidecar takes no lines");
    }
  }

  // The lines that came, after at least some bytes of them have.
  std::vector<std::string> Receive() {
    char bytes[16 << 10];
    const ssize_t size = ::read(process_.output.get(), bytes, sizeof(bytes));
    if (size <= 0) Fail("a sidecar ended");
    partial_.append(bytes, static_cast<size_t>(size));
    std::vector<std::string> lines;
    for (size_t end; (end = partial_.find('\n')) != std::string::npos;) {
      lines.push_back(partial_.substr(0, end));
      partial_.erase(0, end + 1);
    }
    return lines;
  }
  std::string ReceiveOne() {
    std::vector<std::string> lines;
    while (lines.empty()) lines = Receive();
    if (lines.size() != 1) Fail("a sidecar says more than it was asked");
    return lines[0];
  }

  // When its client was told that the list changed, and when the call that followed was answered.
  MonoTime told;
  MonoTime answered;

 private:
  PipedProcess process_;
  std::string partial_;
};

bool IsListChange(absl::string_view line) {
  return absl::StrContains(line, "notifications/tools/list_changed");
}

void CheckVerdict(absl::string_view answer, Verdict verdict) {
  const bool denied = absl::StrContains(answer, "\"isError\":true");
  if (denied != (verdict == Verdict::kDeny)) Fail(absl::StrCat("not as ruled: ", answer));
}

class Sidecars {
 public:
  Sidecars(const std::vector<std::string>& command, size_t count)
      : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (size_t started = 0; started < count;) {
      const size_t first = started;
      for (; started < count && started - first < kStartAtOnce; ++started) {
        sidecars_.push_back(std::make_unique<Sidecar>(command));
        sidecars_.back()->Send(kInitialize);
      }
      for (size_t i = first; i < started; ++i) Open(i);
    }
  }
  ~Sidecars() {
    for (const auto& sidecar : sidecars_) sidecar->CloseInput();
  }

  // Waits until each client was told of the change, has called, and has its answer.
  void AwaitAll(Verdict verdict) {
    for (size_t answers = 0; answers < sidecars_.size();) {
      epoll_event events[64];
      const int ready = ::epoll_wait(epoll_.get(), events, std::size(events), kPatienceMs);
      if (ready <= 0) Fail(absl::StrCat("only ", answers, " sidecars follow the rules"));
      for (int i = 0; i < ready; ++i) answers += Take(sidecars_[events[i].data.u64].get(), verdict);
    }
  }

  const std::vector<std::unique_ptr<Sidecar>>& all() const { return sidecars_; }

 private:
  // The handshake, the list, and the call whose decision is then cached.
  void Open(size_t number) {
    Sidecar& sidecar = *sidecars_[number];
    sidecar.ReceiveOne();
    sidecar.Send(kList);
    if (!absl::StrContains(sidecar.ReceiveOne(), "read_file")) Fail("the list lacks the tool");
    sidecar.Send(kCall);
    CheckVerdict(sidecar.ReceiveOne(), Verdict::kAllow);
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.u64 = number;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, sidecar.output_fd(), &event) != 0) Fail("epoll");
  }

  // How many answers came, which is one at most.
  static size_t Take(Sidecar* sidecar, Verdict verdict) {
    size_t answers = 0;
    for (const std::string& line : sidecar->Receive()) {
      if (IsListChange(line)) {
        sidecar->told = Clock::System().Now();
        sidecar->Send(kCall);
      } else {
        sidecar->answered = Clock::System().Now();
        CheckVerdict(line, verdict);
        ++answers;
      }
    }
    return answers;
  }

  const UniqueFd epoll_;
  std::vector<std::unique_ptr<Sidecar>> sidecars_;
};

// Of one round, in milliseconds since the debounce was over.
struct Round {
  double first;
  double p50;
  double p99;
  double last;
  double cpu_us;  // of a sidecar process, on the average
};

double CpuSecondsOf(const Sidecars& sidecars) {
  double seconds = 0;
  for (const auto& sidecar : sidecars.all()) seconds += CpuSeconds(sidecar->pid());
  return seconds;
}

Round Run(const std::string& rules, Verdict verdict, Sidecars* sidecars) {
  WaitFor(kQuiet);
  const double cpu = CpuSecondsOf(*sidecars);
  const MonoTime start = Clock::System().Now();
  Replace(rules, verdict);
  sidecars->AwaitAll(verdict);
  std::vector<double> spans;
  for (const auto& sidecar : sidecars->all()) {
    spans.push_back(Nanoseconds(sidecar->answered - start) / 1e6 - kDebounceMs);
  }
  Round round = {};
  round.p50 = Percentile(&spans, 0.5);
  round.p99 = Percentile(&spans, 0.99);
  round.first = spans.front();
  round.last = spans.back();
  round.cpu_us = (CpuSecondsOf(*sidecars) - cpu) * 1e6 / static_cast<double>(spans.size());
  return round;
}

Spread Of(const std::vector<Round>& rounds, double Round::*figure) {
  std::vector<double> values;
  for (const Round& round : rounds) values.push_back(round.*figure);
  return SpreadOf(values);
}

void Print(size_t count, const std::string& what, const std::vector<Round>& rounds) {
  const Spread p99 = Of(rounds, &Round::p99);
  PrintRow({absl::StrCat("a rule changed on disk → ", count, " sidecars ", what,
                         ": p99 after the debounce"),
            AtMost(p99.median, kMaxP99Ms, " ms"),
            absl::StrCat(Show(p99), " ms; the first ", Show(Of(rounds, &Round::first).median),
                         " ms, p50 ", Show(Of(rounds, &Round::p50).median), " ms, the last ",
                         Show(Of(rounds, &Round::last)), " ms; CPU per sidecar ",
                         Show(Of(rounds, &Round::cpu_us)), " µs"),
            "", ""});
}

void Measure(size_t count, const std::string& rules, const std::vector<std::string>& command) {
  Replace(rules, Verdict::kAllow);
  WaitFor(2 * kQuiet);  // until the PDP has it
  const MonoTime start = Clock::System().Now();
  Sidecars sidecars(command, count);
  std::fprintf(stderr, "%zu sidecars started in %.1f s\n", count,
               Nanoseconds(Clock::System().Now() - start) / 1e9);
  std::vector<Round> denied;
  std::vector<Round> allowed;
  for (int round = 0; round < kRounds; ++round) {
    denied.push_back(Run(rules, Verdict::kDeny, &sidecars));
    allowed.push_back(Run(rules, Verdict::kAllow, &sidecars));
  }
  Print(count, "deny", denied);
}

// Two pipes for each sidecar.
void RaiseDescriptorLimit() {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: sidecars_bench SIDECARS RULES LINE_SERVER SIDECAR...\n");
    return 64;
  }
  std::vector<std::string> command(argv + 4, argv + argc);
  command.emplace_back(argv[3]);
  ostiary::bench::RaiseDescriptorLimit();
  ostiary::bench::Measure(std::strtoul(argv[1], nullptr, 10), argv[2], command);
}
