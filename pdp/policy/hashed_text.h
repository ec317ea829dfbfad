// HashedText: a text and its hash, as the key of a table of long texts: the text is hashed once,
// however often the table looks for it and grows.
//
// A value over a view: what it points to must outlive it.
#ifndef OSTIARY_PDP_POLICY_HASHED_TEXT_H_
#define OSTIARY_PDP_POLICY_HASHED_TEXT_H_

#include <cstddef>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace ostiary::pdp {

struct HashedText {
  explicit HashedText(absl::string_view t) : text(t), hash(absl::Hash<absl::string_view>()(t)) {}

  bool operator==(const HashedText& other) const {
    return hash == other.hash && text == other.text;
  }

  // For the table's parameter.
  struct Hash {
    size_t operator()(const HashedText& key) const { return key.hash; }
  };

  absl::string_view text;
  size_t hash;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_HASHED_TEXT_H_
