#include "pdp/reload/file_text.h"

#include <cstring>

namespace ostiary::pdp {

void FileText::Reserve(size_t capacity) {
  if (capacity <= capacity_) return;
  FileText larger;
  larger.capacity_ = capacity;
  if (capacity < MappedMemory::kHugePage) {
    larger.small_.reset(new char[capacity]);
  } else {
    larger.large_ = MappedMemory(capacity);
  }
  if (size_ > 0) std::memcpy(larger.data(), data(), size_);
  larger.size_ = size_;
  *this = std::move(larger);
}

}  // namespace ostiary::pdp
