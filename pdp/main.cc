// ostiary-pdp: reads flags and the environment, and hands them to a command.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "pdp/commands/ask_command.h"
#include "pdp/commands/check_command.h"
#include "pdp/commands/environment.h"
#include "pdp/commands/exit_codes.h"
#include "pdp/commands/remote_command.h"
#include "pdp/commands/serve_command.h"
#include "pdp/commands/validate_command.h"
#include "pdp/flags.h"

namespace ostiary::pdp {
namespace {

using Run = std::function<int()>;

void AddRules(CLI::App* app, PolicyPaths* paths, PolicyLimits* limits) {
  AddText(app, "--rules", &paths->rules, "The rules file")->required()->type_name("FILE");
  FromEnvironment(app->add_option_function<std::string>(
                      "--mcp-config",
                      [paths](const std::string& path) { paths->mcp_config = path; },
                      "The server catalog, in the format of MCP clients (.mcp.json)"))
      ->check(NotEmpty())
      ->type_name("FILE");
  AddNumber(app, "--max-file-bytes", &limits->max_file_bytes, "Bytes of each file, at most");
}

void AddSessionFlags(CLI::App* app, SessionOptions* sessions) {
  AddNumber(app, "--max-sessions", &sessions->max_sessions, "Sessions at once, at most");
  AddNumber(app, "--max-open-checks", &sessions->max_open_checks,
            "Open checks of one session, at most");
  AddDuration(app, "--heartbeat", &sessions->heartbeat_interval,
              "How often each session hears that the PDP lives");
  AddDuration(app, "--lease", &sessions->lease,
              "How long a sidecar may use its cache without hearing so");
}

CertificatePaths* Tls(ServerOptions* server) {
  if (!server->tls.has_value()) server->tls.emplace();
  return &*server->tls;
}

void AddFile(CLI::App* app, const std::string& flag, const std::string& help,
             const std::function<void(const std::string&)>& take) {
  FromEnvironment(app->add_option_function<std::string>(flag, take, help))
      ->check(NotEmpty())
      ->type_name("FILE");
}

void AddTlsFlags(CLI::App* app, ServerOptions* server) {
  AddFile(app, "--tls-cert", "Speak TLS over TCP, with this certificate (PEM, leaf first)",
          [server](const std::string& path) { Tls(server)->cert = path; });
  AddFile(app, "--tls-key", "Its private key (PEM); may be the same file",
          [server](const std::string& path) { Tls(server)->key = path; });
  AddFile(app, "--client-ca", "Demand certificates that this authority signed (PEM)",
          [server](const std::string& path) { Tls(server)->client_ca = path; });
}

void AddTokenFlags(CLI::App* app, IdentityOptions* identity) {
  AddText(app, "--token-issuer", &identity->tokens.issuer,
          "Take service account tokens of this issuer, over TLS")
      ->type_name("URL");
  AddText(app, "--token-audience", &identity->tokens.audience, "The audience that they must name")
      ->capture_default_str();
  AddText(app, "--token-jwks", &identity->jwks_file, "The issuer's keys (JWKS)")->type_name("FILE");
  AddText(app, "--token-jwks-url", &identity->jwks_url, "Where to get them, by HTTPS")
      ->type_name("URL");
  AddText(app, "--token-jwks-ca", &identity->jwks_ca, "Who vouches for that address (PEM)")
      ->type_name("FILE");
  AddText(app, "--token-jwks-bearer", &identity->jwks_bearer, "A token to show there")
      ->type_name("FILE");
  AddDuration(app, "--token-jwks-refresh", &identity->jwks_refresh, "How often to get them");
}

void AddBindings(CLI::App* app, std::string* bindings) {
  AddText(app, "--bindings", bindings, "Which identities may speak for which agents")
      ->type_name("FILE");
}

void AddServerFlags(CLI::App* app, ServeOptions* options) {
  ServerOptions& server = options->server;
  FromEnvironment(app->add_option("--listen", server.listen,
                                  "host:port or unix:PATH; several with commas, or repeated"))
      ->delimiter(',')
      ->type_name("ADDR")
      ->check(NotEmpty())
      ->capture_default_str();
  AddTlsFlags(app, &server);
  AddTokenFlags(app, &options->identity);
  AddBindings(app, &options->identity.bindings);
  FromEnvironment(app->add_flag_callback(
      "--allow-insecure-tcp", [&server] { server.plaintext_tcp = PlaintextTcp::kAnywhere; },
      "Listen without encryption on addresses that others can reach"));
  AddNumber(app, "--max-message-bytes", &server.max_message_bytes, "Bytes of one message, at most");
  AddNumber(app, "--max-transport-bytes", &server.max_transport_bytes,
            "What gRPC's buffers and connections may take, at most");
  AddNumber(app, "--max-streams", &server.max_streams_per_connection,
            "Calls and sessions at once on one connection, at most");
  AddNumber(app, "--max-batch", &server.requests.max_accesses, "Accesses of one request, at most");
  AddDuration(app, "--drain-grace", &server.drain_grace, "How long a stop waits for open calls");
  AddSessionFlags(app, &server.sessions);
  AddDuration(app, "--max-connection-age", &server.sessions.max_connection_age,
              "How long a connection lasts, so that sidecars spread over new replicas; or inf");
  AddDuration(app, "--max-connection-age-grace", &server.max_connection_age_grace,
              "How long its open calls get from then on");
  AddText(app, "--health-listen", &server.health_listen,
          "Answer health checks here too, and nothing else: in plaintext, for kubelet's probes")
      ->type_name("ADDR");
}

// What one part's flags mean for another.
void Combine(ServeOptions* options) {
  if (!options->server.tls.has_value() || options->server.tls->client_ca.empty()) return;
  options->identity.certificates = CertificatesCount::kYes;
  // Those who show a token need no certificate.
  if (!options->identity.tokens.issuer.empty()) {
    options->server.client_certificates = ClientCertificates::kOptional;
  }
}

void AddServe(CLI::App* parent, Run* run) {
  CLI::App* const app = parent->add_subcommand("serve", "Answer sidecars and operators");
  auto options = std::make_shared<ServeOptions>();
  AddRules(app, &options->paths, &options->limits);
  AddServerFlags(app, options.get());
  AddText(app, "--metrics-listen", &options->metrics_listen,
          "Serve Prometheus metrics there, over plain HTTP at /metrics (default: nowhere)")
      ->type_name("ADDR");
  AddChoice<LogLevel>(app, "--log-level", &options->log_level,
                      {{"debug", LogLevel::kDebug},
                       {"info", LogLevel::kInfo},
                       {"warning", LogLevel::kWarning},
                       {"error", LogLevel::kError}},
                      "What to log on stderr");
  app->callback([options, run] {
    *run = [options] {
      options->server.policy = options->limits;
      Combine(options.get());
      return RunServe(*options, std::cerr);
    };
  });
}

void AddValidate(CLI::App* parent, Run* run) {
  CLI::App* const app = parent->add_subcommand("validate", "Say whether the files would load");
  auto paths = std::make_shared<PolicyPaths>();
  auto limits = std::make_shared<PolicyLimits>();
  auto bindings = std::make_shared<std::string>();
  AddRules(app, paths.get(), limits.get());
  AddBindings(app, bindings.get());
  app->callback([paths, bindings, limits, run] {
    *run = [paths, bindings, limits] { return RunValidate(*paths, *bindings, *limits, std::cout); };
  });
}

// --tool, --resource and --prompt: one at most; none asks for the server as a whole.
// `Options` has a kind and a name.
template <typename Options>
void AddKinds(CLI::App* app, Options* options, std::vector<CLI::Option*>* single) {
  const auto add = [&](const std::string& flag, AccessKind kind, const std::string& help) {
    return FromEnvironment(app->add_option_function<std::string>(
                               flag,
                               [options, kind](const std::string& name) {
                                 options->kind = kind;
                                 options->name = name;
                               },
                               help))
        ->check(NotEmpty());
  };
  CLI::Option* const tool = add("--tool", AccessKind::kTool, "The tool's name");
  CLI::Option* const resource = add("--resource", AccessKind::kResource, "The resource's URI");
  CLI::Option* const prompt = add("--prompt", AccessKind::kPrompt, "The prompt's name");
  tool->excludes(resource)->excludes(prompt);
  resource->excludes(prompt);
  single->insert(single->end(), {tool, resource, prompt});
}

void AddCheck(CLI::App* parent, Run* run) {
  CLI::App* const app = parent->add_subcommand("check", "Decide by the files, without a PDP");
  auto options = std::make_shared<CheckOptions>();
  AddRules(app, &options->paths, &options->limits);
  CLI::Option* const agent = AddText(app, "--agent", &options->agent, "Who asks for access");
  CLI::Option* const server = AddText(app, "--server", &options->server, "The MCP server");
  std::vector<CLI::Option*> single = {agent, server};
  AddKinds(app, options.get(), &single);
  single.push_back(AddChoice<CheckFormat>(
      app, "--format", &options->format,
      {{"text", CheckFormat::kText}, {"json", CheckFormat::kJson}}, "How to print the decision"));
  auto is_batch = std::make_shared<bool>(false);
  CLI::Option* const batch = FromEnvironment(
      app->add_flag("--batch", *is_batch, "Read accesses from stdin, as JSON Lines"));
  app->callback([options, agent, server, batch, single, is_batch, run] {
    for (const CLI::Option* option : single) {
      // One that a shell sets for the sidecar's sake is no contradiction, and --batch ignores it.
      const bool from_shell = std::getenv(option->get_envname().c_str()) != nullptr;
      if (*is_batch && option->count() > 0 && !from_shell) {
        throw CLI::ExcludesError(batch->get_name(), option->get_name());
      }
    }
    for (const CLI::Option* option : {agent, server}) {
      if (!*is_batch && option->count() == 0) throw CLI::RequiredError(option->get_name());
    }
    *run = [options, is_batch] {
      return *is_batch ? RunCheckBatch(*options, STDIN_FILENO, std::cout, std::cerr)
                       : RunCheck(*options, std::cout, std::cerr);
    };
  });
}

void AddClientTlsFlags(CLI::App* app, ClientTlsOptions* tls) {
  AddFile(app, "--pdp-ca", "Speak TLS, and trust a PDP whose certificate this authority signed",
          [tls](const std::string& path) { tls->ca = path; });
  AddText(app, "--pdp-name", &tls->name, "The name on its certificate, if not the address's");
  AddFile(app, "--pdp-cert", "The certificate to show it (PEM, leaf first)",
          [tls](const std::string& path) { tls->cert = path; });
  AddFile(app, "--pdp-key", "Its private key (PEM); may be the same file",
          [tls](const std::string& path) { tls->key = path; });
  AddFile(app, "--pdp-token-file", "The bearer token to show it",
          [tls](const std::string& path) { tls->token_file = path; });
  FromEnvironment(app->add_flag_callback(
      "--allow-insecure-tcp", [tls] { tls->insecure_tcp = InsecureTcp::kAllowed; },
      "Ask a PDP on the network without TLS: others can then answer in its place"));
}

using RemoteCommand = int (*)(const AdminTarget&, std::ostream&, std::ostream&);

void AddRemote(CLI::App* parent, const std::string& name, const std::string& help,
               RemoteCommand command, Run* run) {
  CLI::App* const app = parent->add_subcommand(name, help);
  auto target = std::make_shared<AdminTarget>();
  AddText(app, "--pdp", &target->address, "Where the PDP listens")->required()->type_name("ADDR");
  AddClientTlsFlags(app, &target->tls);
  app->callback([target, command, run] {
    *run = [target, command] { return command(*target, std::cout, std::cerr); };
  });
}

void AddAsk(CLI::App* parent, Run* run) {
  CLI::App* const app = parent->add_subcommand("ask", "Ask a PDP for a decision");
  auto options = std::make_shared<AskOptions>();
  AddText(app, "--pdp", &options->target.address, "Where the PDP listens")
      ->required()
      ->type_name("ADDR");
  AddClientTlsFlags(app, &options->target.tls);
  AddText(app, "--agent", &options->access.agent, "Who asks for access")->required();
  AddText(app, "--server", &options->access.server, "The MCP server")->required();
  std::vector<CLI::Option*> kinds;
  AddKinds(app, &options->access, &kinds);
  AddChoice<Expectation>(app, "--expect", &options->expectation,
                         {{"allow", Expectation::kAllow}, {"deny", Expectation::kDeny}},
                         "The decision to end with 0 for; the other ends with 3");
  app->callback(
      [options, run] { *run = [options] { return RunAsk(*options, std::cout, std::cerr); }; });
}

int Main(int argc, char** argv) {
  if (const absl::Status status = CleanEnvironment(argv); !status.ok()) {
    std::cerr << "ostiary-pdp: " << status.message() << "\n";
    return kExitConfig;
  }
  Run run;
  CLI::App app("ostiary-pdp decides which agents may use which MCP tools.", "ostiary-pdp");
  app.set_version_flag("--version", absl::StrCat("ostiary-pdp ", OSTIARY_VERSION));
  app.footer(
      "Every flag can also be given in the environment: --mcp-config as OSTIARY_MCP_CONFIG.");
  app.require_subcommand(0, 1);
  AddServe(&app, &run);
  AddValidate(&app, &run);
  AddCheck(&app, &run);
  AddAsk(&app, &run);
  AddRemote(&app, "status", "Ask a PDP what it is doing", &RunStatus, &run);
  AddRemote(&app, "reload", "Tell a PDP to load its files now", &RunReload, &run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  if (!run) {
    std::cerr
        << "ostiary-pdp: say what to do: serve, validate, check, ask, status or reload (--help)\n";
    return kExitUsage;
  }
  const int status = run();
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "ostiary-pdp: the output could not be written whole\n";
    return kExitFailed;
  }
  return status;
}

}  // namespace
}  // namespace ostiary::pdp

int main(int argc, char** argv) { return ostiary::pdp::Main(argc, argv); }
