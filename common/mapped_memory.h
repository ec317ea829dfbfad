// MappedMemory: a large block straight from the kernel, for what lives long or is soon gone and
// must not stay with the allocator. In huge pages where the machine has them: a tenth of the time
// that many small pages take to come and to go.
//
// A value that owns its memory, used as any other: two threads may read, one may write.
#ifndef OSTIARY_COMMON_MAPPED_MEMORY_H_
#define OSTIARY_COMMON_MAPPED_MEMORY_H_

#include <cstddef>
#include <utility>

namespace ostiary {

class MappedMemory {
 public:
  // From this size on, memory is better mapped: a huge page's.
  static constexpr size_t kHugePage = size_t{2} << 20;

  MappedMemory() = default;
  // `size` bytes or a few more, all zero; memory is taken only for those that are touched. Throws
  // std::bad_alloc, as operator new does, where there is none.
  explicit MappedMemory(size_t size);
  ~MappedMemory();
  MappedMemory(MappedMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedMemory& operator=(MappedMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  char* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace ostiary

#endif  // OSTIARY_COMMON_MAPPED_MEMORY_H_
