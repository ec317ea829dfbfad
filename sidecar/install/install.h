// Install: puts the program that runs into a folder, for an init container that has no shell and no
// cp.
#ifndef OSTIARY_SIDECAR_INSTALL_INSTALL_H_
#define OSTIARY_SIDECAR_INSTALL_INSTALL_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ostiary::sidecar {

// What the program is called where it is installed.
inline constexpr char kInstalledName[] = "ostiary-sidecar";

struct InstallOptions {
  // Must exist: an emptyDir that the agent's container mounts as well.
  std::string directory;
};

struct Installed {
  std::string path;
  uint64_t bytes = 0;
};

// Copies /proc/self/exe to DIRECTORY/ostiary-sidecar, executable by all and writable by its owner
// (0755).
//
// What stands there under that name is replaced as one, so that whoever starts it gets the old
// program or the new one, whole, even when the machine dies meanwhile: written beside it, brought
// to the disk, then renamed. Several may install at once. A symbolic link of that name is replaced,
// not followed.
//
// An error says which step failed, where and why, and leaves the folder as it was.
// FAILED_PRECONDITION where the folder is not one to install to, RESOURCE_EXHAUSTED where it is
// full, else UNAVAILABLE.
//
// Not to be killed halfway: it blocks every signal, for good. The process is to end after it.
absl::StatusOr<Installed> Install(const InstallOptions& options);

// The same with another file than the running program, for tests.
absl::StatusOr<Installed> InstallFile(absl::string_view source, const InstallOptions& options);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_INSTALL_INSTALL_H_
