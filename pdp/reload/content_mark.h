// ContentMark: the bytes of a file, known again by their size and digest.
//
// The digest of a large file takes a tenth of the time that its load does. It is needed only where
// two files have one size, and otherwise made once the load is through, when nobody waits for it.
#ifndef OSTIARY_PDP_RELOAD_CONTENT_MARK_H_
#define OSTIARY_PDP_RELOAD_CONTENT_MARK_H_

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"
#include "common/sha256.h"

namespace ostiary::pdp {

// A value. Comparing may write a digest into both, so two threads may not share one.
class ContentMark {
 public:
  // `text` must outlive this, or its Settle().
  explicit ContentMark(absl::string_view text) : size_(text.size()), text_(text) {}

  // Lets go of the text.
  void Settle() {
    digest();
    text_ = {};
  }

  bool operator==(const ContentMark& other) const {
    return size_ == other.size_ && digest() == other.digest();
  }

 private:
  const Sha256Digest& digest() const {
    if (!digest_.has_value()) digest_ = Sha256(text_);
    return *digest_;
  }

  size_t size_;
  absl::string_view text_;  // until it is settled
  mutable std::optional<Sha256Digest> digest_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_RELOAD_CONTENT_MARK_H_
