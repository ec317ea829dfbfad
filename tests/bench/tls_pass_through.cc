// tls_pass_through PORT NAME CA COMMAND...: shakes hands over TLS with what listens on the port of
// 127.0.0.1, whose certificate must be of CA and bear NAME, waits for its first byte, and then is
// tests/support/pass_through: what a start over TLS takes with OpenSSL alone. OpenSSL reads no
// configuration file, as in the sidecar; all else is as it comes.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/support/line_copier.h"

namespace ostiary::bench {
namespace {

int Connect(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? fd : -1;
}

// The connection stays until the process ends, as a session's does.
bool ShakeHands(int fd, const char* name, const char* ca) {
  static constexpr unsigned char kProtocol[] = {2, 'h', '2'};
  if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) != 1) return false;
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr || SSL_CTX_load_verify_file(context, ca) != 1) return false;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL* const ssl = SSL_new(context);
  char byte = 0;
  return ssl != nullptr && SSL_set1_host(ssl, name) == 1 &&
         SSL_set_tlsext_host_name(ssl, name) == 1 &&
         SSL_set_alpn_protos(ssl, kProtocol, sizeof(kProtocol)) == 0 && SSL_set_fd(ssl, fd) == 1 &&
         SSL_connect(ssl) == 1 && SSL_read(ssl, &byte, 1) == 1;
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fputs("usage: tls_pass_through PORT NAME CA COMMAND...\n", stderr);
    return 64;
  }
  const int fd = ostiary::bench::Connect(static_cast<uint16_t>(std::atoi(argv[1])));
  if (fd < 0 || !ostiary::bench::ShakeHands(fd, argv[2], argv[3])) {
    std::fputs("tls_pass_through: no TLS to be had there\n", stderr);
    return 69;
  }
  return ostiary::CopyLines(argv + 4, nullptr);
}
