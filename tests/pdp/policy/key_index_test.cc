// The index of the entries of several lists: which of them are candidates for a name.
#include "pdp/policy/key_index.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/key_index_builder.h"

namespace ostiary::pdp {
namespace {

using Texts = std::vector<std::string>;
using Places = std::vector<std::pair<size_t, uint32_t>>;
using Candidates = KeyIndex::Candidates;

class Index {
 public:
  explicit Index(const std::vector<Texts>& lists) {
    std::vector<const PatternList*> compiled;
    for (const Texts& texts : lists) {
      std::vector<RuleEntry> entries;
      for (const std::string& text : texts) entries.push_back({text, 0});
      compiled.push_back(texts.empty() ? nullptr : PatternList::Create(entries, 0, &arena_));
    }
    index_ = KeyIndexBuilder(&arena_).Build(compiled);
  }

  Places Of(absl::string_view name) const {
    Places places;
    index_.ForEachCandidate(SearchName(name), [&places](const KeyIndex::Place& place) {
      places.emplace_back(place.list, place.entry);
      return true;
    });
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return places;
  }
  // Those visited where an entry of a list behind `last` says that it is enough.
  Places UpTo(size_t last, absl::string_view name) const {
    Places places;
    index_.ForEachCandidate(SearchName(name), [&](const KeyIndex::Place& place) {
      places.emplace_back(place.list, place.entry);
      return place.list <= last;
    });
    std::sort(places.begin(), places.end());
    return places;
  }
  // What Of gives, where FindOne can tell.
  Candidates One(absl::string_view name, KeyIndex::Place* place) const {
    return index_.is_simple() ? index_.FindOne(SearchName(name), place) : Candidates::kOthers;
  }
  bool is_simple() const { return index_.is_simple(); }

 private:
  Arena arena_;
  KeyIndex index_;
};

Texts Numbered(absl::string_view before, size_t count, absl::string_view behind) {
  Texts texts;
  for (size_t i = 0; i < count; ++i) texts.push_back(absl::StrCat(before, i, behind));
  return texts;
}

TEST(KeyIndexTest, TellsWhichListHasAnEntry) {
  const Index index({{"a", "b*"}, {}, {"*c", "a", "b*"}});
  EXPECT_EQ(index.Of("a"), (Places{{0, 0}, {2, 1}}));
  EXPECT_EQ(index.Of("bx"), (Places{{0, 1}, {2, 2}}));
  EXPECT_EQ(index.Of("xc"), (Places{{2, 0}}));
  EXPECT_EQ(index.Of("bc"), (Places{{0, 1}, {2, 0}, {2, 2}}));
  EXPECT_EQ(index.Of("x"), Places{});
  EXPECT_EQ(index.Of(""), Places{});
}

TEST(KeyIndexTest, FindsNothingAmongNoEntries) {
  EXPECT_EQ(Index({}).Of("x"), Places{});
  EXPECT_EQ(Index({{}, {}, {}}).Of("x"), Places{});
}

TEST(KeyIndexTest, FindsTheOneCandidate) {
  const Index index({{"a", "b*", "twice"}, {}, {"*c", "twice"}});
  KeyIndex::Place place{};
  EXPECT_EQ(index.One("a", &place), Candidates::kOne);
  EXPECT_EQ(place.list, 0u);
  EXPECT_EQ(place.entry, 0u);
  EXPECT_EQ(index.One("xc", &place), Candidates::kOne);
  EXPECT_EQ(place.list, 2u);
  EXPECT_EQ(place.entry, 0u);
  EXPECT_EQ(index.One("x", &place), Candidates::kNone);
  EXPECT_EQ(index.One("bc", &place), Candidates::kOthers);
  EXPECT_EQ(index.One("twice", &place), Candidates::kOthers);
}

// What FindOne says must be what ForEachCandidate finds, in tables of every fullness.
TEST(KeyIndexTest, FindOneAgreesWithAllCandidates) {
  for (size_t count = 0; count < 2'000; count = count * 5 / 4 + 1) {
    const Index index({Numbered("n", count, ""), {}, Numbered("n", count, "_*")});
    ASSERT_TRUE(index.is_simple());
    for (size_t i = 0; i < count + 50; ++i) {
      for (const char* behind : {"", "_", "_x"}) {
        const std::string name = absl::StrCat("n", i, behind);
        KeyIndex::Place place{};
        const Candidates found = index.One(name, &place);
        const Places all = index.Of(name);
        if (found != Candidates::kOthers) {
          const Places one = {{place.list, place.entry}};
          ASSERT_EQ(all, found == Candidates::kNone ? Places{} : one) << name;
        }
        const bool is_name = *behind == 0;
        const Places entry = {{is_name ? 0 : 2, static_cast<uint32_t>(i)}};
        ASSERT_TRUE(i >= count || std::includes(all.begin(), all.end(), entry.begin(), entry.end()))
            << name;
      }
    }
  }
}

TEST(KeyIndexTest, IsSimpleWithFewSizesOfShortKeysAlone) {
  EXPECT_TRUE(Index({{"a*", "ab*", "abc*", "*c", "*bc", "*abc", "*abcd", "x"}}).is_simple());
  EXPECT_FALSE(Index({{"*"}}).is_simple());
  EXPECT_TRUE(Index({{std::string(16, 'x') + "*"}}).is_simple());
  EXPECT_FALSE(Index({{std::string(17, 'x') + "*"}}).is_simple());
  Texts nested;  // none can be cut: each is the beginning of the next
  for (size_t size = 1; size <= 8; ++size) nested.push_back(std::string(size, 'x') + "*");
  EXPECT_FALSE(Index({nested}).is_simple());
  nested.pop_back();
  EXPECT_TRUE(Index({nested}).is_simple());
}

// Where keys have many sizes, they are cut where that makes none of them the same as another: what
// is behind the cut still counts, and so does all of a key that was not cut.
TEST(KeyIndexTest, FindsEntriesWhoseKeysAreCut) {
  const Index index({{"get*", "read*", "write*", "delete*", "replace*", "truncate*", "*_by",
                      "*_from", "*_until"}});
  EXPECT_TRUE(index.is_simple()) << "two sizes are left of nine";
  EXPECT_EQ(index.Of("read_x"), (Places{{0, 1}}));
  EXPECT_EQ(index.Of("write_x"), (Places{{0, 2}}));
  EXPECT_EQ(index.Of("delete"), (Places{{0, 3}}));
  EXPECT_EQ(index.Of("truncate_x"), (Places{{0, 5}}));
  EXPECT_EQ(index.Of("truxx"), (Places{{0, 5}})) << "its key: the entry is compared in full anyway";
  EXPECT_EQ(index.Of("x_by"), (Places{{0, 6}}));
  EXPECT_EQ(index.Of("x_until"), (Places{{0, 8}}));
}

TEST(KeyIndexTest, FindsNothingUnderAffixesThatStopOtherwise) {
  const Index index({{"get_*", "read_*", "*_file", "list"}});
  EXPECT_EQ(index.Of("get_file"), (Places{{0, 0}, {0, 2}}));
  EXPECT_EQ(index.Of("read_x"), (Places{{0, 1}}));
  EXPECT_EQ(index.Of("list"), (Places{{0, 3}}));
  EXPECT_EQ(index.Of("lists"), Places{});
  EXPECT_EQ(index.Of("getx"), Places{});
}

TEST(KeyIndexTest, FindsEntriesOfAllSizesAtBothEnds) {
  Texts entries;
  for (size_t size = 1; size <= 40; ++size) {
    entries.push_back(std::string(size, 'x') + "y*");
    entries.push_back("*y" + std::string(size, 'z'));
    entries.push_back(std::string(size, 'w'));
  }
  const Index index({{}, entries});
  for (uint32_t size = 1; size <= 40; ++size) {
    const auto has = [&](const std::string& name, uint32_t entry) {
      const Places all = index.Of(name);
      return std::find(all.begin(), all.end(), std::pair(size_t{1}, entry)) != all.end();
    };
    EXPECT_TRUE(has(std::string(size, 'x') + "y", 3 * size - 3));
    EXPECT_TRUE(has(std::string(size, 'x') + "y and more", 3 * size - 3));
    EXPECT_TRUE(has("y" + std::string(size, 'z'), 3 * size - 2));
    EXPECT_TRUE(has("more y" + std::string(size, 'z'), 3 * size - 2));
    EXPECT_TRUE(has(std::string(size, 'w'), 3 * size - 1));
  }
}

TEST(KeyIndexTest, FindsAllUnderOneKey) {
  Texts entries = {"get_*"};
  for (int i = 0; i < 300; ++i) entries.push_back(absl::StrCat("get_*", "?_", i, "*"));
  const Index index({entries, {"get_*", "get_*"}, entries});
  const Places all = index.Of("get_it");
  EXPECT_EQ(all.size(), 301u + 1u + 301u);  // a repetition finds nothing that the first does not
  KeyIndex::Place place{};
  EXPECT_EQ(index.One("get_it", &place), Candidates::kOthers);
}

TEST(KeyIndexTest, FindsTheFirstAloneOfWhatIsRepeatedInAList) {
  const Index index({{"n", "p*", "*s", "*"}, {"n", "n", "p*", "p*", "*s", "*s", "*", "*y*", "*"}});
  EXPECT_EQ(index.Of("n"), (Places{{0, 0}, {0, 3}, {1, 0}, {1, 6}, {1, 7}}));
  EXPECT_EQ(index.Of("px"), (Places{{0, 1}, {0, 3}, {1, 2}, {1, 6}, {1, 7}}));
  EXPECT_EQ(index.Of("xs"), (Places{{0, 2}, {0, 3}, {1, 4}, {1, 6}, {1, 7}}));
}

TEST(KeyIndexTest, FindsLongKeysInAnyOrder) {
  Texts entries;
  for (size_t size = 60; size > 16; size -= 4) {
    entries.push_back(std::string(size, 'x') + "y*");
    entries.push_back("*y" + std::string(size, 'z'));
  }
  const Index index({entries});
  for (uint32_t i = 0; i < entries.size(); i += 2) {
    const size_t size = 60 - 2 * i;
    for (const std::string& rest : {std::string(), std::string(70, 'w')}) {
      EXPECT_EQ(index.Of(std::string(size, 'x') + "y" + rest), (Places{{0, i}}));
      EXPECT_EQ(index.Of(rest + "y" + std::string(size, 'z')), (Places{{0, i + 1}}));
    }
  }
}

// "*" behind what has no key either.
TEST(KeyIndexTest, FindsAStarBehindOthersWithoutAKey) {
  const Index index({{"*x*", "?", "*"}, {"?*", "[ab]*", "*"}});
  EXPECT_EQ(index.Of("n"), (Places{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}}));
}

// Entries whose keys all want the same buckets, of which no table has room for so many.
TEST(KeyIndexTest, FindsEntriesForWhichTheTableHasNoRoom) {
  Texts crowd;
  for (size_t i = 0; crowd.size() < 50; ++i) {
    const std::string name = absl::StrCat("n", i);
    if ((SearchName(name).hash() & 0xffffffff) < (uint64_t{1} << 32) / 64) crowd.push_back(name);
  }
  const Index index({{"*_x"}, crowd});
  EXPECT_FALSE(index.is_simple());
  for (uint32_t i = 0; i < crowd.size(); ++i) {
    const Places all = index.Of(crowd[i]);
    const Places entry = {{1, i}};
    EXPECT_TRUE(std::includes(all.begin(), all.end(), entry.begin(), entry.end())) << crowd[i];
  }
}

// Two in one bucket, of which each could be the name.
TEST(KeyIndexTest, FindsBothNamesThatHaveOneTag) {
  std::map<uint16_t, std::string> by_tag;
  Texts alike;
  for (int i = 0; alike.empty(); ++i) {
    const std::string name = absl::StrCat("n", i);
    const auto [known, is_new] = by_tag.try_emplace(TagOf(SearchName(name).hash()), name);
    if (!is_new) alike = {known->second, name};
  }
  const Index index({alike});
  for (const std::string& name : alike) {
    KeyIndex::Place place{};
    EXPECT_EQ(index.One(name, &place), Candidates::kOthers);
    EXPECT_EQ(index.Of(name), (Places{{0, 0}, {0, 1}}));
  }
}

// A load builds all its indexes with one.
TEST(KeyIndexTest, HasNothingOfTheIndexBuiltBefore) {
  Arena arena;
  KeyIndexBuilder builder(&arena);
  const auto build = [&](const Texts& texts) {
    std::vector<RuleEntry> entries;
    for (const std::string& text : texts) entries.push_back({text, 0});
    const PatternList* const list = PatternList::Create(entries, 0, &arena);
    return builder.Build({&list, 1});
  };
  Texts before = {"a", "*x*", "*", "get_*", "get_?", "*_by", "*?_by"};
  before.push_back(std::string(20, 'p') + "*");
  before.push_back("*" + std::string(30, 's'));
  build(before);
  const KeyIndex index = build({"one", "two_*"});
  ASSERT_TRUE(index.is_simple());
  size_t visited = 0;
  for (const char* name : {"a", "x", "get_x", "one", "two_x", "x_by"}) {
    index.ForEachCandidate(SearchName(name), [&](const KeyIndex::Place& place) {
      EXPECT_LT(place.entry, 2u);
      ++visited;
      return true;
    });
  }
  EXPECT_EQ(visited, 2u);
}

TEST(KeyIndexTest, VisitsNoMoreOfAKeyThanItIsAskedTo) {
  Texts many = {"get_*", "*", "*x*"};
  for (int i = 0; i < 50; ++i) many.push_back(absl::StrCat("get_*_", i, "*"));
  for (int i = 0; i < 50; ++i) many.push_back(absl::StrCat("*_", i, "?*"));
  const Index index({{"get_?", "*y*"}, many});
  // The first of the second list under the key, and the first without a key.
  EXPECT_EQ(index.UpTo(0, "get_it"), (Places{{0, 0}, {0, 1}, {1, 0}, {1, 1}}));
}

// A hash whose home is the same part of a table of any size.
uint64_t HashAt(uint64_t place, uint64_t i) { return i << 32 | place; }

TEST(KeyTableTest, KeepsACrowdInTheBucketsBehindIt) {
  KeyTable table;
  table.Start(100);
  for (uint32_t i = 0; i < 32; ++i) EXPECT_TRUE(table.Add(HashAt(0, i + 1), i)) << i;
  for (uint32_t i = 0; i < 32; ++i) EXPECT_EQ(table.Find(HashAt(0, i + 1)), i);
  EXPECT_EQ(table.Find(HashAt(0, 99)), KeyTable::kNone);
}

TEST(KeyTableTest, KeepsAllThatItHasWhereATableOfTheNextSizeHasNoRoomForThem) {
  KeyTable table;
  table.Start(1'000);
  // Neighbours among 201 buckets, which have one home among the 252 that come next.
  const uint64_t border = (uint64_t{101} << 32) / 201 + 1;
  for (uint32_t i = 0; i < 20; ++i) EXPECT_TRUE(table.Add(HashAt(border - 1, i + 1), i));
  for (uint32_t i = 20; i < 40; ++i) EXPECT_TRUE(table.Add(HashAt(border, i + 1), i));
  // It grows for a crowd, in vain.
  for (uint32_t i = 40; i < 80; ++i) EXPECT_EQ(table.Add(HashAt(0, i + 1), i), i < 72);
  for (uint32_t i = 0; i < 20; ++i) EXPECT_EQ(table.Find(HashAt(border - 1, i + 1)), i);
  for (uint32_t i = 20; i < 40; ++i) EXPECT_EQ(table.Find(HashAt(border, i + 1)), i);
  for (uint32_t i = 40; i < 72; ++i) EXPECT_EQ(table.Find(HashAt(0, i + 1)), i);
}

TEST(KeyTableTest, GivesUpOnceGrowingDoesNotHelp) {
  constexpr uint32_t kCrowd = 50'000;
  KeyTable table;
  table.Start(kCrowd + 1);
  const uint64_t elsewhere = HashAt(0x80000000, 1);
  EXPECT_TRUE(table.Add(elsewhere, kCrowd));
  // All of these have one home, and growing for each would take minutes.
  uint32_t added = 0;
  for (uint32_t i = 0; i < kCrowd; ++i) {
    const uint64_t hash = HashAt(0, i + 1);
    const bool is_added = table.Add(hash, i);
    EXPECT_EQ(table.Find(hash), is_added ? i : KeyTable::kNone);
    added += is_added ? 1 : 0;
  }
  EXPECT_EQ(added, 32u);
  for (uint32_t i = 0; i < added; ++i) EXPECT_EQ(table.Find(HashAt(0, i + 1)), i);
  EXPECT_EQ(table.Find(elsewhere), kCrowd);
}

}  // namespace
}  // namespace ostiary::pdp
