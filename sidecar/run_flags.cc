#include "sidecar/run_flags.h"

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/status_macros.h"
#include "sidecar/pdp_flags.h"

namespace ostiary::sidecar {
namespace {

// The first thing that does not make sense, or "".
std::string Problem(const Words& words, RunOptions* options) {
  // A flag beats the other one's variable.
  if (GivenAsFlag("rules", words) && !GivenAsFlag("pdp", words)) options->pdp.clear();
  if (GivenAsFlag("pdp", words) && !GivenAsFlag("rules", words)) options->rules.clear();
  if (options->enforcer.agent.empty()) return "--agent is empty";
  if (options->enforcer.server.empty()) return "--server is empty";
  if (options->pdp.empty() && options->rules.empty()) {
    return "one of --pdp and --rules is required: who decides?";
  }
  if (!options->pdp.empty() && !options->rules.empty()) {
    return "--pdp and --rules exclude each other: only one can decide";
  }
  if (options->command.empty() && !options->mcp_config.has_value()) {
    return "no server to start: put its command behind --, or give --mcp-config";
  }
  return "";
}

LogLevel ParseLogLevel(absl::string_view name) {
  for (LogLevel level : {LogLevel::kDebug, LogLevel::kWarning, LogLevel::kError}) {
    if (LogLevelName(level) == name) return level;
  }
  return LogLevel::kInfo;
}

}  // namespace

RunFlags::RunFlags(CLI::App* app) {
  EnforcerOptions& enforcer = options_.enforcer;
  AddFlag(app, "agent", &enforcer.agent, "The agent whose client this is, as the rules name it")
      ->required();
  AddFlag(app, "server", &enforcer.server, "The MCP server, as the rules name it")->required();
  AddDecisionFlags(app);
  AddLimits(app);
  AddFlag(app, "log-level", &log_level_, "What is logged to stderr, and what is worse")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
}

void RunFlags::AddDecisionFlags(CLI::App* app) {
  AddFlag(app, "pdp", &options_.pdp, "Decide by this PDP: host:port or unix:PATH")
      ->type_name("ADDR");
  AddPdpTlsFlags(app, &options_.pdp_tls);
  AddFlag(app, "rules", &options_.rules,
          "Decide by this rules file, in this process, with hot reload")
      ->type_name("FILE");
  AddFlag(app, "mcp-config", &mcp_config_,
          "The server catalog (.mcp.json). Without a COMMAND its entry for the server is started")
      ->type_name("FILE");
  AddFlag(app, "denial", &denial_,
          "How a denied call is answered: with a result that a model reads, or a JSON-RPC error")
      ->check(CLI::IsMember({"result", "error"}))
      ->capture_default_str();
  AddFlag(app, "decision-timeout", &decision_timeout_,
          "How long a message may wait for its decision before it is denied")
      ->check(IsDuration())
      ->capture_default_str();
}

void RunFlags::AddLimits(CLI::App* app) {
  EnforcerOptions& enforcer = options_.enforcer;
  AddFlag(app, "max-line-bytes", &enforcer.max_line_bytes,
          "The longest message let through, either way")
      ->check(CLI::Range(size_t{1} << 10, size_t{1} << 30))
      ->capture_default_str();
  AddFlag(app, "cache-size", &enforcer.max_cached_decisions, "Decisions kept at most")
      ->check(CLI::Range(size_t{1}, size_t{10'000'000}))
      ->capture_default_str();
}

absl::StatusOr<RunOptions> RunFlags::Options(const Words& words) const {
  RunOptions options = options_;
  options.command = words.command;
  if (!mcp_config_.empty()) options.mcp_config = mcp_config_;
  options.enforcer.denial_style = denial_ == "error" ? DenialStyle::kError : DenialStyle::kResult;
  absl::Duration timeout;
  if (absl::ParseDuration(decision_timeout_, &timeout)) {
    options.enforcer.decision_timeout = absl::ToChronoNanoseconds(timeout);
  }
  options.log_level = ParseLogLevel(log_level_);
  if (const std::string problem = Problem(words, &options); !problem.empty()) {
    return absl::InvalidArgumentError(problem);
  }
  if (!options.pdp.empty()) OSTIARY_RETURN_IF_ERROR(options.pdp_tls.Validate(options.pdp));
  return options;
}

}  // namespace ostiary::sidecar
