// FileText: the bytes of one file, in memory that is not filled with zeros before it is read into
// and, where the file is large, lies in huge pages and goes back to the kernel afterwards.
//
// A value that one thread fills; used as the absl::string_view that it turns into.
#ifndef OSTIARY_PDP_RELOAD_FILE_TEXT_H_
#define OSTIARY_PDP_RELOAD_FILE_TEXT_H_

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/mapped_memory.h"

namespace ostiary::pdp {

class FileText {
 public:
  FileText() = default;
  FileText(FileText&& other) noexcept { *this = std::move(other); }
  FileText& operator=(FileText&& other) noexcept {
    small_.swap(other.small_);
    std::swap(large_, other.large_);
    std::swap(capacity_, other.capacity_);
    std::swap(size_, other.size_);
    return *this;
  }

  // Makes room for `capacity` bytes in all; what is there stays.
  void Reserve(size_t capacity);
  // The room behind the text, to be read into.
  absl::Span<char> room() { return {data() + size_, capacity_ - size_}; }
  // The first `count` bytes of the room become text.
  void Add(size_t count) { size_ += count; }

  size_t size() const { return size_; }
  operator absl::string_view() const { return {data(), size_}; }  // NOLINT: as std::string does
  friend bool operator==(const FileText& a, absl::string_view b) {
    return absl::string_view(a) == b;
  }

 private:
  char* data() const { return large_.data() != nullptr ? large_.data() : small_.get(); }

  std::unique_ptr<char[]> small_;
  MappedMemory large_;
  size_t capacity_ = 0;
  size_t size_ = 0;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_RELOAD_FILE_TEXT_H_
