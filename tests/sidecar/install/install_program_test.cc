#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_process.h"

namespace ostiary::sidecar {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class InstallProgramTest : public ::testing::Test {
 protected:
  ~InstallProgramTest() override { fs::remove_all(directory_); }

  const fs::path directory_ = [] {
    std::string name = (fs::temp_directory_path() / "ostiary-install.XXXXXX").native();
    return fs::path(::mkdtemp(name.data()));
  }();
  const fs::path target_ = directory_ / "ostiary-sidecar";
};

TEST_F(InstallProgramTest, InstallsItselfAndSaysSo) {
  TestProcess install({SIDECAR, "install", directory_});
  EXPECT_EQ(install.ReadRest(),
            absl::StrCat("installed ", target_.native(), ", ostiary-sidecar ", OSTIARY_VERSION,
                         ", ", fs::file_size(SIDECAR), " bytes\n"));
  EXPECT_EQ(install.Wait(), 0);
  EXPECT_EQ(install.Errors(), "");

  TestProcess installed({target_, "--version"});
  EXPECT_EQ(installed.ReadRest(), "ostiary-sidecar " OSTIARY_VERSION "\n");
  EXPECT_EQ(installed.Wait(), 0);
}

TEST_F(InstallProgramTest, TheInstalledProgramInstallsOverItself) {
  ASSERT_EQ(TestProcess({SIDECAR, "install", directory_}).Wait(), 0);
  ASSERT_EQ(TestProcess({target_, "install", directory_}).Wait(), 0);
  EXPECT_EQ(TestProcess({target_, "--version"}).Wait(), 0);
}

TEST_F(InstallProgramTest, RefusesWrongUsage) {
  const struct {
    std::vector<std::string> arguments;
    std::string says;
  } cases[] = {
      {{SIDECAR, "install"}, "DIR is required"},
      {{SIDECAR, "install", ""}, "DIR is empty"},
      {{SIDECAR, "install", directory_, "more"}, "more"},
      {{SIDECAR, "install", directory_, "--", "server"}, "install takes no command behind --"},
      {{SIDECAR, "install", "--agent", "a", directory_}, "--agent"},
  };
  for (const auto& test : cases) {
    TestProcess install(test.arguments);
    EXPECT_EQ(install.Wait(), 64) << test.says;
    EXPECT_THAT(install.Errors(), HasSubstr(test.says));
  }
  EXPECT_TRUE(fs::is_empty(directory_));
}

TEST_F(InstallProgramTest, AFolderThatIsNotThereIsAConfigurationThatCannotBeUsed) {
  const std::string none = directory_ / "none";
  TestProcess install({SIDECAR, "install", none});
  EXPECT_EQ(install.Wait(), 78);
  EXPECT_EQ(install.Errors(),
            absl::StrCat("ostiary-sidecar: cannot install: open ", none,
                         ": No such file or directory; give a folder that exists, such as the "
                         "mount of a volume\n"));
}

// The limit on a file's size ends a program that does not expect it, by a signal.
TEST_F(InstallProgramTest, LeavesTheOldProgramWhereTheNewOneDoesNotFit) {
  ASSERT_EQ(TestProcess({SIDECAR, "install", directory_}).Wait(), 0);
  const auto written = fs::last_write_time(target_);
  TestProcess install(
      {"/bin/sh", "-c", "ulimit -f 1000; exec \"$0\" install \"$1\"", SIDECAR, directory_});
  EXPECT_EQ(install.Wait(), 78);
  EXPECT_THAT(
      install.Errors(),
      ::testing::MatchesRegex("ostiary-sidecar: cannot install: write .*/\\.ostiary-sidecar\\."
                              "[0-9a-f]+: File too large; make more room there\n"));
  EXPECT_EQ(fs::last_write_time(target_), written);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace ostiary::sidecar
