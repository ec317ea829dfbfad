#include "pdp/reload/directory_watch.h"

#include <sys/inotify.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/pdp/reload/scratch_dir.h"

namespace ostiary::pdp {
namespace {

std::string EventBytes(int watch, uint32_t mask, absl::string_view name, uint32_t padded) {
  inotify_event event = {};
  event.wd = watch;
  event.mask = mask;
  event.len = padded;
  std::string bytes(sizeof(event), '\0');
  std::memcpy(bytes.data(), &event, sizeof(event));
  bytes.append(name.data(), name.size());
  bytes.append(padded - name.size(), '\0');
  return bytes;
}

TEST(ParseWatchEventsTest, ReadsEventsWithAndWithoutNames) {
  const std::string bytes =
      EventBytes(1, IN_CREATE, "rules.json", 16) + EventBytes(2, IN_DELETE_SELF, "", 0);
  const std::vector<WatchEvent> events = ParseWatchEvents(bytes);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].watch, 1);
  EXPECT_EQ(events[0].mask, static_cast<uint32_t>(IN_CREATE));
  EXPECT_EQ(events[0].name, "rules.json");
  EXPECT_EQ(events[1].watch, 2);
  EXPECT_EQ(events[1].mask, static_cast<uint32_t>(IN_DELETE_SELF));
  EXPECT_EQ(events[1].name, "");
}

TEST(ParseWatchEventsTest, StopsAtACutEvent) {
  const std::string whole = EventBytes(1, IN_CREATE, "rules.json", 16);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(ParseWatchEvents(whole + whole.substr(0, size)).size(), 1U) << size;
  }
}

// inotify queues an event before the call that caused it returns, so no test here waits.
class DirectoryWatchTest : public testing::Test {
 protected:
  void Watch(std::vector<std::string> paths) {
    auto watch = DirectoryWatch::Create(std::move(paths));
    ASSERT_TRUE(watch.ok()) << watch.status();
    watch_ = *std::move(watch);
    EXPECT_TRUE(watch_->status().ok()) << watch_->status();
    EXPECT_EQ(watch_->Drain(), Hint::kNone);
  }

  // As the kernel counts them.
  size_t CountWatches() const {
    std::ifstream info(absl::StrCat("/proc/self/fdinfo/", watch_->fd()));
    size_t count = 0;
    for (std::string line; std::getline(info, line);) count += absl::StartsWith(line, "inotify ");
    return count;
  }

  ScratchDir dir_;
  std::unique_ptr<DirectoryWatch> watch_;
};

TEST_F(DirectoryWatchTest, HintsAtEveryWayToChangeAFile) {
  struct Case {
    const char* name;
    std::function<void(const ScratchDir&)> change;
    Hint hint;
  };
  const std::vector<Case> cases = {
      {"written in place", [](const ScratchDir& d) { d.WriteInPlace("p/rules.json", "b"); },
       Hint::kContent},
      {"renamed over", [](const ScratchDir& d) { d.RenameOver("p/rules.json", "b"); },
       Hint::kStructure},
      {"the other file written in place",
       [](const ScratchDir& d) { d.WriteInPlace("q/mcp.json", "b"); }, Hint::kContent},
      {"deleted", [](const ScratchDir& d) { d.Remove("p/rules.json"); }, Hint::kStructure},
      {"its directory renamed away", [](const ScratchDir& d) { d.Rename("p", "gone"); },
       Hint::kStructure},
      {"its directory deleted", [](const ScratchDir& d) { d.Remove("p"); }, Hint::kStructure},
      {"another file of the directory",
       [](const ScratchDir& d) { d.WriteInPlace("p/.rules.json.swp", "b"); }, Hint::kNone},
      {"another directory beside it", [](const ScratchDir& d) { d.MakeDir("r"); }, Hint::kNone},
      {"nothing", [](const ScratchDir&) {}, Hint::kNone},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ScratchDir dir;
    dir.MakeDir("p");
    dir.MakeDir("q");
    dir.WriteInPlace("p/rules.json", "a");
    dir.WriteInPlace("q/mcp.json", "a");
    Watch({dir.Path("p/rules.json"), dir.Path("q/mcp.json")});
    c.change(dir);
    EXPECT_EQ(watch_->Drain(), c.hint);
    EXPECT_EQ(watch_->Drain(), Hint::kNone);
  }
}

TEST_F(DirectoryWatchTest, ReadingTheFileIsNoHint) {
  dir_.WriteInPlace("rules.json", "a");
  Watch({dir_.Path("rules.json")});
  std::string text;
  std::ifstream(dir_.Path("rules.json")) >> text;
  EXPECT_EQ(text, "a");
  EXPECT_EQ(watch_->Drain(), Hint::kNone);
}

TEST_F(DirectoryWatchTest, FollowsADirectoryDeletedAndMadeAgain) {
  dir_.MakeDir("p");
  dir_.WriteInPlace("p/rules.json", "a");
  Watch({dir_.Path("p/rules.json")});
  for (int round = 0; round < 3; ++round) {
    dir_.Remove("p");
    EXPECT_EQ(watch_->Drain(), Hint::kStructure);
    dir_.MakeDir("p");
    EXPECT_EQ(watch_->Drain(), Hint::kStructure);
    dir_.WriteInPlace("p/rules.json", "b");
    EXPECT_EQ(watch_->Drain(), Hint::kStructure);
    dir_.WriteInPlace("p/rules.json", "c");
    EXPECT_EQ(watch_->Drain(), Hint::kContent);
  }
}

TEST_F(DirectoryWatchTest, FollowsTheParentsToo) {
  dir_.MakeDir("a/b/c");
  dir_.WriteInPlace("a/b/c/rules.json", "a");
  Watch({dir_.Path("a/b/c/rules.json")});
  dir_.Remove("a");
  EXPECT_EQ(watch_->Drain(), Hint::kStructure);
  dir_.MakeDir("a/b/c");
  EXPECT_EQ(watch_->Drain(), Hint::kStructure);
  dir_.WriteInPlace("a/b/c/rules.json", "b");
  EXPECT_EQ(watch_->Drain(), Hint::kStructure);
  dir_.Rename("a", "old");
  EXPECT_EQ(watch_->Drain(), Hint::kStructure);
  dir_.WriteInPlace("old/b/c/rules.json", "c");  // no longer the path's
  EXPECT_EQ(watch_->Drain(), Hint::kNone);
}

TEST_F(DirectoryWatchTest, NoticesADirectoryThatAppearsLater) {
  Watch({dir_.Path("x/y/rules.json")});
  dir_.MakeDir("x");
  EXPECT_EQ(watch_->Drain(), Hint::kStructure);
  dir_.MakeDir("x/y");
  EXPECT_EQ(watch_->Drain(), Hint::kStructure);
  dir_.WriteInPlace("x/y/rules.json", "a");
  EXPECT_EQ(watch_->Drain(), Hint::kStructure);
}

TEST_F(DirectoryWatchTest, FollowsTheSwapOfAConfigMap) {
  dir_.SwapConfigMap(".", "1", "a", "a");
  Watch({dir_.Path("rules.json"), dir_.Path("mcp.json")});
  for (const char* name : {"2", "3", "4"}) {
    dir_.SwapConfigMap(".", name, "b", "b");
    EXPECT_EQ(watch_->Drain(), Hint::kStructure);
  }
  dir_.WriteInPlace("..4/rules.json", "c");
  EXPECT_EQ(watch_->Drain(), Hint::kContent);
}

TEST_F(DirectoryWatchTest, FollowsAParentThatIsASwappedSymlink) {
  dir_.MakeDir("releases/1");
  dir_.MakeDir("releases/2");
  dir_.WriteInPlace("releases/1/rules.json", "a");
  dir_.WriteInPlace("releases/2/rules.json", "a");
  dir_.Symlink("releases/1", "current");
  Watch({dir_.Path("current/rules.json")});
  dir_.Symlink("../x/../releases/./2", "releases/next");
  dir_.MakeDir("x");
  EXPECT_EQ(watch_->Drain(), Hint::kNone);
  dir_.Rename("releases/next", "current");
  EXPECT_EQ(watch_->Drain(), Hint::kStructure);
  dir_.Remove("current");
  dir_.Symlink(dir_.Path("x/../releases/2"), "current");
  EXPECT_EQ(watch_->Drain(), Hint::kStructure);
  dir_.WriteInPlace("releases/2/rules.json", "b");
  EXPECT_EQ(watch_->Drain(), Hint::kContent);
  dir_.WriteInPlace("releases/1/rules.json", "b");
  EXPECT_EQ(watch_->Drain(), Hint::kNone);
}

TEST_F(DirectoryWatchTest, LetsGoOfDirectoriesThatAreNoLongerOnTheWay) {
  for (const char* name : {"r/0", "r/1", "r/2"}) {
    dir_.MakeDir(name);
    dir_.WriteInPlace(absl::StrCat(name, "/rules.json"), "a");
  }
  dir_.Symlink("r/0", "current");
  Watch({dir_.Path("current/rules.json")});
  const size_t watched = CountWatches();
  EXPECT_GT(watched, 1U);
  for (const char* next : {"r/1", "r/2"}) {
    dir_.Symlink(next, "next");
    dir_.Rename("next", "current");
    EXPECT_EQ(watch_->Drain(), Hint::kStructure);
    EXPECT_EQ(CountWatches(), watched) << next;
  }
}

TEST_F(DirectoryWatchTest, SeesWritesWhereTheOtherFilesWayGoesOn) {
  dir_.MakeDir("p");
  dir_.WriteInPlace("rules.json", "a");
  dir_.WriteInPlace("p/mcp.json", "a");
  for (const bool rules_first : {true, false}) {
    std::vector<std::string> paths = {dir_.Path("rules.json"), dir_.Path("p/mcp.json")};
    if (!rules_first) std::swap(paths[0], paths[1]);
    Watch(paths);
    for (const char* name : {"rules.json", "p/mcp.json"}) {
      dir_.WriteInPlace(name, "b");
      EXPECT_EQ(watch_->Drain(), Hint::kContent) << name;
    }
  }
}

TEST_F(DirectoryWatchTest, SaysWhatItCannotWatchUntilItCan) {
  // Short enough for the kernel each, and too long a directory when both are followed.
  std::string far;
  for (int i = 0; i < 800; ++i) far += "x/../";
  dir_.MakeDir("x");
  dir_.WriteInPlace("file", "a");
  dir_.Symlink(far + "file", "second");
  dir_.Symlink(far + "second", "rules.json");
  watch_ = *DirectoryWatch::Create({dir_.Path("rules.json")});
  EXPECT_FALSE(watch_->status().ok());
  dir_.RenameOver("rules.json", "b");
  EXPECT_EQ(watch_->Drain(), Hint::kStructure);
  EXPECT_EQ(watch_->status(), absl::OkStatus());
}

TEST_F(DirectoryWatchTest, EndsAtASymlinkToItself) {
  dir_.Symlink("rules.json", "rules.json");
  Watch({dir_.Path("rules.json")});
  dir_.RenameOver("rules.json", "a");
  EXPECT_EQ(watch_->Drain(), Hint::kStructure);
}

TEST_F(DirectoryWatchTest, AnOverflowIsAHintWhateverElseCame) {
  Watch({dir_.Path("rules.json")});
  const std::string bytes = EventBytes(-1, IN_Q_OVERFLOW, "", 0);
  EXPECT_EQ(watch_->Interpret(ParseWatchEvents(bytes)), Hint::kStructure);
  const std::string other = EventBytes(-1, IN_CREATE, "", 0);
  EXPECT_EQ(watch_->Interpret(ParseWatchEvents(other)), Hint::kNone);
}

// More events than one read takes: what the first ones said still counts.
TEST_F(DirectoryWatchTest, ManyEventsHideNoHint) {
  const std::function<void()> changes[] = {[this] { dir_.WriteInPlace("rules.json", "b"); },
                                           [this] { dir_.RenameOver("rules.json", "b"); }};
  const Hint hints[] = {Hint::kContent, Hint::kStructure};
  dir_.WriteInPlace("rules.json", "a");
  dir_.WriteInPlace("x", "");
  for (size_t i = 0; i < std::size(changes); ++i) {
    Watch({dir_.Path("rules.json")});
    changes[i]();
    for (int round = 0; round < 1000; ++round) {
      dir_.Rename("x", "y");
      dir_.Rename("y", "x");
    }
    EXPECT_EQ(watch_->Drain(), hints[i]);
  }
}

// Fills the kernel's queue with files that are of no interest, so that the one of interest is lost.
TEST_F(DirectoryWatchTest, AQueueThatReallyOverflowsIsAHint) {
  int queue_length = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> queue_length;
  if (queue_length <= 0 || queue_length > 1'000'000) {
    GTEST_SKIP() << "the queue holds " << queue_length << " events";
  }
  dir_.WriteInPlace("rules.json", "a");
  Watch({dir_.Path("rules.json")});
  dir_.WriteInPlace("x", "");
  // Events that repeat the last one are merged, so two names take turns.
  for (int i = 0; i <= queue_length; ++i)
    dir_.Rename(i % 2 == 0 ? "x" : "y", i % 2 == 0 ? "y" : "x");
  Hint hint = watch_->Drain();
  while (hint == Hint::kNone)
    hint = watch_->Drain();  // ends by CTest's time limit if it never comes
  EXPECT_EQ(hint, Hint::kStructure);
}

}  // namespace
}  // namespace ostiary::pdp
