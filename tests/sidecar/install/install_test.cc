#include "sidecar/install/install.h"

#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ostiary::sidecar {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string Contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class InstallTest : public ::testing::Test {
 protected:
  InstallTest() {
    fs::create_directory(directory_);
    Write(source_, program_);
  }
  ~InstallTest() override { fs::remove_all(root_); }

  static void Write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  absl::StatusOr<Installed> InstallTo(const fs::path& directory) const {
    return InstallFile(source_.native(), {directory});
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  const fs::path root_ = [] {
    std::string name = (fs::temp_directory_path() / "ostiary-install.XXXXXX").native();
    return fs::path(::mkdtemp(name.data()));
  }();
  const fs::path directory_ = root_ / "bin";
  const fs::path target_ = directory_ / "ostiary-sidecar";
  const fs::path source_ = root_ / "program";
  // More than one chunk, and no whole number of them.
  const std::string program_ = std::string(3'000'001, 'p') + "end";
};

TEST_F(InstallTest, CopiesTheProgramUnderItsName) {
  const auto installed = InstallTo(directory_);
  ASSERT_TRUE(installed.ok()) << installed.status();
  EXPECT_EQ(installed->path, target_);
  EXPECT_EQ(installed->bytes, program_.size());
  EXPECT_EQ(Contents(target_), program_);
  EXPECT_THAT(Names(), ElementsAre("ostiary-sidecar"));
}

TEST_F(InstallTest, AllMayStartItWhateverTheUmask) {
  const mode_t before = ::umask(0777);
  const auto installed = InstallTo(directory_);
  ::umask(before);
  ASSERT_TRUE(installed.ok()) << installed.status();
  struct stat facts = {};
  ASSERT_EQ(::stat(target_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0755u);
}

TEST_F(InstallTest, ReplacesWhatStandsThere) {
  Write(target_, "an older one");
  const std::ifstream running(target_);  // whoever has the old one keeps it
  ASSERT_TRUE(InstallTo(directory_).ok());
  EXPECT_EQ(Contents(target_), program_);
  std::ostringstream old;
  old << running.rdbuf();
  EXPECT_EQ(old.str(), "an older one");
  ASSERT_TRUE(InstallTo(directory_).ok()) << "again";
  EXPECT_EQ(Contents(target_), program_);
  EXPECT_THAT(Names(), ElementsAre("ostiary-sidecar"));
}

TEST_F(InstallTest, ReplacesALinkAndNotWhatItLeadsTo) {
  const fs::path other = root_ / "other";
  Write(other, "not ours");
  fs::create_symlink(other, target_);
  ASSERT_TRUE(InstallTo(directory_).ok());
  EXPECT_FALSE(fs::is_symlink(target_));
  EXPECT_EQ(Contents(target_), program_);
  EXPECT_EQ(Contents(other), "not ours");
}

TEST_F(InstallTest, LeavesOtherFilesAlone) {
  Write(directory_ / "other", "theirs");
  ASSERT_TRUE(InstallTo(directory_).ok());
  EXPECT_THAT(Names(), UnorderedElementsAre("other", "ostiary-sidecar"));
  EXPECT_EQ(Contents(directory_ / "other"), "theirs");
}

TEST_F(InstallTest, SaysWhatIsWrongWithTheFolder) {
  const struct {
    fs::path directory;
    std::string message;
  } cases[] = {
      {root_ / "none",
       absl::StrCat("cannot install: open ", (root_ / "none").native(),
                    ": No such file or directory; give a folder that exists, such as the mount of "
                    "a volume")},
      {source_, absl::StrCat("cannot install: open ", source_.native(),
                             ": Not a directory; give a folder that exists, such as the mount of a "
                             "volume")},
  };
  for (const auto& test : cases) {
    const auto installed = InstallTo(test.directory);
    EXPECT_EQ(installed.status(), absl::FailedPreconditionError(test.message));
  }
  EXPECT_EQ(Contents(source_), program_);
}

TEST_F(InstallTest, LeavesNothingWhereTheNameIsAFolder) {
  fs::create_directories(target_ / "inside");
  const auto installed = InstallTo(directory_);
  EXPECT_EQ(installed.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(
      std::string(installed.status().message()),
      ::testing::AllOf(::testing::HasSubstr("rename"), ::testing::EndsWith("Is a directory")));
  EXPECT_THAT(Names(), ElementsAre("ostiary-sidecar"));
  EXPECT_TRUE(fs::exists(target_ / "inside"));
}

TEST_F(InstallTest, LeavesNothingWhereTheProgramCannotBeRead) {
  const auto none = InstallFile((root_ / "none").native(), {directory_});
  EXPECT_EQ(none.status(),
            absl::UnavailableError(absl::StrCat("cannot install: open ", (root_ / "none").native(),
                                                ": No such file or directory; is /proc mounted?")));
  const auto folder = InstallFile(root_.native(), {directory_});
  EXPECT_EQ(folder.status(), absl::UnavailableError(absl::StrCat(
                                 "cannot install: read ", root_.native(), ": Is a directory")));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(InstallTest, SeveralAtOnceAllSucceedAndNoOneSeesAHalf) {
  const fs::path second = root_ / "second";
  const std::string second_program(2'000'003, 's');
  Write(second, second_program);
  ASSERT_TRUE(InstallTo(directory_).ok());
  std::atomic<int> running{4};
  std::vector<std::thread> threads;
  for (const fs::path& source : {source_, second, source_, second}) {
    threads.emplace_back([&, source] {
      for (int i = 0; i < 10; ++i) EXPECT_TRUE(InstallFile(source.native(), {directory_}).ok());
      --running;
    });
  }
  int looks = 0;
  do {
    const std::string seen = Contents(target_);
    EXPECT_TRUE(seen == program_ || seen == second_program) << seen.size() << " bytes";
    ++looks;
  } while (running > 0);
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(looks, 1);
  EXPECT_THAT(Names(), ElementsAre("ostiary-sidecar"));
}

}  // namespace
}  // namespace ostiary::sidecar
