// UnixSocketGuard: one server to a path; dead sockets go, living ones and other things stay.
#include "common/unix_socket_guard.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace ostiary {
namespace {

using ::testing::HasSubstr;

class UnixSocketGuardTest : public ::testing::Test {
 protected:
  UnixSocketGuardTest() {
    std::string folder = ::testing::TempDir() + "/guard_XXXXXX";
    folder_ = ::mkdtemp(folder.data());
  }
  ~UnixSocketGuardTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }

  static sockaddr_un Address(const std::string& path) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
  }
  static int Connect(const UniqueFd& fd, const std::string& path) {
    const sockaddr_un address = Address(path);
    return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  }
  // A socket that lives at `path`, as long as what is returned.
  static UniqueFd Listen(const std::string& path, int type) {
    UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    const sockaddr_un address = Address(path);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(fd.get(), 1), 0);
    return fd;
  }
  static absl::Status Acquired(const std::string& path) {
    return UnixSocketGuard::Acquire(path).status();
  }

  std::string folder_;
};

TEST_F(UnixSocketGuardTest, TakesAPathWhereNothingIs) {
  EXPECT_EQ(Acquired(Path("s")), absl::OkStatus());
}

TEST_F(UnixSocketGuardTest, RemovesADeadSocketOfAnyType) {
  for (const int type : {SOCK_STREAM, SOCK_SEQPACKET}) {
    Listen(Path("s"), type).Reset();
    ASSERT_TRUE(std::filesystem::exists(Path("s")));
    EXPECT_EQ(Acquired(Path("s")), absl::OkStatus()) << type;
    EXPECT_FALSE(std::filesystem::exists(Path("s"))) << type;
  }
}

TEST_F(UnixSocketGuardTest, LeavesALivingSocketOfAnyType) {
  for (const int type : {SOCK_STREAM, SOCK_SEQPACKET}) {
    const std::string path = Path(absl::StrCat("s", type));
    const UniqueFd alive = Listen(path, type);
    const absl::Status status = Acquired(path);
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("another server listens there"));
    EXPECT_TRUE(std::filesystem::exists(path));
  }
}

TEST_F(UnixSocketGuardTest, GivesAPathToOneAtATime) {
  auto first = UnixSocketGuard::Acquire(Path("s"));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Acquired(Path("s")).code(), absl::StatusCode::kAlreadyExists);
  { const UnixSocketGuard dropped = *std::move(first); }
  EXPECT_EQ(Acquired(Path("s")), absl::OkStatus());
}

TEST_F(UnixSocketGuardTest, NeverRemovesWhatIsNoSocket) {
  std::ofstream(Path("s")) << "precious";
  const absl::Status status = Acquired(Path("s"));
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("no socket"));
  EXPECT_TRUE(std::filesystem::exists(Path("s")));
}

// As a server that has as much to do as it takes. A test that hangs here has failed.
TEST_F(UnixSocketGuardTest, LeavesALivingSocketThatTakesNoMoreConnections) {
  const UniqueFd alive = Listen(Path("s"), SOCK_STREAM);
  std::vector<UniqueFd> waiting;
  do {
    waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  } while (Connect(waiting.back(), Path("s")) == 0);
  const absl::Status status = Acquired(Path("s"));
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << status;
  EXPECT_TRUE(std::filesystem::exists(Path("s")));
}

// Another user's, in a folder that both may write to.
TEST_F(UnixSocketGuardTest, LeavesASocketThatItMayNotAsk) {
  const UniqueFd alive = Listen(Path("s"), SOCK_STREAM);
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  ASSERT_EQ(::chmod(Path("s").c_str(), 0), 0);
  const int before = ::setfsuid(65'534);  // root may ask everybody
  const absl::Status status = Acquired(Path("s"));
  ::setfsuid(static_cast<uid_t>(before));
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot tell who listens there"));
  EXPECT_TRUE(std::filesystem::exists(Path("s")));
}

TEST_F(UnixSocketGuardTest, NeverFollowsALink) {
  Listen(Path("dead"), SOCK_STREAM).Reset();
  for (const char* target : {"dead", "nothing"}) {
    std::filesystem::create_symlink(Path(target), Path("s"));
    const absl::Status status = Acquired(Path("s"));
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("no socket"));
    EXPECT_TRUE(std::filesystem::remove(Path("s"))) << target;
  }
  EXPECT_TRUE(std::filesystem::exists(Path("dead")));
}

TEST_F(UnixSocketGuardTest, NeverLocksThroughALink) {
  std::filesystem::create_symlink(Path("elsewhere"), Path("s.lock"));
  const absl::Status status = Acquired(Path("s"));
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat("cannot open ", Path("s.lock"))));
  EXPECT_FALSE(std::filesystem::exists(Path("elsewhere")));
}

// Whoever may open the lock may hold it; so may a program that is started meanwhile.
TEST_F(UnixSocketGuardTest, KeepsTheLockToItself) {
  const mode_t before = ::umask(0);
  const auto guard = UnixSocketGuard::Acquire(Path("s"));
  ::umask(before);
  ASSERT_TRUE(guard.ok()) << guard.status();
  struct stat about = {};
  ASSERT_EQ(::stat(Path("s.lock").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  int found = 0;
  for (int fd = 0; fd < 1'000; ++fd) {
    struct stat open = {};
    if (::fstat(fd, &open) != 0 || open.st_dev != about.st_dev || open.st_ino != about.st_ino) {
      continue;
    }
    ++found;
    EXPECT_EQ(::fcntl(fd, F_GETFD), FD_CLOEXEC);
  }
  EXPECT_EQ(found, 1);
}

TEST_F(UnixSocketGuardTest, SaysThatThePathIsTooLong) {
  const std::string folder =
      Path(std::string(sizeof(sockaddr_un::sun_path) - Path("").size() - 2, 'x'));
  std::filesystem::create_directory(folder);
  std::filesystem::create_directory_symlink(folder, Path("l"));
  const UniqueFd alive = Listen(Path("l/s"), SOCK_STREAM);
  const std::string path = folder + "/s";
  ASSERT_EQ(path.size(), sizeof(sockaddr_un::sun_path));
  const absl::Status status = Acquired(path);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(UnixSocketGuardTest, SaysThatTheFolderIsMissing) {
  std::ofstream(Path("file")) << "no folder";
  for (const char* name : {"missing/s", "file/s"}) {
    const absl::Status status = Acquired(Path(name));
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat(name, ": its folder does not exist")));
  }
}

}  // namespace
}  // namespace ostiary
