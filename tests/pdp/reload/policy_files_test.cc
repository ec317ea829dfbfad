#include "pdp/reload/policy_files.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/unique_fd.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pdp/reload/file_resolver.h"
#include "pdp/reload/file_text.h"
#include "tests/pdp/reload/scratch_dir.h"

namespace ostiary::pdp {
namespace {

using ::testing::HasSubstr;

class PolicyFilesTest : public testing::Test {
 protected:
  PolicyFileContents Read(const ReadOptions& options = {}) {
    return ReadPolicyFiles({dir_.Path("rules.json"), dir_.Path("mcp.json")}, options);
  }

  void ExpectPair(const PolicyFileContents& contents, absl::string_view rules,
                  absl::string_view mcp_config) {
    ASSERT_TRUE(contents.rules.ok()) << contents.rules.status();
    ASSERT_TRUE(contents.mcp_config.has_value());
    ASSERT_TRUE(contents.mcp_config->ok()) << contents.mcp_config->status();
    EXPECT_EQ(*contents.rules, rules);
    EXPECT_EQ(**contents.mcp_config, mcp_config);
  }

  ScratchDir dir_;
};

TEST_F(PolicyFilesTest, ReadsBothFiles) {
  dir_.WriteInPlace("rules.json", "the rules");
  dir_.WriteInPlace("mcp.json", "the catalog");
  ExpectPair(Read(), "the rules", "the catalog");
}

TEST_F(PolicyFilesTest, WithoutACatalogReadsTheRulesAlone) {
  dir_.WriteInPlace("rules.json", "the rules");
  const PolicyFileContents contents = ReadPolicyFiles({dir_.Path("rules.json"), std::nullopt});
  EXPECT_EQ(*contents.rules, "the rules");
  EXPECT_FALSE(contents.mcp_config.has_value());
}

TEST_F(PolicyFilesTest, AnEmptyFileIsRead) {
  dir_.WriteInPlace("rules.json", "");
  dir_.WriteInPlace("mcp.json", "");
  ExpectPair(Read(), "", "");
}

TEST_F(PolicyFilesTest, ReadsFilesOfTwoDirectories) {
  dir_.MakeDir("a");
  dir_.MakeDir("b");
  dir_.WriteInPlace("a/rules.json", "the rules");
  dir_.WriteInPlace("b/mcp.json", "the catalog");
  ExpectPair(ReadPolicyFiles({dir_.Path("a/rules.json"), dir_.Path("b/mcp.json")}), "the rules",
             "the catalog");
}

TEST_F(PolicyFilesTest, FollowsSymlinksOfEveryForm) {
  dir_.MakeDir("real/deep");
  dir_.WriteInPlace("real/deep/rules.json", "the rules");
  dir_.WriteInPlace("real/mcp.json", "the catalog");
  dir_.Symlink("beside.json", "rules.json");  // beside it
  dir_.Symlink("real/deep/rules.json", "beside.json");
  dir_.Symlink(dir_.Path("real/deep/../again.json"), "mcp.json");  // absolute
  dir_.Symlink("./mcp.json", "real/again.json");
  ExpectPair(Read(), "the rules", "the catalog");
}

TEST_F(PolicyFilesTest, AFileAtTheSizeLimitIsReadAndOneByteMoreIsNot) {
  dir_.WriteInPlace("rules.json", "12345678");
  dir_.WriteInPlace("mcp.json", "123456789");
  ReadOptions options;
  options.max_file_bytes = 8;
  const PolicyFileContents contents = Read(options);
  EXPECT_EQ(*contents.rules, "12345678");
  EXPECT_EQ(
      contents.mcp_config->status(),
      absl::OutOfRangeError("is longer than the limit of 8 bytes; shorten it, or raise the limit"));
}

TEST_F(PolicyFilesTest, TheSizeLimitCountsWhatIsReadAndNotWhatStatSays) {
  // /proc says that its files are empty.
  ReadOptions options;
  options.max_file_bytes = 4;
  const PolicyFileContents contents = ReadPolicyFiles({"/proc/version", std::nullopt}, options);
  EXPECT_EQ(contents.rules.status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(PolicyFilesTest, AnErrorIsToldOfItsFileAloneAndSaysWhatToDo) {
  dir_.WriteInPlace("rules.json", "the rules");
  const PolicyFileContents contents = Read();
  EXPECT_EQ(*contents.rules, "the rules");
  EXPECT_EQ(contents.mcp_config->status(),
            absl::NotFoundError("cannot open the file: No such file or directory; create it, or "
                                "correct the path"));
}

TEST_F(PolicyFilesTest, RefusesWhatIsNoRegularFile) {
  struct Case {
    const char* name;
    std::function<void(const std::string& path)> make;
    absl::StatusCode code;
    const char* message;
  };
  const std::vector<Case> cases = {
      {"missing directory", [](const std::string&) {}, absl::StatusCode::kNotFound,
       "cannot open the directory"},
      {"directory", [](const std::string& path) { ::mkdir(path.c_str(), 0755); },
       absl::StatusCode::kFailedPrecondition, "is a directory; give the path of a regular file"},
      {"fifo", [](const std::string& path) { ::mkfifo(path.c_str(), 0644); },
       absl::StatusCode::kFailedPrecondition, "is not a regular file"},
      {"socket",
       [](const std::string& path) {
         const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
         sockaddr_un address = {};
         address.sun_family = AF_UNIX;
         ASSERT_LT(path.size(), sizeof(address.sun_path));
         std::memcpy(address.sun_path, path.data(), path.size());
         ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
                   0);
       },
       absl::StatusCode::kFailedPrecondition, "is not a regular file"},
      {"device",
       [](const std::string& path) { EXPECT_EQ(::symlink("/dev/zero", path.c_str()), 0); },
       absl::StatusCode::kFailedPrecondition, "is not a regular file"},
      {"dangling symlink",
       [](const std::string& path) { EXPECT_EQ(::symlink("nowhere", path.c_str()), 0); },
       absl::StatusCode::kNotFound, "cannot open the file"},
      {"symlink to itself",
       [](const std::string& path) { EXPECT_EQ(::symlink("x", path.c_str()), 0); },
       absl::StatusCode::kFailedPrecondition, "cannot follow the symlinks"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ScratchDir dir;
    const std::string path =
        dir.Path(c.name == absl::string_view("missing directory") ? "none/x" : "x");
    c.make(path);
    const PolicyFileContents contents = ReadPolicyFiles({path, std::nullopt});
    EXPECT_EQ(contents.rules.status().code(), c.code) << contents.rules.status();
    EXPECT_THAT(std::string(contents.rules.status().message()), HasSubstr(c.message));
  }
}

// What a writer does between the two reads, and the pair that must come of it.
struct Interruption {
  const char* name;
  std::function<void(const ScratchDir&)> before;
  std::function<void(const ScratchDir&)> between;
  const char* expected;  // the revision that both files must be of
  int attempts;
};

TEST_F(PolicyFilesTest, AChangeBetweenTheReadsNeverMixesRevisions) {
  const auto plain = [](const ScratchDir& dir) {
    dir.WriteInPlace("rules.json", "old");
    dir.WriteInPlace("mcp.json", "old");
  };
  const auto linked = [](const ScratchDir& dir) {
    dir.MakeDir("r1");
    dir.WriteInPlace("r1/rules.json", "old");
    dir.WriteInPlace("r1/mcp.json", "old");
    dir.Symlink("r1/rules.json", "rules.json");
    dir.Symlink("r1/mcp.json", "mcp.json");
  };
  const std::vector<Interruption> cases = {
      {"both renamed over", plain,
       [](const ScratchDir& dir) {
         dir.RenameOver("rules.json", "new");
         dir.RenameOver("mcp.json", "new");
       },
       "new", 2},
      {"both written in place", plain,
       [](const ScratchDir& dir) {
         dir.WriteInPlace("rules.json", "newer");
         dir.WriteInPlace("mcp.json", "newer");
       },
       "newer", 2},
      {"both deleted and made again", plain,
       [](const ScratchDir& dir) {
         dir.Remove("rules.json");
         dir.Remove("mcp.json");
         dir.WriteInPlace("rules.json", "new");
         dir.WriteInPlace("mcp.json", "new");
       },
       "new", 2},
      {"..data swapped and the old directory removed",
       [](const ScratchDir& dir) { dir.SwapConfigMap(".", "1", "old", "old"); },
       [](const ScratchDir& dir) { dir.SwapConfigMap(".", "2", "new", "new"); }, "old", 1},
      {"behind symlinks, both renamed over", linked,
       [](const ScratchDir& dir) {
         dir.RenameOver("r1/rules.json", "new");
         dir.RenameOver("r1/mcp.json", "new");
       },
       "new", 2},
  };
  for (const Interruption& c : cases) {
    SCOPED_TRACE(c.name);
    const ScratchDir dir;
    c.before(dir);
    int attempts = 0;
    ReadOptions options;
    options.between_reads = [&] {
      if (++attempts == 1) c.between(dir);
    };
    ExpectPair(ReadPolicyFiles({dir.Path("rules.json"), dir.Path("mcp.json")}, options), c.expected,
               c.expected);
    EXPECT_EQ(attempts, c.attempts);
  }
}

TEST_F(PolicyFilesTest, ADirectoryRenamedAwayBetweenTheReadsGivesTheOldPair) {
  dir_.MakeDir("policy");
  dir_.MakeDir("next");
  for (const char* name : {"policy/rules.json", "policy/mcp.json"}) dir_.WriteInPlace(name, "old");
  for (const char* name : {"next/rules.json", "next/mcp.json"}) dir_.WriteInPlace(name, "new");
  ReadOptions options;
  options.between_reads = [&] {
    dir_.Rename("policy", "previous");
    dir_.Rename("next", "policy");
  };
  ExpectPair(
      ReadPolicyFiles({dir_.Path("policy/rules.json"), dir_.Path("policy/mcp.json")}, options),
      "old", "old");
}

TEST_F(PolicyFilesTest, ASwapAboveTwoDirectoriesIsReadAgain) {
  for (const char* revision : {"old", "new"}) {
    for (const char* file : {"a/rules.json", "b/mcp.json"}) {
      dir_.MakeDir(absl::StrCat(revision, "/a"));
      dir_.MakeDir(absl::StrCat(revision, "/b"));
      dir_.WriteInPlace(absl::StrCat(revision, "/", file), revision);
    }
  }
  dir_.Symlink("old", "current");
  int attempts = 0;
  ReadOptions options;
  options.between_reads = [&] {
    if (++attempts != 1) return;
    dir_.Symlink("new", "next");
    dir_.Rename("next", "current");
  };
  ExpectPair(ReadPolicyFiles({dir_.Path("current/a/rules.json"), dir_.Path("current/b/mcp.json")},
                             options),
             "new", "new");
  EXPECT_EQ(attempts, 2);
}

// The file that was read is still there, where its path does not lead any more.
TEST_F(PolicyFilesTest, ASwapAboveOneOfTwoDirectoriesIsReadAgain) {
  for (const char* name : {"rules.json", "mcp.json"}) {
    SCOPED_TRACE(name);
    const ScratchDir dir;
    for (const char* directory : {"rest", "old", "new"}) {
      dir.MakeDir(directory);
      for (const char* file : {"rules.json", "mcp.json"}) {
        dir.WriteInPlace(absl::StrCat(directory, "/", file), directory);
      }
    }
    dir.Symlink("old", "current");
    int attempts = 0;
    ReadOptions options;
    options.between_reads = [&] {
      if (++attempts != 1) return;
      dir.Symlink("new", "next");
      dir.Rename("next", "current");
    };
    const bool rules_move = absl::string_view(name) == "rules.json";
    const std::string moving = dir.Path(absl::StrCat("current/", name));
    ExpectPair(ReadPolicyFiles(rules_move ? PolicyPaths{moving, dir.Path("rest/mcp.json")}
                                          : PolicyPaths{dir.Path("rest/rules.json"), moving},
                               options),
               rules_move ? "new" : "rest", rules_move ? "rest" : "new");
    EXPECT_EQ(attempts, 2);
  }
}

TEST_F(PolicyFilesTest, AFileMissingForAMomentIsNoError) {
  dir_.WriteInPlace("rules.json", "the rules");
  int attempts = 0;
  ReadOptions options;
  options.between_reads = [&] {
    if (++attempts == 1) dir_.WriteInPlace("mcp.json", "the catalog");
  };
  ExpectPair(Read(options), "the rules", "the catalog");
}

TEST_F(PolicyFilesTest, FilesThatNeverRestAreGivenUpAfterTheAttemptsAllowed) {
  dir_.WriteInPlace("rules.json", "0");
  dir_.WriteInPlace("mcp.json", "0");
  int attempts = 0;
  ReadOptions options;
  options.max_attempts = 4;
  options.between_reads = [&] { dir_.RenameOver("rules.json", absl::StrCat(++attempts)); };
  const PolicyFileContents contents = Read(options);
  EXPECT_EQ(contents.rules.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(contents.mcp_config->status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(contents.rules.status().message()),
              HasSubstr("kept changing while it was read"));
  EXPECT_EQ(attempts, 4);
}

TEST_F(PolicyFilesTest, SwapsAtFullSpeedNeverMixAndNeverFail) {
  dir_.SwapConfigMap(".", "0", "0", "0");
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 1; !stop; ++i) {
      const std::string text = absl::StrCat(i);
      dir_.SwapConfigMap(".", text, text, text);
    }
  });
  for (int i = 0; i < 2000; ++i) {
    const PolicyFileContents contents = Read();
    ASSERT_TRUE(contents.rules.ok()) << contents.rules.status();
    ASSERT_TRUE(contents.mcp_config->ok()) << contents.mcp_config->status();
    ASSERT_EQ(*contents.rules, **contents.mcp_config);
  }
  stop = true;
  writer.join();
}

// A name alone is of the working directory, and one behind the first "/" of the root.
TEST(FileResolverTest, FindsTheDirectoryOfShortPaths) {
  for (const auto& [path, directory] :
       {std::pair("name", "."), std::pair("./name", "."), std::pair("/name", "/")}) {
    struct stat info;
    ASSERT_EQ(::stat(directory, &info), 0);
    FileResolver resolver;
    const auto file = resolver.Resolve(path);
    ASSERT_TRUE(file.ok()) << path << ": " << file.status();
    EXPECT_EQ(file->name, "name") << path;
    EXPECT_EQ(file->directory->inode, info.st_ino) << path;
    EXPECT_EQ(file->directory->device, info.st_dev) << path;
  }
}

// A file may be longer than its size said before it was read.
TEST(FileTextTest, KeepsItsTextAsItGrows) {
  FileText text;
  std::string expected;
  for (const size_t capacity : {size_t{4}, size_t{2}, size_t{100}, size_t{5} << 20}) {
    text.Reserve(capacity);
    const size_t room = text.room().size();
    std::memset(text.room().data(), 'a' + static_cast<int>(expected.size() % 26), room);
    expected.append(room, static_cast<char>('a' + expected.size() % 26));
    text.Add(room);
    EXPECT_TRUE(text == expected) << capacity;
  }
  EXPECT_EQ(text.size(), size_t{5} << 20);
}

}  // namespace
}  // namespace ostiary::pdp
