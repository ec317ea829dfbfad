#include "sidecar/command_line.h"

#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sidecar/connect_flags.h"
#include "sidecar/flag.h"
#include "sidecar/install_flags.h"
#include "sidecar/run_flags.h"
#include "sidecar/serve_flags.h"

namespace ostiary::sidecar {
namespace {

constexpr char kAbout[] =
    "Access control for AI agents' MCP tools: the sidecar stands between an MCP client and one "
    "MCP\n"
    "server on stdio, and lets through what the policy allows.";

constexpr char kRunFooter[] =
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

constexpr char kServeFooter[] =
    "Behind -- stands the server's command. One server is started for each connection, guarded as\n"
    "by `run`, and ends with it; SIGTERM ends them all. Whoever is not allowed hears why.\n"
    "\n"
    "Every flag can be given as OSTIARY_<FLAG> in the environment.\n"
    "\n"
    "Exit status: 64 wrong usage, 78 unusable configuration, 0 once it was told to end.\n"
    "\n"
    "Example, in a container of its own, for an agent that runs as user 1000 in another:\n"
    "  ostiary-sidecar serve --listen unix:/run/mcp/github.sock --allow-uid 1000 \\\n"
    "      --agent researcher --server github --pdp unix:/run/ostiary/pdp.sock \\\n"
    "      -- github-mcp-server stdio";

constexpr char kConnectFooter[] =
    "Exit status: what `run` would have left with, which is the server's own; 69 where no session\n"
    "came about, or it went away; 64 wrong usage.\n"
    "\n"
    "Example: ostiary-sidecar connect unix:/run/mcp/github.sock";

Words Split(int argc, const char* const* argv) {
  const char* const* const end = argv + argc;
  const char* const* const dashes =
      std::find_if(argv, end, [](const char* text) { return std::strcmp(text, "--") == 0; });
  Words words;
  words.arguments.assign(std::min(argv + 1, dashes), dashes);
  if (dashes != end) words.command.assign(dashes + 1, end);
  return words;
}

// The subcommand's options, or what is wrong with them, said.
template <typename T>
CommandLine Checked(absl::StatusOr<T> options) {
  if (options.ok()) return *std::move(options);
  std::cerr << "ostiary-sidecar: " << options.status().message()
            << "\nRun with --help for more information.\n";
  return ExitNow{EX_USAGE};
}

// Only the subcommand that is asked for gets to know its flags: describing those of all was a third
// of what a sidecar with a rules file computed at its start.
template <typename Flags>
void DescribeWhenAsked(CLI::App* app, std::optional<Flags>* flags) {
  app->preparse_callback([app, flags](size_t /*words*/) { flags->emplace(app); });
}

}  // namespace

CommandLine ParseCommandLine(int argc, const char* const* argv) {
  const Words words = Split(argc, argv);
  CLI::App app(kAbout, "ostiary-sidecar");
  app.set_version_flag("--version", "ostiary-sidecar " OSTIARY_VERSION);
  app.require_subcommand(1);
  CLI::App* const run = app.add_subcommand("run", "Start an MCP server and guard it");
  run->footer(kRunFooter);
  std::optional<RunFlags> run_flags;
  DescribeWhenAsked(run, &run_flags);
  CLI::App* const serve =
      app.add_subcommand("serve", "Start an MCP server for each connection, and guard it");
  serve->footer(kServeFooter);
  std::optional<ServeFlags> serve_flags;
  DescribeWhenAsked(serve, &serve_flags);
  CLI::App* const connect = app.add_subcommand(
      "connect", "Be the stdio end of a server that `serve` starts and guards elsewhere");
  connect->footer(kConnectFooter);
  std::optional<ConnectFlags> connect_flags;
  DescribeWhenAsked(connect, &connect_flags);
  CLI::App* const install =
      app.add_subcommand("install", "Copy this program to a folder, for an init container");
  std::optional<InstallFlags> install_flags;
  DescribeWhenAsked(install, &install_flags);
  try {
    app.parse(std::vector<std::string>(words.arguments.rbegin(), words.arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return ExitNow{app.exit(error, std::cout, std::cerr) == 0 ? 0 : EX_USAGE};
  }
  if (serve->parsed()) return Checked(serve_flags->Options(words));
  if (connect->parsed()) return Checked(connect_flags->Options(words));
  if (install->parsed()) return Checked(install_flags->Options(words));
  return Checked(run_flags->Options(words));
}

}  // namespace ostiary::sidecar
