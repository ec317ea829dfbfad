#include "common/read_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "absl/strings/match.h"

namespace ostiary {
namespace {

std::string Written(const std::string& bytes) {
  std::string path = testing::TempDir() + "read_file_test";
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(ReadSmallFile, ReadsAllUpToTheLimit) {
  for (const size_t size : {0, 1, 3999, 4000, 4001, 9'999, 10'000}) {
    const std::string bytes(size, '\xff');
    EXPECT_EQ(ReadSmallFile(Written(bytes), 10'000).value(), bytes) << size;
  }
  EXPECT_EQ(ReadSmallFile(Written("abc"), 3).value(), "abc");
}

TEST(ReadSmallFile, RefusesWhatIsLonger) {
  for (const size_t limit : {3, 5'000, 9'999}) {
    const auto read = ReadSmallFile(Written(std::string(10'000, 'a')), limit);
    EXPECT_EQ(read.status().code(), absl::StatusCode::kOutOfRange) << limit;
  }
}

// A file of /proc says that it has no bytes.
TEST(ReadSmallFile, ReadsWhatSaysNothingOfItsSize) {
  const std::string path = "/proc/self/smaps";
  struct stat info;
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  ASSERT_EQ(info.st_size, 0);
  const auto read = ReadSmallFile(path, 1 << 20);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_GT(read->size(), 4000);
  EXPECT_TRUE(absl::StrContains(*read, "[stack]"));
  EXPECT_EQ(ReadSmallFile(path, 4'500).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(ReadSmallFile, ReadsRegularFilesOnly) {
  EXPECT_EQ(ReadSmallFile("/dev/zero", 10).status().code(), absl::StatusCode::kFailedPrecondition);
  // A test that hangs here has failed.
  const std::string pipe = testing::TempDir() + "read_file_test_pipe";
  ASSERT_TRUE(::mkfifo(pipe.c_str(), 0600) == 0 || errno == EEXIST);
  EXPECT_EQ(ReadSmallFile(pipe, 10).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReadSmallFile("/nowhere", 10).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace ostiary
