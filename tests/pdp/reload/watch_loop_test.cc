#include "pdp/reload/watch_loop.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/pdp/reload/reload_harness.h"

namespace ostiary::pdp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// The watch alone: the poll never comes.
WatchOptions NoPoll() {
  WatchOptions options;
  options.debounce = std::chrono::milliseconds(20);
  options.poll_interval = std::chrono::hours(1);
  return options;
}

// The poll alone.
WatchOptions PollOnly() {
  WatchOptions options;
  options.poll_interval = std::chrono::milliseconds(20);
  options.mode = WatchMode::kPollOnly;
  return options;
}

void WritePair(const ScratchDir& dir, absl::string_view directory, const std::string& server) {
  dir.RenameOver(absl::StrCat(directory, "/rules.json"), RulesAllowing("a", {server}));
  dir.RenameOver(absl::StrCat(directory, "/mcp.json"), CatalogOf({server}));
}

// Waits until the policy allows `server`, whatever the number of generations on the way: writers of
// two files may be caught between them.
void AwaitServer(ReloadHarness& files, const std::string& server) {
  for (uint64_t generation = 1;; ++generation) {
    const auto policy = files.generations.Await(generation);
    ASSERT_NE(policy, nullptr) << server;
    if (Allows(*policy, "a", server)) return;
    generation = policy->revision.generation;
  }
}

TEST(WatchLoopTest, HasLoadedOnceWhenItHasStarted) {
  ReloadHarness files;
  WritePair(files.dir, ".", "s");
  files.Watch(NoPoll());
  EXPECT_EQ(files.store.Current()->revision.generation, 1U);
  EXPECT_EQ(files.store.Status().gateway_rules.attempt_count, 1U);
}

// A way in which the files come to allow the server "new".
struct Change {
  const char* name;
  const char* directory;
  std::function<void(const ScratchDir&)> before;
  std::function<void(const ScratchDir&)> change;
};

std::vector<Change> Changes() {
  const auto plain = [](const ScratchDir& d) {
    d.MakeDir("p");
    WritePair(d, "p", "old");
  };
  const std::string rules = RulesAllowing("a", {"new"});
  const std::string catalog = CatalogOf({"new"});
  return {
      {"renamed over, as editors do", "p", plain,
       [](const ScratchDir& d) { WritePair(d, "p", "new"); }},
      {"written in place", "p", plain,
       [=](const ScratchDir& d) {
         d.WriteInPlace("p/mcp.json", catalog);
         d.WriteInPlace("p/rules.json", rules);
       }},
      {"deleted and made again", "p", plain,
       [](const ScratchDir& d) {
         d.Remove("p/rules.json");
         WritePair(d, "p", "new");
       }},
      {"the directory deleted and made again", "p", plain,
       [](const ScratchDir& d) {
         d.Remove("p");
         d.MakeDir("p");
         WritePair(d, "p", "new");
       }},
      {"the parents deleted and made again", "x/y/p",
       [](const ScratchDir& d) {
         d.MakeDir("x/y/p");
         WritePair(d, "x/y/p", "old");
       },
       [](const ScratchDir& d) {
         d.Remove("x");
         d.MakeDir("x/y/p");
         WritePair(d, "x/y/p", "new");
       }},
      {"the directory renamed away for another", "p",
       [=](const ScratchDir& d) {
         plain(d);
         d.MakeDir("next");
         WritePair(d, "next", "new");
       },
       [](const ScratchDir& d) {
         d.Rename("p", "previous");
         d.Rename("next", "p");
       }},
      {"a parent that is a symlink, swapped", "current/p",
       [](const ScratchDir& d) {
         d.MakeDir("r1/p");
         d.MakeDir("r2/p");
         WritePair(d, "r1/p", "old");
         WritePair(d, "r2/p", "new");
         d.Symlink("r1", "current");
       },
       [](const ScratchDir& d) {
         d.Symlink("r2", "next");
         d.Rename("next", "current");
       }},
      {"Kubernetes' ..data, swapped", "p",
       [](const ScratchDir& d) {
         d.MakeDir("p");
         d.SwapConfigMap("p", "1", RulesAllowing("a", {"old"}), CatalogOf({"old"}));
       },
       [=](const ScratchDir& d) { d.SwapConfigMap("p", "2", rules, catalog); }},
  };
}

TEST(WatchLoopTest, EveryWayToChangeTheFilesEndsInTheNewPolicy) {
  for (const Change& c : Changes()) {
    SCOPED_TRACE(c.name);
    ReloadHarness files(ReloadHarness::Catalog::kWithCatalog, Clock::System(), c.directory);
    c.before(files.dir);
    files.Watch(NoPoll());
    ASSERT_TRUE(Allows(*files.store.Current(), "a", "old"));
    c.change(files.dir);
    AwaitServer(files, "new");
    EXPECT_FALSE(Allows(*files.store.Current(), "a", "old"));
  }
}

TEST(WatchLoopTest, ThePollFindsWhatTheWatchDoesNot) {
  for (const Change& c : Changes()) {
    SCOPED_TRACE(c.name);
    ReloadHarness files(ReloadHarness::Catalog::kWithCatalog, Clock::System(), c.directory);
    c.before(files.dir);
    files.Watch(PollOnly());
    c.change(files.dir);
    AwaitServer(files, "new");
  }
}

TEST(WatchLoopTest, FilesThatAppearLaterAreLoaded) {
  ReloadHarness files(ReloadHarness::Catalog::kWithCatalog, Clock::System(), "x/y");
  files.Watch(NoPoll());
  EXPECT_EQ(files.store.State().state, ServingState::kEmpty);
  files.dir.MakeDir("x/y");
  WritePair(files.dir, "x/y", "s");
  AwaitServer(files, "s");
}

TEST(WatchLoopTest, ABadFileIsNoticedAndItsMendingToo) {
  ReloadHarness files;
  WritePair(files.dir, ".", "s");
  files.Watch(NoPoll());
  files.dir.RenameOver("rules.json", "nonsense");
  files.log.Await("reload_failed");
  EXPECT_EQ(files.store.State().state, ServingState::kStale);
  EXPECT_TRUE(Allows(*files.store.Current(), "a", "s"));
  files.dir.RenameOver("rules.json", RulesAllowing("a", {"s"}));
  files.log.Await("reload_succeeded");
  EXPECT_EQ(files.store.State().state, ServingState::kServing);
  EXPECT_EQ(files.store.Current()->revision.generation, 1U);
}

// The loop stands still in a reload while the queue overflows, and what it loses is the one event
// that matters.
TEST(WatchLoopTest, AnOverflownQueueEndsInTheNewPolicy) {
  int queue_length = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> queue_length;
  if (queue_length <= 0 || queue_length > 1'000'000) {
    GTEST_SKIP() << "the queue holds " << queue_length << " events";
  }
  ReloadHarness files;
  WritePair(files.dir, ".", "s1");
  Mutex mutex;
  CondVar moved;
  bool standing = false;
  bool may_go = false;
  files.store.Subscribe([&](const std::shared_ptr<const PublishedPolicy>& policy) {
    if (policy->revision.generation != 2) return;
    MutexLock lock(&mutex);
    standing = true;
    moved.NotifyAll();
    while (!may_go) moved.Wait(&mutex);
  });
  files.Watch(NoPoll());
  files.dir.RenameOver("rules.json", RulesAllowing("a", {"s2"}));
  {
    MutexLock lock(&mutex);
    while (!standing) moved.Wait(&mutex);
  }
  files.dir.WriteInPlace("x", "");
  for (int i = 0; i <= queue_length; ++i) {
    files.dir.Rename(i % 2 == 0 ? "x" : "y", i % 2 == 0 ? "y" : "x");
  }
  files.dir.RenameOver("rules.json", RulesAllowing("a", {"s3"}));
  {
    MutexLock lock(&mutex);
    may_go = true;
    moved.NotifyAll();
  }
  AwaitServer(files, "s3");
  files.watch.reset();  // before the condition that its listener waits for
}

TEST(WatchLoopTest, ARequestReloadsWithoutWatchOrPoll) {
  WatchOptions options = PollOnly();
  options.poll_interval = std::chrono::hours(1);
  ReloadHarness files;
  WritePair(files.dir, ".", "s1");
  files.Watch(options);
  WritePair(files.dir, ".", "s2");
  files.watch->RequestReload();
  AwaitServer(files, "s2");
}

TEST(WatchLoopTest, ASteadyStreamOfChangesDoesNotPutAReloadOffForEver) {
  WatchOptions options = NoPoll();
  options.debounce = std::chrono::hours(1);
  options.debounce_limit = std::chrono::milliseconds(200);
  ReloadHarness files;
  WritePair(files.dir, ".", "s1");
  files.Watch(options);
  WritePair(files.dir, ".", "s2");
  AwaitServer(files, "s2");
}

// The machine's clock, which counts how often it is looked at.
class CountingClock final : public Clock {
 public:
  MonoTime Now() const override {
    ++looks_;
    return System().Now();
  }
  absl::Time WallNow() const override { return System().WallNow(); }
  int looks() const { return looks_; }

 private:
  mutable std::atomic<int> looks_{0};
};

TEST(WatchLoopTest, ARequestThatWasHeardKeepsItFromNoSleep) {
  const CountingClock clock;
  ReloadHarness files;
  WritePair(files.dir, ".", "s1");
  WatchOptions options = NoPoll();
  options.debounce = std::chrono::milliseconds(200);
  files.watch = *WatchLoop::Start({&files.reloader}, options, clock, files.log.log());
  files.watch->RequestReload();
  files.log.Await("reload_unchanged");
  const int before = clock.looks();
  WritePair(files.dir, ".", "s2");
  AwaitServer(files, "s2");  // at least a debounce later
  EXPECT_LT(clock.looks() - before, 1'000);
}

TEST(WatchLoopTest, StopsAtOnceWithAReloadPending) {
  WatchOptions options = NoPoll();
  options.debounce = options.debounce_limit = std::chrono::hours(1);
  ReloadHarness files;
  WritePair(files.dir, ".", "s1");
  files.Watch(options);
  WritePair(files.dir, ".", "s2");
  files.watch.reset();
  EXPECT_EQ(files.store.Current()->revision.generation, 1U);
}

// Leaves this process `count` descriptors more than it has, and gives them back.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(int count) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    // The lowest free descriptor is the next to be given.
    const UniqueFd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    rlimit low = before_;
    low.rlim_cur = static_cast<rlim_t>(next.get()) + static_cast<rlim_t>(count);
    ::setrlimit(RLIMIT_NOFILE, &low);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_ = {};
};

TEST(WatchLoopTest, WithoutInotifyItSaysSoAndPollsAndHealsLater) {
  ReloadHarness files;
  WritePair(files.dir, ".", "s1");
  WatchOptions options = NoPoll();
  options.poll_interval = std::chrono::milliseconds(20);
  std::string failure;
  PolicyState state;
  // UBSan remembers that such a call is right, and has no descriptors to find it out below.
  ReloadSubject* const subject = &files.reloader;
  EXPECT_THAT(subject->WatchedPaths(), SizeIs(2));
  {
    // Looked at behind this scope: UBSan needs descriptors to check a call of a virtual function.
    const DescriptorLimit only_the_eventfd(1);
    files.Watch(options);
    failure = files.log.Await("watch_failed");
    state = files.store.State();
  }
  EXPECT_THAT(failure, HasSubstr("fs.inotify.max_user_instances"));
  EXPECT_EQ(state.state, ServingState::kEmpty);
  EXPECT_THAT(state.status.gateway_rules.last_error, HasSubstr("raise this process's"));
  AwaitServer(files, "s1");
  files.log.Await("watch_restored");
}

TEST(WatchLoopTest, WithoutDescriptorsAtAllItDoesNotStart) {
  ReloadHarness files;
  absl::Status started;
  {
    const DescriptorLimit none(0);
    started = WatchLoop::Start({&files.reloader}, {}, Clock::System(), files.log.log()).status();
  }
  EXPECT_THAT(std::string(started.message()), HasSubstr("cannot make an eventfd"));
}

// A subject that counts how often it was refreshed, and in which mode.
class CountingSubject final : public ReloadSubject {
 public:
  explicit CountingSubject(std::string path) : path_(std::move(path)) {}
  std::vector<std::string> WatchedPaths() const override { return {path_}; }
  std::vector<Issue> Refresh(ReloadMode mode) override {
    const MutexLock lock(&mutex_);
    modes_.push_back(mode);
    changed_.NotifyAll();
    return {};
  }
  std::vector<ReloadMode> AwaitRefreshes(size_t count) {
    const MonoTime deadline = Clock::System().Now() + std::chrono::seconds(20);
    const MutexLock lock(&mutex_);
    while (modes_.size() < count && changed_.WaitUntil(&mutex_, deadline)) {
    }
    return modes_;
  }

 private:
  const std::string path_;
  Mutex mutex_;
  CondVar changed_;
  std::vector<ReloadMode> modes_ ABSL_GUARDED_BY(mutex_);
};

TEST(WatchLoopTest, ServesSeveralSubjectsWithOneWatch) {
  ReloadHarness files;
  WritePair(files.dir, ".", "s1");
  files.dir.WriteInPlace("other", "1");
  CountingSubject other(files.dir.Path("other"));
  auto loop =
      WatchLoop::Start({&files.reloader, &other}, NoPoll(), Clock::System(), files.log.log());
  ASSERT_TRUE(loop.ok()) << loop.status();
  EXPECT_THAT(other.AwaitRefreshes(1), ElementsAre(ReloadMode::kApply));

  files.dir.RenameOver("other", "2");
  EXPECT_THAT(other.AwaitRefreshes(2), ElementsAre(ReloadMode::kApply, ReloadMode::kPoll))
      << "a hint is about the files of one of them: the others are to be quiet";
  (*loop)->RequestReload();
  EXPECT_THAT(other.AwaitRefreshes(3),
              ElementsAre(ReloadMode::kApply, ReloadMode::kPoll, ReloadMode::kApply));
  WritePair(files.dir, ".", "s2");
  AwaitServer(files, "s2");
}

}  // namespace
}  // namespace ostiary::pdp
