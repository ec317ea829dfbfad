// RunFlags: the command line of `ostiary-sidecar run`, with what the environment adds to it.
//
//   RunFlags flags(app.add_subcommand("run", …));    before the command line is parsed
//   flags.Options(words)                             behind it, if this subcommand was asked for
#ifndef OSTIARY_SIDECAR_RUN_FLAGS_H_
#define OSTIARY_SIDECAR_RUN_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "sidecar/flag.h"
#include "sidecar/run_options.h"

namespace ostiary::sidecar {

class RunFlags {
 public:
  // Describes the flags to `app`, which will write here: neither moves nor ends before the other.
  explicit RunFlags(CLI::App* app);
  RunFlags(const RunFlags&) = delete;
  RunFlags& operator=(const RunFlags&) = delete;

  // What was asked for, or INVALID_ARGUMENT with the first thing that makes no sense.
  absl::StatusOr<RunOptions> Options(const Words& words) const;

 private:
  void AddDecisionFlags(CLI::App* app);
  void AddLimits(CLI::App* app);

  // What the flags are read into before it is known to make sense.
  RunOptions options_;
  std::string mcp_config_;
  std::string denial_ = "result";
  std::string decision_timeout_ = "1s";
  std::string log_level_ = "info";
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_RUN_FLAGS_H_
