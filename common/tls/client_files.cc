#include "common/tls/client_files.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/read_file.h"
#include "common/status_macros.h"

namespace ostiary {
namespace {

constexpr size_t kMaxPemBytes = size_t{1} << 20;
constexpr size_t kMaxTokenBytes = size_t{64} << 10;
// A swap of the files between two reads shows as a mismatch once; more often, it is none.
constexpr int kAttempts = 3;

absl::Status In(absl::string_view where, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(where, ": ", status.message()));
}

template <typename T>
absl::StatusOr<T> In(absl::string_view where, absl::StatusOr<T> read) {
  if (read.ok()) return read;
  return In(where, read.status());
}

absl::StatusOr<std::string> AuthoritiesFrom(const std::string& path) {
  OSTIARY_ASSIGN_OR_RETURN(const std::string text, ReadSmallFile(path, kMaxPemBytes));
  return In(path, ReadAuthorities(text));
}

absl::StatusOr<KeyPair> PairFrom(const std::string& cert, const std::string& key) {
  absl::StatusOr<KeyPair> pair = absl::UnknownError("not tried");
  for (int i = 0; i < kAttempts && !pair.ok(); ++i) {
    OSTIARY_ASSIGN_OR_RETURN(const std::string chain_text, ReadSmallFile(cert, kMaxPemBytes));
    OSTIARY_ASSIGN_OR_RETURN(const std::string key_text, ReadSmallFile(key, kMaxPemBytes));
    pair = ReadKeyPair(chain_text, key_text);
  }
  return In(cert == key ? cert : absl::StrCat(cert, " and ", key), std::move(pair));
}

absl::StatusOr<std::string> TokenFrom(const std::string& path) {
  OSTIARY_ASSIGN_OR_RETURN(const std::string text, ReadSmallFile(path, kMaxTokenBytes));
  return In(path, ReadToken(text));
}

// Keeps what was read; where that failed, what was read before stays.
template <typename T>
absl::Status Keep(absl::StatusOr<T> read, std::optional<T>* kept, absl::Status* problem) {
  if (read.ok()) {
    *kept = *std::move(read);
    return absl::OkStatus();
  }
  if (!kept->has_value()) return read.status();
  problem->Update(read.status());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ClientMaterial> ClientFiles::Read(absl::Status* problem) {
  *problem = absl::OkStatus();
  OSTIARY_RETURN_IF_ERROR(Keep(AuthoritiesFrom(options_.ca), &authorities_, problem));
  if (!options_.cert.empty()) {
    OSTIARY_RETURN_IF_ERROR(Keep(PairFrom(options_.cert, options_.key), &pair_, problem));
  }
  if (!options_.token_file.empty()) {
    OSTIARY_RETURN_IF_ERROR(Keep(TokenFrom(options_.token_file), &token_, problem));
  }
  return ClientMaterial{*authorities_, pair_, token_.value_or("")};
}

absl::StatusOr<std::string> ReadToken(absl::string_view text) {
  const absl::string_view token = absl::StripAsciiWhitespace(text);
  if (token.empty()) return absl::FailedPreconditionError("the token is empty");
  // As an HTTP header takes it; a line end in it would start another header.
  if (!std::all_of(token.begin(), token.end(), absl::ascii_isgraph)) {
    return absl::FailedPreconditionError(
        "the token has blanks, control bytes or bytes beyond ASCII within; is it the right file?");
  }
  return std::string(token);
}

}  // namespace ostiary
