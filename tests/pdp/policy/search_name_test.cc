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

// As many bytes as a short text may have, with the text at one end and `rest` beside it.
std::string Cell(AffixEnd end, const std::string& text, char rest) {
  const std::string beside(kWordsSize - text.size(), rest);
  return end == AffixEnd::kPrefix ? text + beside : beside + text;
}

TEST(SearchNameTest, EqualsWhatHasItsSizeAndBytes) {
  const auto is = [](const SearchName& name, const std::string& text) {
    return name.IsShort(Cell(AffixEnd::kPrefix, text, '\0').data(), text.size());
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

TEST(SearchNameTest, HasTheShortAffixesOfItsEnds) {
  for (const AffixEnd end : {AffixEnd::kPrefix, AffixEnd::kSuffix}) {
    for (size_t size = 0; size <= kLongest; ++size) {
      const std::string text = Text(size);
      const SearchName name(text);
      for (size_t n = 1; n <= kWordsSize; ++n) {
        const std::string affix = n > size                   ? Text(n)
                                  : end == AffixEnd::kPrefix ? text.substr(0, n)
                                                             : text.substr(size - n);
        EXPECT_EQ(name.HasShortAffix(end, Cell(end, affix, '#').data(), n), n <= size) << text;
        for (const size_t wrong : {size_t{0}, n / 2, n - 1}) {
          std::string other = affix;
          other[wrong] = '!';
          EXPECT_FALSE(name.HasShortAffix(end, Cell(end, other, '#').data(), n)) << text;
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

TEST(SearchNameTest, TellsZerosFromNothing) {
  const std::string zeros(3, '\0');
  const SearchName name(absl::string_view("a", 1));
  EXPECT_FALSE(name.IsShort(Cell(AffixEnd::kPrefix, "a" + zeros, '\0').data(), 4));
  EXPECT_FALSE(
      name.HasShortAffix(AffixEnd::kPrefix, Cell(AffixEnd::kPrefix, "a" + zeros, '\0').data(), 4));
  EXPECT_FALSE(
      name.HasShortAffix(AffixEnd::kSuffix, Cell(AffixEnd::kSuffix, zeros + "a", '\0').data(), 4));
  EXPECT_FALSE(
      SearchName("a").HasAffix<AffixEnd::kPrefix>(Padded("a" + zeros).data() + kWordsSize, 4));
  EXPECT_FALSE(
      SearchName("a").HasAffix<AffixEnd::kSuffix>(Padded(zeros + "a").data() + kWordsSize, 4));
}

}  // namespace
}  // namespace ostiary::pdp
