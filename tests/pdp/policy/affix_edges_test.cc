// Which affixes of a name may be keys: each that is one, and few others.
#include "pdp/policy/affix_edges.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace ostiary::pdp {
namespace {

using Key = std::pair<AffixEnd, std::string>;
using Lanes = std::set<size_t>;

constexpr AffixEnd kPrefix = AffixEnd::kPrefix;
constexpr AffixEnd kSuffix = AffixEnd::kSuffix;

AffixEdges EdgesOf(const std::vector<Key>& keys) {
  AffixEdges edges;
  for (const auto& [end, key] : keys) edges.Add(end, key);
  return edges;
}

Lanes LanesOf(const AffixEdges& edges, const std::string& name) {
  const uint32_t bits = edges.LanesOf(SearchName(name));
  Lanes lanes;
  for (size_t lane = 0; lane < kAffixLanes; ++lane) {
    if ((bits >> lane & 1) != 0) lanes.insert(lane);
  }
  return lanes;
}

// Of the keys that the name has.
Lanes LanesOfKeys(const std::vector<Key>& keys, const std::string& name) {
  Lanes lanes;
  for (const auto& [end, key] : keys) {
    if (AffixOf(end, name, key.size()) == key) lanes.insert(AffixLane(end, key.size()));
  }
  return lanes;
}

TEST(AffixEdgesTest, LeaveOutSizesAtWhichNoKeyStopsSo) {
  const AffixEdges edges = EdgesOf({{kPrefix, "get_"}, {kPrefix, "read_"}, {kPrefix, "fetch."}});
  EXPECT_EQ(LanesOf(edges, "get_it"), Lanes{AffixLane(kPrefix, 4)});
  EXPECT_EQ(LanesOf(edges, "read_it"), Lanes{AffixLane(kPrefix, 5)});
  EXPECT_EQ(LanesOf(edges, "fetch.it"), Lanes{AffixLane(kPrefix, 6)});
  EXPECT_EQ(LanesOf(edges, "fetch_it"), Lanes{});
  EXPECT_EQ(LanesOf(edges, "got_it"), Lanes{AffixLane(kPrefix, 4)}) << "it stops so, too";
  EXPECT_EQ(LanesOf(edges, "gex_it"), Lanes{}) << "another byte beside the last";
  EXPECT_EQ(LanesOf(edges, "it_get_"), Lanes{}) << "not at the beginning";
}

TEST(AffixEdgesTest, LookAtTheBeginningsOfSuffixes) {
  const AffixEdges edges = EdgesOf({{kSuffix, "_it"}, {kSuffix, ".all"}});
  EXPECT_EQ(LanesOf(edges, "get_it"), Lanes{AffixLane(kSuffix, 3)});
  EXPECT_EQ(LanesOf(edges, "get.all"), Lanes{AffixLane(kSuffix, 4)});
  EXPECT_EQ(LanesOf(edges, "get_all"), Lanes{});
  EXPECT_EQ(LanesOf(edges, "_it_"), Lanes{}) << "not at the end";
}

TEST(AffixEdgesTest, KeepASizeWhoseKeysStopInManyWays) {
  const AffixEdges edges = EdgesOf({{kPrefix, "\x0f\xf0"}, {kPrefix, "\xf0\x0f"}});
  EXPECT_EQ(LanesOf(edges, "zz"), Lanes{AffixLane(kPrefix, 2)});
}

TEST(AffixEdgesTest, TakeKeysOfOneByteAndOfTheMost) {
  const std::string most = "xyxyxyxyxyxyxyxy";
  ASSERT_EQ(most.size(), kWordsSize);
  const std::vector<Key> keys = {{kPrefix, "a"}, {kSuffix, "b"}, {kPrefix, most}, {kSuffix, most}};
  const AffixEdges edges = EdgesOf(keys);
  EXPECT_EQ(edges.size_count(), 4u);
  for (const std::string& name : {std::string("a"), std::string("ab"), std::string("b"), most,
                                  "a" + most, most + "b", most + most, std::string()}) {
    EXPECT_EQ(LanesOf(edges, name), LanesOfKeys(keys, name)) << name;
  }
}

// Of few different bytes, zeros among them, so that many affixes are keys or nearly.
std::string RandomText(std::minstd_rand& random, size_t least, size_t most) {
  std::string text(least + random() % (most - least + 1), '\0');
  for (char& c : text) c = "\0a_\xff"[random() % 4];
  return text;
}

TEST(AffixEdgesTest, NeverLeaveOutAKey) {
  std::minstd_rand random(20261124);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<Key> keys;
    for (size_t i = random() % 12; i-- != 0;) {
      keys.emplace_back(random() % 2 == 0 ? kPrefix : kSuffix, RandomText(random, 1, kWordsSize));
    }
    const AffixEdges edges = EdgesOf(keys);
    std::set<size_t> sizes;
    for (const auto& [end, key] : keys) sizes.insert(AffixLane(end, key.size()));
    EXPECT_EQ(edges.size_count(), sizes.size());
    for (int i = 0; i < 30; ++i) {
      std::string name = RandomText(random, 0, 2 * kWordsSize);
      if (!keys.empty() && random() % 2 == 0) {
        const auto& [end, key] = keys[random() % keys.size()];
        name = end == kPrefix ? key + name : name + key;
      }
      const Lanes of_keys = LanesOfKeys(keys, name);
      const Lanes lanes = LanesOf(edges, name);
      ASSERT_TRUE(std::includes(lanes.begin(), lanes.end(), of_keys.begin(), of_keys.end()));
      ASSERT_TRUE(std::includes(sizes.begin(), sizes.end(), lanes.begin(), lanes.end()));
    }
  }
}

}  // namespace
}  // namespace ostiary::pdp
