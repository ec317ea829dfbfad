// Memory that grows where it is.
#include "common/reserved_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>
#include <optional>

#include "common/mapped_memory.h"
#include "gtest/gtest.h"
#include "tests/support/limited_addresses.h"

namespace ostiary {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

TEST(ReservedMemoryTest, GrowsWhereItIsAndKeepsWhatItHolds) {
  ReservedMemory memory(64 * kMiB);
  EXPECT_EQ(memory.size(), 0u);
  char* const begin = memory.data();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(begin) % MappedMemory::kHugePage, 0u);
  size_t before = 0;
  for (const size_t size : {size_t{1}, size_t{5'000}, 3 * kMiB, 3 * kMiB + 1, 64 * kMiB}) {
    memory.GrowTo(size);
    EXPECT_EQ(memory.data(), begin);
    ASSERT_GE(memory.size(), size);
    EXPECT_LE(memory.size(), 64 * kMiB);
    // What is new is zero up to the last byte.
    for (size_t at = before; at < memory.size(); at += 511) ASSERT_EQ(begin[at], 0) << at;
    for (size_t at = 0; at < before; at += 511) ASSERT_EQ(begin[at], 1) << at;
    for (size_t at = before; at < memory.size(); ++at) begin[at] = 1;
    before = memory.size();
  }
}

TEST(ReservedMemoryTest, NeverShrinks) {
  ReservedMemory memory(kMiB);
  memory.GrowTo(kMiB / 2);
  const size_t size = memory.size();
  memory.GrowTo(1);
  EXPECT_EQ(memory.size(), size);
}

TEST(ReservedMemoryTest, HasNoMoreThanItReserved) {
  ReservedMemory memory(4 * kMiB);
  memory.GrowTo(4 * kMiB);
  EXPECT_THROW(memory.GrowTo(4 * kMiB + 1), std::bad_alloc);
  EXPECT_EQ(memory.size(), 4 * kMiB);
}

TEST(ReservedMemoryTest, ReservesLessWhereTheProcessMayNotHaveMore) {
  const LimitedAddresses limited(64 * kMiB);
  ReservedMemory memory(1024 * kMiB);
  memory.GrowTo(8 * kMiB);
  memory.data()[8 * kMiB - 1] = 1;
  EXPECT_THROW(memory.GrowTo(64 * kMiB), std::bad_alloc);
}

// The size that it takes may be just what is left: the rest of the process needs some, too.
TEST(ReservedMemoryTest, LeavesHalfOfTheAddressesToOthers) {
  for (size_t mib = 36; mib <= 96; ++mib) {
    const LimitedAddresses limited(mib * kMiB);
    const ReservedMemory memory(1024 * kMiB);
    EXPECT_NO_THROW(MappedMemory((mib / 2 - 4) * kMiB)) << mib;
  }
}

TEST(ReservedMemoryTest, GivesBackWhatIsNotUsable) {
  ReservedMemory memory(256 * kMiB);
  memory.GrowTo(3 * kMiB);
  const size_t size = memory.size();
  memory.data()[size - 1] = 1;
  const size_t before = AddressesInUse();
  memory.GiveBackRest();
  EXPECT_LE(AddressesInUse() + 250 * kMiB, before);
  EXPECT_EQ(memory.size(), size);
  EXPECT_EQ(memory.data()[size - 1], 1);
  EXPECT_THROW(memory.GrowTo(size + 1), std::bad_alloc);
  memory.GiveBackRest();
  EXPECT_EQ(memory.data()[size - 1], 1);
}

// What others map where the rest was is theirs.
TEST(ReservedMemoryTest, NeverTouchesWhatItGaveBack) {
  std::optional<ReservedMemory> memory(16 * kMiB);
  memory->GrowTo(1);
  const size_t size = memory->size();
  memory->GiveBackRest();
  void* const others = ::mmap(memory->data() + size, kMiB, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  ASSERT_EQ(others, memory->data() + size);
  EXPECT_THROW(memory->GrowTo(size + 1), std::bad_alloc);
  memory.reset();
  EXPECT_EQ(::msync(others, kMiB, MS_ASYNC), 0) << "no more mapped";
  ::munmap(others, kMiB);
}

TEST(ReservedMemoryTest, GrowsByNoMoreThanIsLeft) {
  ReservedMemory memory(6 * kMiB);
  memory.GrowTo(4 * kMiB);
  memory.GrowTo(4 * kMiB + 1);
  EXPECT_EQ(memory.size(), 6 * kMiB);
}

TEST(ReservedMemoryTest, GivesAllBackAtItsEnd) {
  const size_t before = AddressesInUse();
  for (int i = 0; i < 10; ++i) ReservedMemory(64 * kMiB).GrowTo(8 * kMiB);
  for (int i = 0; i < 10; ++i) MappedMemory(8 * kMiB).data()[0] = 1;
  EXPECT_LT(AddressesInUse(), before + 8 * kMiB);
}

TEST(ReservedMemoryTest, SaysWhereTheProcessMayHaveNone) {
  const LimitedAddresses limited(3 * kMiB);
  EXPECT_THROW(ReservedMemory(64 * kMiB), std::bad_alloc);
  EXPECT_THROW(MappedMemory(64 * kMiB), std::bad_alloc);
}

TEST(ReservedMemoryTest, MayGiveBackAll) {
  ReservedMemory memory(kMiB);
  memory.GiveBackRest();
  EXPECT_THROW(memory.GrowTo(1), std::bad_alloc);
}

}  // namespace
}  // namespace ostiary
