// The hashes and comparisons of names, at every size around those at which they change their way.
#include "pdp/policy/search_name.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace ostiary::pdp {
namespace {

constexpr size_t kLongest = 70;

// Of so many different bytes.
std::string Text(size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) text.push_back(static_cast<char>('0' + i));
  return text;
}

// `text` with bytes around it that may be read and do not count.
std::string Padded(const std::string& text) {
  return absl::StrCat(std::string(kWordsSize, '#'), text, std::string(kWordsSize, '#'));
}

template <AffixEnd kEnd>
void ExpectAffixes(const std::string& text) {
  const SearchName name(text);
  AffixHasher<kEnd> hasher(name);
  std::set<uint64_t> hashes = {name.hash()};
  for (size_t size = 1; size <= text.size(); ++size) {
    const std::string affix =
        kEnd == AffixEnd::kPrefix ? text.substr(0, size) : text.substr(text.size() - size);
    const SearchName alone(affix);
    const uint64_t hash = hasher.At(size);
    EXPECT_EQ(hash, AffixHasher<kEnd>(alone).At(size)) << size << " of " << text.size();
    EXPECT_TRUE(hashes.insert(hash).second) << size << " of " << text.size();
    EXPECT_EQ(AffixHasher<kEnd>(name).TagAt(size), AffixHasher<kEnd>(alone).TagAt(size));
    const std::string padded = Padded(affix);
    EXPECT_TRUE(name.HasAffix<kEnd>(padded.data() + kWordsSize, size));
    for (const size_t wrong : {size_t{0}, size / 2, size - 1}) {
      std::string other = affix;
      other[wrong] = '!';
      EXPECT_FALSE(name.HasAffix<kEnd>(Padded(other).data() + kWordsSize, size));
    }
  }
  EXPECT_TRUE(name.HasAffix<kEnd>(Padded("").data() + kWordsSize, 0));
  EXPECT_FALSE(name.HasAffix<kEnd>(Padded(text + "x").data() + kWordsSize, text.size() + 1));
}

TEST(SearchNameTest, KnowsItsAffixesAtEverySize) {
  for (size_t size = 0; size <= kLongest; ++size) {
    ExpectAffixes<AffixEnd::kPrefix>(Text(size));
    ExpectAffixes<AffixEnd::kSuffix>(Text(size));
  }
}

// As many bytes as a short text may have, with zeros behind the text.
std::string Cell(const std::string& text) {
  return text + std::string(kWordsSize - text.size(), '\0');
}

TEST(SearchNameTest, EqualsWhatHasItsSizeAndBytes) {
  const auto is = [](const SearchName& name, const std::string& text) {
    return name.IsShort(Cell(text).data(), text.size());
  };
  for (size_t size = 0; size <= kLongest; ++size) {
    const std::string text = Text(size);
    const SearchName name(text);
    EXPECT_EQ(name.hash(), SearchName(std::string(text)).hash());
    EXPECT_EQ(name.tag(), SearchName(std::string(text)).tag());
    std::string other = text;
    if (size > 0) {
      other.back() = '!';
      EXPECT_NE(name.hash(), SearchName(other).hash());
      EXPECT_NE(name.tag(), SearchName(other).tag());
    }
    if (size > kWordsSize) {
      EXPECT_FALSE(is(name, text.substr(0, kWordsSize)));
      continue;
    }
    EXPECT_TRUE(is(name, text));
    if (size < kWordsSize) {
      EXPECT_FALSE(is(name, text + "#"));
    }
    if (size == 0) continue;
    EXPECT_FALSE(is(name, text.substr(0, size - 1)));
    EXPECT_FALSE(is(name, other));
  }
}

// A text with so many bytes before its star and behind it, at a place where others stand around it.
struct Starred {
  std::string padded;
  size_t head;
  size_t tail;

  Starred(const std::string& before, const std::string& behind)
      : padded(Padded(absl::StrCat(before, "*", behind))),
        head(before.size()),
        tail(behind.size()) {}
  bool IsAround(const SearchName& name) const {
    const char* const begin = padded.data() + kWordsSize;
    return name.HasEnds(begin, begin + head + 1 + tail, head, tail);
  }
};

std::string Changed(std::string text, size_t at) {
  text[at] = '!';
  return text;
}

TEST(SearchNameTest, HasBothItsEnds) {
  for (size_t size = 0; size <= kLongest; ++size) {
    const std::string text = Text(size);
    const SearchName name(text);
    for (size_t head = 0; head <= std::min(size, kWordsSize); ++head) {
      const std::string before = text.substr(0, head);
      for (size_t tail = 0; tail <= std::min(size, kWordsSize); ++tail) {
        const std::string behind = text.substr(size - tail);
        EXPECT_EQ(Starred(before, behind).IsAround(name), head + tail <= size)
            << text << ' ' << before << '*' << behind;
        for (const size_t wrong : {size_t{0}, head / 2, head - 1}) {
          if (wrong >= head) continue;
          EXPECT_FALSE(Starred(Changed(before, wrong), behind).IsAround(name)) << text;
        }
        for (const size_t wrong : {size_t{0}, tail / 2, tail - 1}) {
          if (wrong >= tail) continue;
          EXPECT_FALSE(Starred(before, Changed(behind, wrong)).IsAround(name)) << text;
        }
      }
    }
  }
}

TEST(SearchNameTest, HashesAnAffixAlikeByItsLane) {
  for (size_t size = 1; size <= kLongest; ++size) {
    const std::string text = Text(size);
    const SearchName name(text);
    for (size_t n = 1; n <= std::min(size, kWordsSize); ++n) {
      EXPECT_EQ(HashOfLane(name, AffixLane(AffixEnd::kPrefix, n)),
                WholeAffixHash(AffixEnd::kPrefix, text.substr(0, n)));
      EXPECT_EQ(HashOfLane(name, AffixLane(AffixEnd::kSuffix, n)),
                WholeAffixHash(AffixEnd::kSuffix, text.substr(size - n)));
    }
  }
}

TEST(SearchNameTest, HashesLongTextsByAllOfTheSeed) {
  for (const size_t size : {17, 32, 33, 70}) {
    const std::string text = Text(size);
    const std::set<uint64_t> hashes = {LongHash(text, {0, 0}), LongHash(text, {1, 0}),
                                       LongHash(text, {0, 1}), LongHash(text, {1, 1})};
    EXPECT_EQ(hashes.size(), 4u) << size;
  }
}

// A list has that one where it has no entry.
TEST(SearchNameTest, HasNoTagThatStandsForNone) {
  for (int i = 0; i < 300'000; ++i) {
    const std::string text = absl::StrCat(i);
    const SearchName name(text);
    const std::string long_text = absl::StrCat(text, "-and-then-some-more");
    ASSERT_NE(name.tag(), kNoListTag) << i;
    ASSERT_NE(SearchName(long_text).tag(), kNoListTag) << i;
    ASSERT_NE(ShortAffixTag<AffixEnd::kPrefix>(name, text.size()), kNoListTag) << i;
    ASSERT_NE(ShortAffixTag<AffixEnd::kSuffix>(name, text.size()), kNoListTag) << i;
  }
}

TEST(SearchNameTest, TellsZerosFromNothing) {
  const std::string zeros(3, '\0');
  const SearchName name(absl::string_view("a", 1));
  EXPECT_FALSE(name.IsShort(Cell("a" + zeros).data(), 4));
  EXPECT_FALSE(Starred("a" + zeros, "").IsAround(name));
  EXPECT_FALSE(Starred("", zeros + "a").IsAround(name));
  EXPECT_FALSE(
      SearchName("a").HasAffix<AffixEnd::kPrefix>(Padded("a" + zeros).data() + kWordsSize, 4));
  EXPECT_FALSE(
      SearchName("a").HasAffix<AffixEnd::kSuffix>(Padded(zeros + "a").data() + kWordsSize, 4));
}

}  // namespace
}  // namespace ostiary::pdp
