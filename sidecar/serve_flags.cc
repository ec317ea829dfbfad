#include "sidecar/serve_flags.h"

#include <limits>

#include "common/status_macros.h"
#include "sidecar/socket/unix_address.h"

namespace ostiary::sidecar {
namespace {

constexpr mode_t kMaxMode = 0777;

CLI::Validator IsSocketMode() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        const bool octal = text.find_first_not_of("01234567") == std::string::npos;
        if (octal && !text.empty() && text.size() <= 4 &&
            std::stoul(text, nullptr, 8) <= kMaxMode) {
          return "";
        }
        return text + " is not a file mode such as 0660";
      },
      "MODE");
}

}  // namespace

ServeFlags::ServeFlags(CLI::App* app) : run_(app) {
  AddFlag(app, "listen", &listen_, "Where to listen: a Unix socket, as unix:PATH")
      ->type_name("ADDR")
      ->required();
  AddFlag(app, "socket-mode", &socket_mode_, "Who may open the socket, as a file's mode")
      ->check(IsSocketMode())
      ->capture_default_str();
  AddFlag(
      app, "allow-uid", &allowed_uids_,
      "The number of a user who may connect; may be repeated, or a list with commas. Without it "
      "only our own user may. Root needs it as any other")
      ->delimiter(',')
      // The largest number is no user's.
      ->check(CLI::Range(uid_t{0}, std::numeric_limits<uid_t>::max() - 1))
      ->type_name("UID");
  AddFlag(app, "max-connections", &max_connections_, "Sessions at a time; each starts a server")
      ->check(CLI::Range(size_t{1}, size_t{1000}))
      ->capture_default_str();
}

absl::StatusOr<ServeOptions> ServeFlags::Options(const Words& words) const {
  ServeOptions options;
  OSTIARY_ASSIGN_OR_RETURN(options.path, ParseUnixAddress(listen_));
  OSTIARY_ASSIGN_OR_RETURN(options.run, run_.Options(words));
  options.socket_mode = static_cast<mode_t>(std::stoul(socket_mode_, nullptr, 8));
  options.allowed_uids = allowed_uids_;
  options.max_connections = max_connections_;
  return options;
}

}  // namespace ostiary::sidecar
