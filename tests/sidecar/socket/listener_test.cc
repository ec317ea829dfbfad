// The socket at its path: its mode, who connects, its end.
#include "sidecar/socket/listener.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/sidecar/socket/socket_folder.h"

namespace ostiary::sidecar {
namespace {

using ::testing::HasSubstr;

class SocketListenerTest : public ::testing::Test {
 protected:
  static mode_t ModeOf(const std::string& path) {
    struct stat about = {};
    EXPECT_EQ(::lstat(path.c_str(), &about), 0);
    EXPECT_TRUE(S_ISSOCK(about.st_mode));
    return about.st_mode & 07777;
  }
  static absl::Status Listened(const std::string& path) {
    return SocketListener::Listen(path, 0660).status();
  }

  SocketFolder folder_;
};

TEST_F(SocketListenerTest, HasExactlyTheModeThatWasAskedFor) {
  const mode_t before = ::umask(0077);
  for (const mode_t mode : {0600, 0660, 0666, 0777, 0}) {
    const auto listener = SocketListener::Listen(folder_.Path(), mode);
    ASSERT_TRUE(listener.ok()) << listener.status();
    EXPECT_EQ(ModeOf(folder_.Path()), mode);
  }
  EXPECT_EQ(::umask(before), 0077u) << "the process's own mask is what it was";
}

TEST_F(SocketListenerTest, SaysWhoConnected) {
  const auto listener = SocketListener::Listen(folder_.Path(), 0660);
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_EQ((*listener)->Accept().status().code(), absl::StatusCode::kNotFound);
  const UniqueFd client = ConnectTo(folder_.Path());
  ASSERT_TRUE(client.valid());
  const auto accepted = (*listener)->Accept();
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_EQ(accepted->peer.uid, ::geteuid());
  EXPECT_EQ(accepted->peer.pid, ::getpid());
}

TEST_F(SocketListenerTest, LetsNobodyInWithASocketOfAnotherType) {
  const auto listener = SocketListener::Listen(folder_.Path(), 0660);
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_FALSE(ConnectTo(folder_.Path(), SOCK_STREAM).valid());
  EXPECT_EQ(errno, EPROTOTYPE);
}

TEST_F(SocketListenerTest, ReplacesADeadSocketAndNoLivingOne) {
  auto first = SocketListener::Listen(folder_.Path(), 0660);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Listened(folder_.Path()).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(ConnectTo(folder_.Path()).valid()) << "the first one was disturbed";
  // As if it had been killed: its path stays.
  std::filesystem::create_hard_link(folder_.Path(), folder_.Path("kept"));
  first->reset();
  std::filesystem::rename(folder_.Path("kept"), folder_.Path());
  EXPECT_FALSE(ConnectTo(folder_.Path()).valid());
  const auto second = SocketListener::Listen(folder_.Path(), 0660);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(ConnectTo(folder_.Path()).valid());
}

TEST_F(SocketListenerTest, RemovesItsPathAtItsEnd) {
  ASSERT_TRUE(Listened(folder_.Path()).ok());
  EXPECT_FALSE(std::filesystem::exists(folder_.Path()));
}

TEST_F(SocketListenerTest, LeavesAPathThatIsAnothersByNow) {
  auto listener = SocketListener::Listen(folder_.Path(), 0660);
  ASSERT_TRUE(listener.ok()) << listener.status();
  std::filesystem::remove(folder_.Path());
  std::ofstream(folder_.Path()) << "another's";
  listener->reset();
  EXPECT_TRUE(std::filesystem::exists(folder_.Path()));
}

TEST_F(SocketListenerTest, SaysWhatIsWrongWithThePath) {
  std::ofstream(folder_.Path("file")) << "precious";
  std::filesystem::create_symlink("/nowhere", folder_.Path("link"));
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"missing/s", "its folder does not exist"},
      {"file/s", "its folder does not exist"},
      {"file", "there is something that is no socket"},
      {"link", "there is something that is no socket"},
  };
  for (const auto& [name, says] : cases) {
    const absl::Status status = Listened(folder_.Path(name));
    EXPECT_FALSE(status.ok()) << name;
    EXPECT_THAT(std::string(status.message()), HasSubstr(says)) << name;
    EXPECT_THAT(std::string(status.message()), HasSubstr(folder_.Path(name)));
  }
}

TEST_F(SocketListenerTest, SaysThatDescriptorsHaveRunOut) {
  const auto listener = SocketListener::Listen(folder_.Path(), 0660);
  ASSERT_TRUE(listener.ok()) << listener.status();
  const UniqueFd client = ConnectTo(folder_.Path());
  ASSERT_TRUE(client.valid());
  rlimit limit = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const UniqueFd next(::dup(client.get()));
  const rlimit tight = {static_cast<rlim_t>(next.get()) + 1, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  const absl::Status status = (*listener)->Accept().status();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_TRUE((*listener)->Accept().ok()) << "the connection still waits";
}

}  // namespace
}  // namespace ostiary::sidecar
