// Certificates renewed again and again under load, the PDP's and the sidecars', a tenth of them
// torn: the key of one and the certificate of another, a file half written, a file that is not
// there. The PDP's files change as a Secret's volume does, the sidecars' one by one.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "tests/e2e/tls/load.h"
#include "tests/e2e/tls/tls_files.h"

namespace ostiary {
namespace {

const bool kLong = std::getenv("OSTIARY_LONG") != nullptr;
const int kRotations = kLong ? 60 : 30;
const std::chrono::milliseconds kEvery{kLong ? 2000 : 400};
constexpr int kTornEvery = 10;

enum class Tear : uint8_t { kNone, kMismatch, kHalf, kMissing };

Tear TearOf(int rotation) {
  if (rotation % kTornEvery != kTornEvery - 1) return Tear::kNone;
  constexpr Tear kKinds[] = {Tear::kMismatch, Tear::kHalf, Tear::kMissing};
  return kKinds[rotation / kTornEvery % 3];
}

// What kubelet makes of a Secret: a new directory, then `..data` swapped to it, then the old one is
// removed.
class SecretVolume {
 public:
  explicit SecretVolume(const TlsFiles& files) : files_(files) {
    files_.directory().MakeDir("secret");
    files_.directory().Symlink("..data/tls.crt", "secret/tls.crt");
    files_.directory().Symlink("..data/tls.key", "secret/tls.key");
    Rotate(Tear::kNone);
  }

  void Rotate(Tear tear) {
    CertifiedKey issued = files_.authority().Issue(PdpNames());
    if (tear == Tear::kMismatch) issued.key = files_.authority().Issue({}).key;
    if (tear == Tear::kHalf) issued.chain.resize(issued.chain.size() / 2);
    const pdp::ScratchDir& directory = files_.directory();
    const std::string next = absl::StrCat("..", ++generation_);
    directory.MakeDir("secret/" + next);
    directory.WriteInPlace(absl::StrCat("secret/", next, "/tls.crt"), issued.chain);
    if (tear != Tear::kMissing) {
      directory.WriteInPlace(absl::StrCat("secret/", next, "/tls.key"), issued.key);
    }
    directory.Symlink(next, "secret/..data_tmp");
    directory.Rename("secret/..data_tmp", "secret/..data");
    if (generation_ > 1) directory.Remove(absl::StrCat("secret/..", generation_ - 1));
  }

 private:
  const TlsFiles& files_;
  int generation_ = 0;
};

void RotateClient(const TlsFiles& files, Tear tear) {
  const CertifiedKey issued = files.authority().Issue(ClientNames());
  if (tear == Tear::kMissing) {
    files.directory().Remove("client.key");
  } else if (tear == Tear::kHalf) {
    files.directory().WriteInPlace("client.crt", issued.chain.substr(0, issued.chain.size() / 2));
  } else if (tear == Tear::kMismatch) {
    files.directory().RenameOver("client.crt", issued.chain);
  } else {
    files.WriteClient(issued);
  }
}

// Waits for its next time, again and again.
class Metronome {
 public:
  void Await() {
    const MutexLock lock(&mutex_);
    next_ += kEvery;
    while (Clock::System().Now() < next_) never_.WaitUntil(&mutex_, next_);
  }

 private:
  Mutex mutex_;
  CondVar never_;
  MonoTime next_ = Clock::System().Now();
};

int Count(const std::string& log, absl::string_view event) {
  int count = 0;
  for (const absl::string_view line : absl::StrSplit(log, '\n')) {
    if (absl::StrContains(line, event)) ++count;
  }
  return count;
}

TEST(RotationTest, FailsNoDecision) {
  const TlsFiles files;
  SecretVolume secret(files);
  PdpProcess pdp({PDP, "serve", "--rules", files.Path("rules.json"), "--listen", "127.0.0.1:0",
                  "--tls-cert", files.Path("secret/tls.crt"), "--tls-key",
                  files.Path("secret/tls.key"), "--client-ca", files.Path("ca.crt"), "--bindings",
                  files.Path("bindings.json"),
                  // So that sidecars connect anew all the time.
                  "--max-connection-age", "3s"});
  Tally checks;
  Tally calls;
  int torn = 0;
  {
    const auto channel = [&] { return files.Connect(pdp.address()); };
    std::vector<std::string> flags = files.ClientFlags();
    flags.insert(flags.end(), {"--pdp", pdp.address(), "--pdp-cert", files.Path("client.crt"),
                               "--pdp-key", files.Path("client.key")});
    const Load lasting(LastingChecks(channel), &checks);
    const Load fresh(FreshChecks(channel), &checks);
    const Load first(SidecarCalls(flags), &calls);
    const Load second(SidecarCalls(flags), &calls);
    Metronome metronome;
    for (int rotation = 0; rotation < kRotations; ++rotation) {
      metronome.Await();
      torn += TearOf(rotation) == Tear::kNone ? 0 : 1;
      secret.Rotate(TearOf(rotation));
      RotateClient(files, TearOf(rotation));
    }
    metronome.Await();
  }
  EXPECT_EQ(pdp.Stop(), 0);
  const int loaded = Count(pdp.log(), "\"certificate_loaded\"");
  const int refused = Count(pdp.log(), "\"certificate_not_loaded\"");
  std::printf(
      "%d rotations, %d torn; %d loaded, %d refused: %lu checks and %lu calls asked, %lu and %lu "
      "failed\n",
      kRotations, torn, loaded, refused, checks.asked(), calls.asked(), checks.failed(),
      calls.failed());
  EXPECT_EQ(checks.failures(), "");
  EXPECT_EQ(calls.failures(), "");
  // Each good one was taken over and each torn one was not, or the figures say nothing. A machine
  // that is late may read two rotations as one.
  EXPECT_GE(loaded, (kRotations - torn) * 3 / 4) << pdp.log();
  EXPECT_LE(loaded, 1 + kRotations - torn) << pdp.log();
  EXPECT_GE(refused, 1) << pdp.log();
  EXPECT_LE(refused, torn) << pdp.log();
  EXPECT_GT(checks.asked(), 100u);
  EXPECT_GT(calls.asked(), 100u);
}

}  // namespace
}  // namespace ostiary
