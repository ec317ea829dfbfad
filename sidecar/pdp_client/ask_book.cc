#include "sidecar/pdp_client/ask_book.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "sidecar/pdp_client/wire.h"

namespace ostiary::sidecar {

absl::Status AskBook::Open(uint64_t id, absl::string_view server,
                           const std::vector<Access>& accesses, MonoTime now) {
  if (by_id_.contains(id)) return absl::OkStatus();
  if (open_.size() >= limits_.max_open) {
    return absl::ResourceExhaustedError(
        absl::StrCat(open_.size(), " questions to the PDP have no answer yet"));
  }
  OSTIARY_ASSIGN_OR_RETURN(v1::SessionRequest request, ToCheckRequest(id, server, accesses));
  const size_t bytes = request.ByteSizeLong();
  if (bytes > limits_.max_ask_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat("a question to the PDP of ", bytes,
                                                     " bytes; at most ", limits_.max_ask_bytes));
  }
  if (unsent_bytes_ + bytes > limits_.max_unsent_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(unsent_bytes_, " bytes of questions wait to be sent to the PDP"));
  }
  by_id_[id] = open_.insert(open_.end(), Ask{id, accesses.size(), now});
  unsent_.push_back(std::move(request));
  unsent_bytes_ += bytes;
  return absl::OkStatus();
}

std::optional<v1::SessionRequest> AskBook::TakeUnsent() {
  if (unsent_.empty()) return std::nullopt;
  v1::SessionRequest request = std::move(unsent_.front());
  unsent_.pop_front();
  unsent_bytes_ -= request.ByteSizeLong();
  if (auto found = by_id_.find(request.check().id()); found != by_id_.end()) {
    found->second->sent = true;
  }
  return request;
}

std::optional<size_t> AskBook::Close(uint64_t id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end() || !found->second->sent) return std::nullopt;
  const size_t accesses = found->second->accesses;
  open_.erase(found->second);
  by_id_.erase(found);
  return accesses;
}

std::optional<MonoTime> AskBook::Oldest() const {
  if (open_.empty()) return std::nullopt;
  return open_.front().opened;
}

}  // namespace ostiary::sidecar
