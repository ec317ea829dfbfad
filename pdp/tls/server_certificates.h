// ServerCertificates: the key, the certificate and the client authorities that the PDP's TLS uses
// now, in step with their files.
//
// The files are read and checked together. What does not hold together (a key of one renewal and a
// certificate of another, a file half written or gone, an expired certificate in place of a valid
// one) is not taken over: what was used before goes on being used, and the log and the report say
// so. A key and the certificate that it made are a pair however they were read, so a swap of the
// files in the middle of a reading shows as a mismatch, which is read again, and never as a
// mixture.
//
// Nothing is written anywhere. Thread-safe.
#ifndef OSTIARY_PDP_TLS_SERVER_CERTIFICATES_H_
#define OSTIARY_PDP_TLS_SERVER_CERTIFICATES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/mutex.h"
#include "common/tls/pem.h"
#include "pdp/reload/reload_subject.h"

namespace ostiary::pdp {

struct CertificatePaths {
  std::string cert;       // PEM, the leaf first
  std::string key;        // PEM; may be the same file
  std::string client_ca;  // PEM; empty where clients are not asked for certificates

  // Those that are to be watched.
  std::vector<std::string> All() const;
};

// One state of the files, never changed.
struct TlsMaterial {
  KeyPair pair;
  std::string client_authorities;  // empty where there is no client_ca
  uint64_t serial = 0;             // 1 for the first, +1 for each later one
};

// For metrics.
struct CertificateReport {
  uint64_t loaded = 0;  // times that something new was taken over, the first included
  uint64_t failed = 0;  // readings that were not taken over; grows for as long as the files are bad
  absl::Time not_after;
  absl::Status last_error;  // OK where the last reading was good
};

class ServerCertificates final : public ReloadSubject {
 public:
  // Reads the files. An error names the file, says what is wrong and what to do. `clock` and `log`
  // must outlive it.
  static absl::StatusOr<std::unique_ptr<ServerCertificates>> Create(CertificatePaths paths,
                                                                    const Clock& clock,
                                                                    const Log& log);

  std::vector<std::string> WatchedPaths() const override { return paths_.All(); }
  std::vector<Issue> Refresh(ReloadMode mode) override ABSL_LOCKS_EXCLUDED(mutex_);

  std::shared_ptr<const TlsMaterial> Current() const ABSL_LOCKS_EXCLUDED(mutex_);
  CertificateReport Report() const ABSL_LOCKS_EXCLUDED(mutex_);
  const CertificatePaths& paths() const { return paths_; }

 private:
  ServerCertificates(CertificatePaths paths, const Clock& clock, const Log& log);

  absl::StatusOr<TlsMaterial> Read() const;
  std::vector<Issue> Issues(const absl::Status& status) const;
  // Why what was read cannot be taken over, if so.
  absl::Status Judge(const absl::StatusOr<TlsMaterial>& read) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status TakeOver(absl::StatusOr<TlsMaterial> read) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SayValidity(const KeyPair& pair) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const CertificatePaths paths_;
  const Clock& clock_;
  const Log& log_;

  mutable Mutex mutex_;
  std::shared_ptr<const TlsMaterial> current_ ABSL_GUARDED_BY(mutex_);
  CertificateReport report_ ABSL_GUARDED_BY(mutex_);
  uint64_t invalid_said_ ABSL_GUARDED_BY(mutex_) = 0;  // the serial that the log called invalid
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_TLS_SERVER_CERTIFICATES_H_
