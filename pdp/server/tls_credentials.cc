#include "pdp/server/tls_credentials.h"

#include <atomic>
#include <string>

#include "grpc/grpc.h"
#include "grpc/grpc_security.h"

namespace ostiary::pdp {
namespace {

// gRPC's C++ layer wraps credentials from constant texts and from watched files only; its C layer
// has these, which ask at each connection.
class TlsCredentials final : public grpc::ServerCredentials {
 public:
  TlsCredentials(const ServerCertificates& certificates, ClientCertificates clients)
      : certificates_(certificates),
        credentials_(grpc_ssl_server_credentials_create_with_options(
                         grpc_ssl_server_credentials_create_options_using_config_fetcher(
                             RequestType(certificates, clients), &TlsCredentials::Fetch, this)),
                     grpc_server_credentials_release) {}

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {
    // The services themselves look at who asks.
  }

 private:
  static grpc_ssl_client_certificate_request_type RequestType(
      const ServerCertificates& certificates, ClientCertificates clients) {
    if (certificates.paths().client_ca.empty()) return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
    return clients == ClientCertificates::kRequired
               ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
               : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
  }

  // gRPC calls it for one connection at a time.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    auto* const credentials = static_cast<TlsCredentials*>(self);
    const std::shared_ptr<const TlsMaterial> material = credentials->certificates_.Current();
    if (material->serial == credentials->served_.exchange(material->serial)) {
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    }
    const grpc_ssl_pem_key_cert_pair pair = {material->pair.key.c_str(),
                                             material->pair.chain.c_str()};
    // gRPC insists on authorities also where it asks no client for a certificate, and then does
    // nothing with them.
    const std::string& authorities =
        material->client_authorities.empty() ? material->pair.chain : material->client_authorities;
    *config = grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair, 1);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_.get());
  }

  const ServerCertificates& certificates_;
  std::atomic<uint64_t> served_{0};  // the serial that gRPC has
  const std::unique_ptr<grpc_server_credentials, decltype(&grpc_server_credentials_release)>
      credentials_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> NewTlsCredentials(const ServerCertificates& certificates,
                                                           ClientCertificates clients) {
  return std::make_shared<TlsCredentials>(certificates, clients);
}

}  // namespace ostiary::pdp
