// fleet_bench CONNECTIONS STREAMS ADDRESS PID RULES BARE_ADDRESS BARE_PID: how soon so many
// sessions hear that the policy changed.
//
// The sessions lie on so many connections with so many streams each; those of the PDP and those of
// bare_broadcast have a client process each. In turns the rules file is replaced, and
// bare_broadcast gets a SIGHUP: what is measured lies between the first session's event and the
// last one's. Then the file is replaced again as soon as one session has heard of the first change.
// Client and servers share the machine's cores.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/unique_fd.h"
#include "tests/bench/fleet.h"
#include "tests/bench/measure.h"

namespace ostiary::bench {
namespace {

constexpr int kRounds = 5;
constexpr MonoDuration kHeartbeatInterval = std::chrono::seconds(5);  // the PDP's default
constexpr MonoDuration kQuiet = std::chrono::milliseconds(300);       // longer than its debounce
constexpr double kMaxSpanMs = 1000;

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "fleet_bench: %s\n", why.c_str());
  std::exit(1);
}

double Milliseconds(MonoDuration span) { return Nanoseconds(span) / 1e6; }

struct Server {
  std::string address;
  pid_t pid;
  std::string rules;  // empty: it is told by SIGHUP alone
};

struct Shape {
  int connections;
  int streams;
  int sessions() const { return connections * streams; }
};

// What one bump, or two, came to. Crosses a pipe.
struct BumpReport {
  double span_ms;   // from the first session that heard to the last one
  double p50_ms;    // the same to the middle one
  double cpu_us;    // of the server, per session
  double own_us;    // of the client process, per session
  int most_events;  // of one session
  int heard_once;   // sessions
};

enum class Order : char { kBump = 'b', kTwoBumps = 't' };

// The rules with another mark: they decide alike, but their revision is another.
void Replace(const std::string& rules) {
  static int mark = 0;
  const std::string next = absl::StrCat(rules, ".next");
  std::ofstream file(next, std::ios::trunc);
  file << R"({"agents": {"bench": {"allow": {"servers": ["files"]}}, "mark-)" << ++mark
       << R"(": {"allow": {"servers": ["files"]}}}})";
  file.close();
  if (!file || ::rename(next.c_str(), rules.c_str()) != 0) Fail("cannot replace the rules");
}

// The client process of one server's sessions: obeys orders, and reports.
class Client {
 public:
  Client(const Server& server, const Shape& shape)
      : server_(server), fleet_(server.address, shape.connections, shape.streams) {}

  BumpReport Obey(Order order) {
    const double cpu = CpuSeconds(server_.pid);
    const double own = CpuSeconds(::getpid());
    const uint64_t before = fleet_.newest();
    fleet_.Forget();
    Bump(order);
    if (order == Order::kTwoBumps) {
      fleet_.AwaitFirst();
      Bump(order);
    }
    const Hearing hearing = fleet_.AwaitAll(before + (order == Order::kTwoBumps ? 2 : 1));
    WaitFor(kQuiet);  // until the acknowledgements are read, too
    return Report(hearing, CpuSeconds(server_.pid) - cpu, CpuSeconds(::getpid()) - own);
  }

 private:
  // A second bump cannot wait for the files to settle, so SIGHUP asks for both.
  void Bump(Order order) const {
    if (!server_.rules.empty()) Replace(server_.rules);
    const bool asks = server_.rules.empty() || order == Order::kTwoBumps;
    if (asks && ::kill(server_.pid, SIGHUP) != 0) Fail("the server is gone");
  }

  BumpReport Report(const Hearing& hearing, double cpu_seconds, double own_seconds) const {
    const double per_session = 1e6 / static_cast<double>(fleet_.size());
    std::vector<double> spans;
    spans.reserve(hearing.last.size());
    for (const MonoTime last : hearing.last) spans.push_back(Milliseconds(last - hearing.first));
    const double p50 = Percentile(&spans, 0.5);
    const auto& events = hearing.events;
    return {spans.back(),
            p50,
            cpu_seconds * per_session,
            own_seconds * per_session,
            *std::max_element(events.begin(), events.end()),
            static_cast<int>(std::count(events.begin(), events.end(), 1))};
  }

  const Server server_;
  Fleet fleet_;
};

// The parent's end of a client process.
class ClientProcess {
 public:
  // Returns at once; before anything of gRPC is used here.
  ClientProcess(const Server& server, const Shape& shape) {
    int orders[2];
    int reports[2];
    if (::pipe2(orders, O_CLOEXEC) != 0 || ::pipe2(reports, O_CLOEXEC) != 0) Fail("no pipes");
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) Fail("cannot fork");
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(1);
      ::close(orders[1]);
      Serve(server, shape, orders[0], reports[1]);
    }
    ::close(orders[0]);
    ::close(reports[1]);
    orders_.Reset(orders[1]);
    reports_.Reset(reports[0]);
  }
  ~ClientProcess() {
    orders_.Reset();
    ::waitpid(pid_, nullptr, 0);
  }
  ClientProcess(const ClientProcess&) = delete;
  ClientProcess& operator=(const ClientProcess&) = delete;

  void AwaitStart() const { Read<char>(); }
  BumpReport Obey(Order order) const {
    if (::write(orders_.get(), &order, sizeof(order)) != sizeof(order)) Fail("a client is gone");
    return Read<BumpReport>();
  }

 private:
  [[noreturn]] static void Serve(const Server& server, const Shape& shape, int orders,
                                 int reports) {
    Client client(server, shape);
    Write(reports, '!');
    for (Order order; ::read(orders, &order, sizeof(order)) == sizeof(order);) {
      Write(reports, client.Obey(order));
    }
    ::_exit(0);  // the server notices; ten thousand streams are not worth the time to end them
  }
  template <typename T>
  static void Write(int fd, const T& value) {
    if (::write(fd, &value, sizeof(value)) != sizeof(value)) ::_exit(1);
  }
  template <typename T>
  T Read() const {
    T value;
    if (::read(reports_.get(), &value, sizeof(value)) != sizeof(value)) Fail("a client failed");
    return value;
  }

  pid_t pid_ = -1;
  UniqueFd orders_;
  UniqueFd reports_;
};

double ResidentKb(pid_t pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) return std::atof(line.c_str() + 6);
  }
  Fail("the server is gone");
}

Spread Of(const std::vector<BumpReport>& reports, double BumpReport::*figure) {
  std::vector<double> values;
  for (const BumpReport& report : reports) values.push_back(report.*figure);
  return SpreadOf(values);
}

void PrintBumps(const std::string& fleet, const std::vector<BumpReport>& ours,
                const std::vector<BumpReport>& bare) {
  const Spread span = Of(ours, &BumpReport::span_ms);
  const Spread bare_span = Of(bare, &BumpReport::span_ms);
  PrintRow({absl::StrCat("a bump to ", fleet, ", first to last notified"),
            AtMost(span.median, kMaxSpanMs, " ms"),
            absl::StrCat(Show(span), " ms; to the middle one ",
                         Show(Of(ours, &BumpReport::p50_ms).median), " ms"),
            absl::StrCat("bare service ", Show(bare_span), " ms"),
            Show(span.median / bare_span.median)});
  const Spread cpu = Of(ours, &BumpReport::cpu_us);
  const Spread bare_cpu = Of(bare, &BumpReport::cpu_us);
  PrintRow({absl::StrCat("the same, the server's CPU per session, with the acknowledgement"), "",
            absl::StrCat(Show(cpu), " µs; of the client process ",
                         Show(Of(ours, &BumpReport::own_us).median), " µs"),
            absl::StrCat("bare service ", Show(bare_cpu), " µs"),
            Show(cpu.median / bare_cpu.median)});
}

void PrintTwoBumps(const Shape& shape, const std::vector<BumpReport>& ours) {
  std::vector<double> once;
  int most = 0;
  for (const BumpReport& report : ours) {
    once.push_back(100.0 * report.heard_once / shape.sessions());
    most = std::max(most, report.most_events);
  }
  const Spread span = Of(ours, &BumpReport::span_ms);
  const Spread merged = SpreadOf(once);
  const bool met = merged.least > 0 && most <= 2 && span.median <= kMaxSpanMs;
  PrintRow({"a second bump as soon as the first session heard",
            absl::StrCat("merges, ≤ 1000 ms", met ? ": met" : ": **missed**"),
            absl::StrCat(Show(merged),
                         " % of the sessions heard once, of the newest; the others "
                         "twice; ",
                         Show(span), " ms to the last"),
            "", ""});
}

void PrintIdle(const Shape& shape, pid_t pid, double grown_kb, double bare_grown_kb) {
  const double sessions = shape.sessions();
  const double cpu = CpuSeconds(pid);
  WaitFor(kHeartbeatInterval);
  PrintRow({"an idle session: the PDP's CPU per heartbeat", "",
            absl::StrCat(Show((CpuSeconds(pid) - cpu) * 1e6 / sessions), " µs"), "", ""});
  PrintRow({"a session: the PDP's resident memory", "",
            absl::StrCat(Show(grown_kb / sessions), " kB"),
            absl::StrCat("bare service ", Show(bare_grown_kb / sessions), " kB"),
            Show(grown_kb / bare_grown_kb)});
}

void Measure(const Shape& shape, const Server& pdp, const Server& bare) {
  const double before = ResidentKb(pdp.pid);
  const double bare_before = ResidentKb(bare.pid);
  ClientProcess ours(pdp, shape);
  ClientProcess theirs(bare, shape);
  ours.AwaitStart();
  theirs.AwaitStart();
  const double grown = ResidentKb(pdp.pid) - before;
  const double bare_grown = ResidentKb(bare.pid) - bare_before;
  std::vector<BumpReport> bumps;
  std::vector<BumpReport> bare_bumps;
  std::vector<BumpReport> two_bumps;
  for (int round = 0; round < kRounds; ++round) {
    bumps.push_back(ours.Obey(Order::kBump));
    bare_bumps.push_back(theirs.Obey(Order::kBump));
    two_bumps.push_back(ours.Obey(Order::kTwoBumps));
  }
  const std::string fleet =
      absl::StrCat(shape.sessions(), " sessions on ", shape.connections, " connections");
  PrintBumps(fleet, bumps, bare_bumps);
  PrintTwoBumps(shape, two_bumps);
  // A sidecar's session has a connection of its own.
  if (shape.streams == 1) PrintIdle(shape, pdp.pid, grown, bare_grown);
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr,
                 "usage: fleet_bench CONNECTIONS STREAMS ADDRESS PID RULES BARE_ADDRESS "
                 "BARE_PID\n");
    return 64;
  }
  // Debian's Abseil follows the order of all locks otherwise, at a cost that grows with them.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  ostiary::bench::Measure({std::atoi(argv[1]), std::atoi(argv[2])},
                          {argv[3], std::atoi(argv[4]), argv[5]},
                          {argv[6], std::atoi(argv[7]), ""});
}
