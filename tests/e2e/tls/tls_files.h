// TlsFiles: a folder with the rules, the certificates of a PDP and of its clients, and the ways in
// which they are renewed. For one thread.
#ifndef OSTIARY_TESTS_E2E_TLS_TLS_FILES_H_
#define OSTIARY_TESTS_E2E_TLS_TLS_FILES_H_

#include <memory>
#include <string>
#include <vector>

#include "grpcpp/channel.h"
#include "tests/pdp/reload/scratch_dir.h"
#include "tests/support/certificates.h"
#include "tests/support/test_process.h"

namespace ostiary {

// For localhost, 127.0.0.1 and pdp.example.
CertificateOptions PdpNames();
// For the client that bindings.json lets speak for every agent.
CertificateOptions ClientNames();

class TlsFiles {
 public:
  // rules.json, bindings.json, tls.crt and tls.key of `authority`, ca.crt; client.crt and
  // client.key of the same.
  TlsFiles();

  const TestAuthority& authority() const { return authority_; }
  const pdp::ScratchDir& directory() const { return directory_; }
  std::string Path(const std::string& name) const { return directory_.Path(name); }

  // Each replaces the files one after the other.
  void WritePdp(const CertifiedKey& issued) const;
  void WriteClient(const CertifiedKey& issued) const;

  // `serve` on a free port of loopback, with TLS.
  std::vector<std::string> ServeWithTls() const;
  // The same, and clients must show a certificate of the authority.
  std::vector<std::string> ServeWithMutualTls() const;
  // How a sidecar, or `status`, is told to make sure of it.
  std::vector<std::string> ClientFlags() const;
  // A connection of its own, by the authority, that tries Check again as proto/README.md says,
  // and shows a certificate of the authority. From any thread.
  std::shared_ptr<grpc::Channel> Connect(const std::string& address) const;

 private:
  const TestAuthority authority_;
  const CertifiedKey client_;
  const pdp::ScratchDir directory_;
};

// An ostiary-pdp that serves, with its log on the pipe.
class PdpProcess {
 public:
  // Waits until it listens; a failure fails the test.
  explicit PdpProcess(const std::vector<std::string>& command,
                      const std::vector<std::string>& variables = {});
  const std::string& address() const { return address_; }
  // All lines up to one that has `text`; the test fails where none comes.
  bool WaitForLog(const std::string& text);
  // SIGTERM, and its end.
  int Stop();
  TestProcess& process() { return process_; }
  // What has been read of its log.
  const std::string& log() const { return log_; }

 private:
  TestProcess process_;
  std::string address_;
  std::string log_;
};

}  // namespace ostiary

#endif  // OSTIARY_TESTS_E2E_TLS_TLS_FILES_H_
