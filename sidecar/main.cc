// ostiary-sidecar: reads the flags and the environment, and does what they ask for.
#include <fcntl.h>
#include <malloc.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/status_macros.h"
#include "sidecar/command_line.h"
#include "sidecar/connect_command.h"
#include "sidecar/foreign_code.h"
#include "sidecar/install/install.h"
#include "sidecar/run_command.h"
#include "sidecar/serve_command.h"
#ifdef OSTIARY_WITH_PDP
#include "sidecar/pdp_client/tls_algorithms.h"
#endif

namespace ostiary::sidecar {
namespace {

// The server gets the environment as it came. We keep none of it: what gRPC, OpenSSL or the
// resolver would read there (proxies, traces, certificates, host aliases) is not ours to obey.
std::vector<std::string> TakeEnvironment() {
  std::vector<std::string> environment;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    environment.emplace_back(*variable);
  }
  ::clearenv();
  return environment;
}

// No descriptor of ours must take the number of a standard one that came closed.
void OpenStandardDescriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", O_RDWR);
  }
}

// Before the libraries set themselves up: gRPC makes an eventfd there.
[[gnu::section(".preinit_array"), gnu::used]] void (*const kFirstOfAll)() = OpenStandardDescriptors;

// The exit status of a subcommand, or why it could not do its work.
absl::StatusOr<int> Do(const ExitNow& exit) { return exit.status; }
absl::StatusOr<int> Do(const ConnectOptions& options) { return Connect(options); }

absl::StatusOr<int> Do(const InstallOptions& options) {
  OSTIARY_ASSIGN_OR_RETURN(const Installed installed, Install(options));
  std::cout << "installed " << installed.path << ", ostiary-sidecar " OSTIARY_VERSION ", "
            << installed.bytes << " bytes" << std::endl;
  return EX_OK;
}

// A rules file needs neither names nor TLS, and setting up OpenSSL pages in much of it.
absl::Status PrepareToAsk(const RunOptions& options) {
  if (options.pdp.empty()) return absl::OkStatus();
  OSTIARY_RETURN_IF_ERROR(RefuseForeignCode());
#ifdef OSTIARY_WITH_PDP
  if (options.pdp_tls.on()) {
    return KeepToTlsAlgorithms(options.pdp_tls.key.empty() ? PrivateKeys::kNone
                                                           : PrivateKeys::kRead);
  }
#endif
  return absl::OkStatus();
}

absl::StatusOr<int> Do(const RunOptions& options) {
  OSTIARY_RETURN_IF_ERROR(PrepareToAsk(options));
  return RunServer(options, TakeEnvironment());
}

absl::StatusOr<int> Do(const ServeOptions& options) {
  OSTIARY_RETURN_IF_ERROR(PrepareToAsk(options.run));
  return Serve(options, TakeEnvironment());
}

// A thread's own arena grows by a system call per page, and OpenSSL is set up in gRPC's threads: a
// hundred calls. A second one is there for threads that allocate much at a time, and none of ours
// do: a cached call allocates nothing.
void ShareOneArena() { ::mallopt(M_ARENA_MAX, 1); }

int Main(int argc, char** argv) {
  ShareOneArena();
  const CommandLine command_line = ParseCommandLine(argc, argv);
  const absl::StatusOr<int> status =
      std::visit([](const auto& options) { return Do(options); }, command_line);
  if (status.ok()) return *status;
  std::cerr << "ostiary-sidecar: " << status.status().message() << "\n";
  return EX_CONFIG;
}

}  // namespace
}  // namespace ostiary::sidecar

int main(int argc, char** argv) { return ostiary::sidecar::Main(argc, argv); }
