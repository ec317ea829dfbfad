#include "pdp/policy/arena.h"

#include <cstring>

#include "pdp/policy/near.h"

namespace ostiary::pdp {

absl::string_view Arena::Copy(absl::string_view text) {
  if (text.empty()) return "";
  char* copy = static_cast<char*>(Allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

void* Arena::Allocate(size_t size, size_t alignment) {
  if (!memory_.has_value()) memory_.emplace(kNearBytes);
  const size_t begin = (used_ + alignment - 1) & ~(alignment - 1);
  const size_t end = begin + size;
  if (end + kReadBehind > memory_->size()) memory_->GrowTo(end + kReadBehind);
  used_ = end;
  return memory_->data() + begin;
}

}  // namespace ostiary::pdp
