#include "pdp/tls/server_certificates.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/read_file.h"
#include "common/status_macros.h"

namespace ostiary::pdp {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 20;
// A swap of the files between two reads shows as a mismatch once; more often, it is none.
constexpr int kAttempts = 3;

absl::Status In(absl::string_view where, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(where, ": ", status.message()));
}

bool Same(const TlsMaterial& a, const TlsMaterial& b) {
  return a.pair.key == b.pair.key && a.pair.chain == b.pair.chain &&
         a.client_authorities == b.client_authorities;
}

std::string Validity(const KeyPair& pair) {
  return absl::StrCat(absl::FormatTime(pair.not_before, absl::UTCTimeZone()), " to ",
                      absl::FormatTime(pair.not_after, absl::UTCTimeZone()));
}

}  // namespace

std::vector<std::string> CertificatePaths::All() const {
  std::vector<std::string> all = {cert};
  if (key != cert) all.push_back(key);
  if (!client_ca.empty()) all.push_back(client_ca);
  return all;
}

ServerCertificates::ServerCertificates(CertificatePaths paths, const Clock& clock, const Log& log)
    : paths_(std::move(paths)), clock_(clock), log_(log) {}

absl::StatusOr<std::unique_ptr<ServerCertificates>> ServerCertificates::Create(
    CertificatePaths paths, const Clock& clock, const Log& log) {
  auto certificates = absl::WrapUnique(new ServerCertificates(std::move(paths), clock, log));
  const MutexLock lock(&certificates->mutex_);
  OSTIARY_RETURN_IF_ERROR(certificates->TakeOver(certificates->Read()));
  return certificates;
}

absl::StatusOr<TlsMaterial> ServerCertificates::Read() const {
  absl::StatusOr<KeyPair> pair = absl::UnknownError("not tried");
  for (int i = 0; i < kAttempts && !pair.ok(); ++i) {
    OSTIARY_ASSIGN_OR_RETURN(const std::string cert, ReadSmallFile(paths_.cert, kMaxFileBytes));
    OSTIARY_ASSIGN_OR_RETURN(const std::string key, ReadSmallFile(paths_.key, kMaxFileBytes));
    pair = ReadKeyPair(cert, key);
  }
  const std::string both =
      paths_.key == paths_.cert ? paths_.cert : absl::StrCat(paths_.cert, " and ", paths_.key);
  if (!pair.ok()) return In(both, pair.status());
  TlsMaterial material{*std::move(pair), "", 0};
  if (paths_.client_ca.empty()) return material;
  OSTIARY_ASSIGN_OR_RETURN(const std::string ca, ReadSmallFile(paths_.client_ca, kMaxFileBytes));
  absl::StatusOr<std::string> authorities = ReadAuthorities(ca);
  if (!authorities.ok()) return In(paths_.client_ca, authorities.status());
  material.client_authorities = *std::move(authorities);
  return material;
}

absl::Status ServerCertificates::Judge(const absl::StatusOr<TlsMaterial>& read) const {
  OSTIARY_RETURN_IF_ERROR(read.status());
  const absl::Time now = clock_.WallNow();
  if (current_ == nullptr || !current_->pair.ValidAt(now) || read->pair.ValidAt(now)) {
    return absl::OkStatus();
  }
  return In(paths_.cert, absl::FailedPreconditionError(
                             absl::StrCat("the certificate is valid from ", Validity(read->pair),
                                          ", which is not now, and the present one is valid")));
}

absl::Status ServerCertificates::TakeOver(absl::StatusOr<TlsMaterial> read) {
  OSTIARY_RETURN_IF_ERROR(Judge(read));
  if (current_ != nullptr && Same(*current_, *read)) return absl::OkStatus();
  read->serial = current_ == nullptr ? 1 : current_->serial + 1;
  current_ = std::make_shared<const TlsMaterial>(*std::move(read));
  ++report_.loaded;
  report_.not_after = current_->pair.not_after;
  log_.Info("certificate_loaded", {{"cert", paths_.cert}, {"validity", Validity(current_->pair)}});
  return absl::OkStatus();
}

std::vector<Issue> ServerCertificates::Issues(const absl::Status& status) const {
  if (status.ok()) return {};
  Issue issue;
  issue.severity = Severity::kError;
  issue.message = std::string(status.message());
  issue.file = paths_.cert;
  return {std::move(issue)};
}

std::vector<Issue> ServerCertificates::Refresh(ReloadMode mode) {
  absl::StatusOr<TlsMaterial> read = Read();
  const MutexLock lock(&mutex_);
  if (mode == ReloadMode::kValidateOnly) return Issues(Judge(read));
  const absl::Status status = TakeOver(std::move(read));
  if (!status.ok()) {
    ++report_.failed;
    // The poll meets the same again and again.
    const LogLevel level = status == report_.last_error ? LogLevel::kDebug : LogLevel::kError;
    log_.Write(level, "certificate_not_loaded",
               {{"error", std::string(status.message())},
                {"effect", "the certificate that was loaded before goes on being used"}});
  }
  report_.last_error = status;
  SayValidity(current_->pair);
  return Issues(status);
}

void ServerCertificates::SayValidity(const KeyPair& pair) {
  if (pair.ValidAt(clock_.WallNow()) || invalid_said_ == current_->serial) return;
  invalid_said_ = current_->serial;
  log_.Warning("certificate_not_valid",
               {{"cert", paths_.cert},
                {"validity", Validity(pair)},
                {"effect", "clients refuse the connection; renew the certificate"}});
}

std::shared_ptr<const TlsMaterial> ServerCertificates::Current() const {
  const MutexLock lock(&mutex_);
  return current_;
}

CertificateReport ServerCertificates::Report() const {
  const MutexLock lock(&mutex_);
  return report_;
}

}  // namespace ostiary::pdp
