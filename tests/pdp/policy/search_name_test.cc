// The hashes and comparisons of names, at every size around those at which they change their way.
#include "pdp/policy/search_name.h"

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

TEST(SearchNameTest, EqualsWhatHasItsSizeAndBytes) {
  for (size_t size = 0; size <= kLongest; ++size) {
    const std::string text = Text(size);
    const SearchName name(text);
    EXPECT_TRUE(name.Equals(Padded(text).data() + kWordsSize, size));
    EXPECT_EQ(name.hash(), SearchName(std::string(text)).hash());
    EXPECT_FALSE(name.Equals(Padded(text + "#").data() + kWordsSize, size + 1));
    if (size == 0) continue;
    EXPECT_FALSE(name.Equals(Padded(text).data() + kWordsSize, size - 1));
    std::string other = text;
    other.back() = '!';
    EXPECT_FALSE(name.Equals(Padded(other).data() + kWordsSize, size));
    EXPECT_NE(name.hash(), SearchName(other).hash());
  }
}

TEST(SearchNameTest, TellsZerosFromNothing) {
  const std::string zeros(3, '\0');
  const SearchName name(absl::string_view("a", 1));
  EXPECT_FALSE(name.Equals(Padded("a" + zeros).data() + kWordsSize, 4));
  EXPECT_FALSE(
      SearchName("a").HasAffix<AffixEnd::kPrefix>(Padded("a" + zeros).data() + kWordsSize, 4));
  EXPECT_FALSE(
      SearchName("a").HasAffix<AffixEnd::kSuffix>(Padded(zeros + "a").data() + kWordsSize, 4));
}

}  // namespace
}  // namespace ostiary::pdp
