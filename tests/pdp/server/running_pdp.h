// RunningPdp: a PdpServer in this process, on a Unix socket and a free TCP port, with rules that a
// test writes. For tests; used from one thread save where a test says otherwise.
#ifndef OSTIARY_TESTS_PDP_SERVER_RUNNING_PDP_H_
#define OSTIARY_TESTS_PDP_SERVER_RUNNING_PDP_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "common/log.h"
#include "grpcpp/channel.h"
#include "ostiary/v1/admin.grpc.pb.h"
#include "ostiary/v1/decision.grpc.pb.h"
#include "pdp/identity/identity_sources.h"
#include "pdp/metrics/counts.h"
#include "pdp/reload/policy_store.h"
#include "pdp/reload/reloader.h"
#include "pdp/server/pdp_server.h"
#include "tests/pdp/reload/scratch_dir.h"

namespace ostiary::pdp {

// Rules by which "researcher" may use the server "search" and of its tools "web_search" alone, and
// which differ between two values of `mark` in the agent "mark-N".
std::string RulesMarked(int mark);

// The catalog that the tests start with: "search" and "notes".
extern const absl::string_view kCatalog;

enum class StartWith : uint8_t { kRules, kNothing };

class RunningPdp {
 public:
  // Options with `tls` need its files there, and then TCP speaks TLS. Where there are `bindings`,
  // the text of bindings.json, callers are identified.
  explicit RunningPdp(ServerOptions options = {}, StartWith start = StartWith::kRules,
                      absl::string_view bindings = "");

  // Makes RulesMarked(mark) decide, past the files.
  void Publish(int mark);

  // A connection of its own.
  std::shared_ptr<grpc::Channel> Connect() const;
  std::unique_ptr<v1::PolicyDecisionService::Stub> Decisions() const;
  std::unique_ptr<v1::PolicyAdminService::Stub> Admin() const;

  v1::StatusResponse Status() const;
  v1::ReloadResponse Reload(bool validate_only = false) const;

  const ScratchDir& directory() const { return directory_; }
  std::string rules_path() const { return directory_.Path("rules.json"); }
  std::string catalog_path() const { return directory_.Path("mcp.json"); }
  std::string socket_path() const { return directory_.Path("pdp.sock"); }
  std::string unix_address() const { return server_->addresses()[0]; }
  std::string tcp_address() const { return server_->addresses()[1]; }
  // nullptr without options.tls. They are read again when a test calls Refresh.
  ServerCertificates* certificates() { return certificates_.get(); }
  PolicyStore& store() { return store_; }
  Reloader& reloader() { return reloader_; }
  Metrics& metrics() { return metrics_; }
  PdpServer& server() { return *server_; }
  void Stop() { server_.reset(); }

 private:
  ScratchDir directory_;
  Log log_;
  PolicyStore store_;
  Reloader reloader_;
  Metrics metrics_;
  std::unique_ptr<ServerCertificates> certificates_;
  std::unique_ptr<IdentitySources> identity_;
  std::unique_ptr<PdpServer> server_;
};

std::shared_ptr<grpc::Channel> ConnectTo(const std::string& address);

}  // namespace ostiary::pdp

#endif  // OSTIARY_TESTS_PDP_SERVER_RUNNING_PDP_H_
