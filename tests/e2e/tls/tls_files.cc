#include "tests/e2e/tls/tls_files.h"

#include <gtest/gtest.h>

#include <csignal>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "nlohmann/json.hpp"
#include "tests/e2e/tls/load.h"

namespace ostiary {
namespace {

// TestProcess has a pipe on stdout; the log goes to stderr.
std::vector<std::string> WithLogOnStdout(const std::vector<std::string>& command) {
  std::vector<std::string> words = {"/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&1"};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

}  // namespace

CertificateOptions PdpNames() {
  CertificateOptions options;
  options.dns_names = {"localhost", "pdp.example"};
  options.ip_addresses = {"127.0.0.1"};
  return options;
}

CertificateOptions ClientNames() {
  CertificateOptions options;
  options.uris = {"spiffe://test/client"};
  return options;
}

TlsFiles::TlsFiles() : client_(authority_.Issue(ClientNames())) {
  directory_.WriteInPlace(
      "bindings.json",
      R"({"bindings": [{"identity": "spiffe://test/client", "agents": ["*"], "roles": ["admin"]}]})");
  directory_.WriteInPlace("rules.json", AllowingRules());
  directory_.WriteInPlace("ca.crt", authority_.root());
  WritePdp(authority_.Issue(PdpNames()));
  WriteClient(client_);
}

void TlsFiles::WritePdp(const CertifiedKey& issued) const {
  directory_.RenameOver("tls.crt", issued.chain);
  directory_.RenameOver("tls.key", issued.key);
}

void TlsFiles::WriteClient(const CertifiedKey& issued) const {
  directory_.RenameOver("client.crt", issued.chain);
  directory_.RenameOver("client.key", issued.key);
}

std::vector<std::string> TlsFiles::ServeWithTls() const {
  return {PDP,           "serve",      "--rules",       Path("rules.json"), "--listen",
          "127.0.0.1:0", "--tls-cert", Path("tls.crt"), "--tls-key",        Path("tls.key")};
}

std::vector<std::string> TlsFiles::ServeWithMutualTls() const {
  std::vector<std::string> words = ServeWithTls();
  words.insert(words.end(), {"--client-ca", Path("ca.crt"), "--bindings", Path("bindings.json")});
  return words;
}

std::vector<std::string> TlsFiles::ClientFlags() const { return {"--pdp-ca", Path("ca.crt")}; }

std::shared_ptr<grpc::Channel> TlsFiles::Connect(const std::string& address) const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // As proto/README.md tells every client that calls Check: gRPC 1.51 ends a call that meets a
  // server on its way out with CANCELLED.
  arguments.SetServiceConfigJSON(R"({"methodConfig": [{
    "name": [{"service": "ostiary.v1.PolicyDecisionService", "method": "Check"}],
    "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.05s", "maxBackoff": "1s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"]}}]})");
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = authority_.root();
  ssl.pem_cert_chain = client_.chain;
  ssl.pem_private_key = client_.key;
  return grpc::CreateCustomChannel(absl::StrCat("dns:///", address), grpc::SslCredentials(ssl),
                                   arguments);
}

PdpProcess::PdpProcess(const std::vector<std::string>& command,
                       const std::vector<std::string>& variables)
    : process_(WithLogOnStdout(command), variables) {
  while (address_.empty()) {
    const std::optional<std::string> line = process_.ReadLine();
    if (!line.has_value()) break;
    log_ += *line + "\n";
    const auto entry = nlohmann::json::parse(*line, nullptr, /*allow_exceptions=*/false);
    if (entry.is_object() && entry.value("event", "") == "listening") {
      address_ = entry.value("address", "");
    }
  }
  EXPECT_NE(address_, "") << "it never said where it listens:\n" << log_;
}

bool PdpProcess::WaitForLog(const std::string& text) {
  while (const std::optional<std::string> line = process_.ReadLine()) {
    log_ += *line + "\n";
    if (absl::StrContains(*line, text)) return true;
  }
  ADD_FAILURE() << "the log never said " << text << ":\n" << log_;
  return false;
}

int PdpProcess::Stop() {
  process_.Signal(SIGTERM);
  log_ += process_.ReadRest();
  return process_.Wait();
}

}  // namespace ostiary
