// ReservedMemory: a range of addresses of which more and more is memory, for what grows and must
// stay where it is and near each other. What lies beyond a huge page's size is in huge pages where
// the machine has them: a tenth of the time that many small pages take to come and to go.
//
// Owns its memory; two threads may read, one may write.
#ifndef OSTIARY_COMMON_RESERVED_MEMORY_H_
#define OSTIARY_COMMON_RESERVED_MEMORY_H_

#include <cstddef>

namespace ostiary {

class ReservedMemory {
 public:
  // Reserves addresses for up to `most` bytes, which takes no memory; where the process is not
  // given so many, for less, and leaves half of those that it may have to others. Throws
  // std::bad_alloc, as operator new does, where it is given none.
  explicit ReservedMemory(size_t most);
  ~ReservedMemory();
  ReservedMemory(const ReservedMemory&) = delete;
  ReservedMemory& operator=(const ReservedMemory&) = delete;

  // Makes `size` bytes usable, or a few more; all that are new are zero, and memory is taken only
  // for those that are touched. Throws std::bad_alloc where there is not so much, and changes
  // nothing. Never less than before.
  void GrowTo(size_t size);

  // Gives back the addresses that are not usable yet: it grows no more.
  void GiveBackRest();

  // Where it begins: at a multiple of a huge page's size.
  char* data() const { return data_; }
  // How many bytes are usable.
  size_t size() const { return size_; }

 private:
  // Gives back what is mapped from there on.
  void CutTo(const char* end);

  char* mapped_ = nullptr;
  size_t mapped_size_ = 0;
  char* data_ = nullptr;
  size_t most_ = 0;
  size_t size_ = 0;
};

}  // namespace ostiary

#endif  // OSTIARY_COMMON_RESERVED_MEMORY_H_
