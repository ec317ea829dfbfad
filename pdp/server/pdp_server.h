// PdpServer: the PDP on its ports: the services of api.md, health and reflection, over TCP and Unix
// sockets at once.
//
// Owned by the serve command. Everything that it is given must outlive it, save that the store may
// go on telling it of policies that nobody hears any more. Drain and the destructor are called from
// one thread; what runs inside is the services' affair.
#ifndef OSTIARY_PDP_SERVER_PDP_SERVER_H_
#define OSTIARY_PDP_SERVER_PDP_SERVER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "pdp/identity/identity_sources.h"
#include "pdp/metrics/counts.h"
#include "pdp/reload/policy_store.h"
#include "pdp/reload/reload_subject.h"
#include "pdp/reload/reloader.h"
#include "pdp/server/server_options.h"
#include "pdp/server/session_registry.h"
#include "pdp/tls/server_certificates.h"

namespace ostiary::pdp {

// What a PDP reloads beside its rules: it watches the files of these, and the Reload RPC reads them
// too. Either may be nullptr.
std::vector<ReloadSubject*> ReloadedBesideRules(ServerCertificates* certificates,
                                                IdentitySources* identity);

class PdpServer {
 public:
  // Checks the options, takes all addresses and answers on all of them, or takes none.
  // INVALID_ARGUMENT for options that cannot be used, ALREADY_EXISTS or UNAVAILABLE for an address
  // that cannot be had. `certificates` are those of options.tls, and only then needed.
  // `identity` says who callers are; without it nobody is identified, and nobody refused for that.
  static absl::StatusOr<std::unique_ptr<PdpServer>> Create(
      const ServerOptions& options, PolicyStore* store, Reloader* reloader, const Clock& clock,
      Metrics* metrics, ServerCertificates* certificates = nullptr,
      IdentitySources* identity = nullptr);
  // Drains, without grace if Drain was not called.
  ~PdpServer();
  PdpServer(const PdpServer&) = delete;
  PdpServer& operator=(const PdpServer&) = delete;

  // Where it listens, in the order of the options, with the ports that were taken.
  const std::vector<std::string>& addresses() const;
  // Where it answers health checks besides; empty where options.health_listen is.
  std::string health_address() const;

  // How things stand, from one moment. Thread-safe.
  SidecarReport Report(size_t max_sidecars) const;

  // Ends in good order and returns when all is ended: health says NOT_SERVING, new calls and
  // sessions are refused with UNAVAILABLE, calls in flight finish, sessions have their open checks
  // answered and end with UNAVAILABLE. What is left after the grace is cancelled.
  // options.health_listen answers until all else has ended.
  void Drain();

 private:
  struct Rep;
  explicit PdpServer(std::unique_ptr<Rep> rep);
  const std::unique_ptr<Rep> rep_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_PDP_SERVER_H_
