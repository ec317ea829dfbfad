// UnixSocketGuard: one server to a path; dead sockets go, living ones and other things stay.
#include "common/unix_socket_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

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

  // A socket that lives at `path`, as long as what is returned.
  static UniqueFd Listen(const std::string& path, int type) {
    UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(fd.get(), 1), 0);
    return fd;
  }
  static absl::Status Acquired(const std::string& path) {
    return UnixSocketGuard::Acquire(path).status();
  }

  std::string folder_;
};

// Who can open it can hold it, and so keep the server from starting.
TEST_F(UnixSocketGuardTest, TheLockIsTheServersAlone) {
  const mode_t before = ::umask(0);
  EXPECT_TRUE(Acquired(Path("socket")).ok());
  ::umask(before);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(Path("socket.lock")).permissions(),
            perms::owner_read | perms::owner_write);
}

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

TEST_F(UnixSocketGuardTest, SaysThatTheFolderIsMissing) {
  const absl::Status status = Acquired(Path("missing/s"));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("missing/s: its folder does not exist"));
}

}  // namespace
}  // namespace ostiary
