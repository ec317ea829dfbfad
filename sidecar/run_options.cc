#include "sidecar/run_options.h"

#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"

namespace ostiary::sidecar {
namespace {

constexpr char kAbout[] =
    "Access control for AI agents' MCP tools: the sidecar stands between an MCP client and one "
    "MCP\n"
    "server on stdio, and lets through what the policy allows.";

constexpr char kFooter[] =
    "Behind -- stands the server's command: ostiary-sidecar run [FLAGS] -- COMMAND [ARG...]\n"
    "\n"
    "Every flag can be given as OSTIARY_<FLAG> in the environment (--max-line-bytes as\n"
    "OSTIARY_MAX_LINE_BYTES); a flag on the command line wins.\n"
    "\n"
    "Exit status: 64 wrong usage, 78 unusable configuration, otherwise the server's own (128 + N\n"
    "where signal N ended it).\n"
    "\n"
    "Example:\n"
    "  ostiary-sidecar run --agent researcher --server filesystem --rules rules.json \\\n"
    "      -- npx -y @modelcontextprotocol/server-filesystem /tmp";

std::string VariableName(absl::string_view flag) {
  return absl::StrCat("OSTIARY_", absl::AsciiStrToUpper(absl::StrReplaceAll(flag, {{"-", "_"}})));
}

// Adds --`flag`, which may also come from the environment.
template <typename T>
CLI::Option* AddFlag(CLI::App* app, const std::string& flag, T* value, const std::string& help) {
  return app->add_option("--" + flag, *value, help)->envname(VariableName(flag));
}

CLI::Validator IsDuration() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        absl::Duration duration;
        if (absl::ParseDuration(text, &duration) && duration > absl::ZeroDuration() &&
            duration <= absl::Hours(1)) {
          return "";
        }
        return text + " is not a duration such as 500ms or 2s (up to 1h)";
      },
      "DURATION");
}

// What the flags are read into before it is known to make sense.
struct Given {
  RunOptions options;
  std::string mcp_config;
  std::string denial = "result";
  std::string decision_timeout = "1s";
  std::string log_level = "info";
};

void DescribeRun(CLI::App* run, Given* given) {
  EnforcerOptions& enforcer = given->options.enforcer;
  AddFlag(run, "agent", &enforcer.agent, "The agent whose client this is, as the rules name it")
      ->required();
  AddFlag(run, "server", &enforcer.server, "The MCP server, as the rules name it")->required();
  AddFlag(run, "pdp", &given->options.pdp, "Decide by this PDP: host:port or unix:PATH")
      ->type_name("ADDR");
  AddFlag(run, "rules", &given->options.rules,
          "Decide by this rules file, in this process, with hot reload")
      ->type_name("FILE");
  AddFlag(run, "mcp-config", &given->mcp_config,
          "The server catalog (.mcp.json). Without a COMMAND its entry for the server is started")
      ->type_name("FILE");
  AddFlag(run, "denial", &given->denial,
          "How a denied call is answered: with a result that a model reads, or a JSON-RPC error")
      ->check(CLI::IsMember({"result", "error"}))
      ->capture_default_str();
  AddFlag(run, "decision-timeout", &given->decision_timeout,
          "How long a message may wait for its decision before it is denied")
      ->check(IsDuration())
      ->capture_default_str();
  AddFlag(run, "max-line-bytes", &enforcer.max_line_bytes,
          "The longest message let through, either way")
      ->check(CLI::Range(size_t{1} << 10, size_t{1} << 30))
      ->capture_default_str();
  AddFlag(run, "cache-size", &enforcer.max_cached_decisions, "Decisions kept at most")
      ->check(CLI::Range(size_t{1}, size_t{10'000'000}))
      ->capture_default_str();
  AddFlag(run, "log-level", &given->log_level, "What is logged to stderr, and what is worse")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  run->footer(kFooter);
}

bool GivenAsFlag(absl::string_view flag, const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    return argument == flag || argument.rfind(absl::StrCat(flag, "="), 0) == 0;
  });
}

// The first thing that does not make sense, or "".
std::string Problem(const std::vector<std::string>& arguments, RunOptions* options) {
  // A flag beats the other one's variable.
  if (GivenAsFlag("--rules", arguments) && !GivenAsFlag("--pdp", arguments)) options->pdp.clear();
  if (GivenAsFlag("--pdp", arguments) && !GivenAsFlag("--rules", arguments)) options->rules.clear();
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

std::variant<RunOptions, ExitNow> ParseCommandLine(int argc, const char* const* argv) {
  const char* const* const end = argv + argc;
  const char* const* const dashes =
      std::find_if(argv, end, [](const char* text) { return std::strcmp(text, "--") == 0; });
  std::vector<std::string> arguments(std::min(argv + 1, dashes), dashes);

  Given given;
  if (dashes != end) given.options.command.assign(dashes + 1, end);
  CLI::App app(kAbout, "ostiary-sidecar");
  app.set_version_flag("--version", "ostiary-sidecar " OSTIARY_VERSION);
  app.require_subcommand(1);
  DescribeRun(app.add_subcommand("run", "Start an MCP server and guard it"), &given);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    return ExitNow{app.exit(error, std::cout, std::cerr) == 0 ? 0 : EX_USAGE};
  }

  RunOptions& options = given.options;
  if (!given.mcp_config.empty()) options.mcp_config = given.mcp_config;
  options.enforcer.denial_style =
      given.denial == "error" ? DenialStyle::kError : DenialStyle::kResult;
  absl::Duration timeout;
  if (absl::ParseDuration(given.decision_timeout, &timeout)) {
    options.enforcer.decision_timeout = absl::ToChronoNanoseconds(timeout);
  }
  options.log_level = ParseLogLevel(given.log_level);
  if (const std::string problem = Problem(arguments, &options); !problem.empty()) {
    std::cerr << "ostiary-sidecar: " << problem << "\nRun with --help for more information.\n";
    return ExitNow{EX_USAGE};
  }
  return std::move(options);
}

}  // namespace ostiary::sidecar
