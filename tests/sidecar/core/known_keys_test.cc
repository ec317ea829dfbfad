#include "sidecar/core/known_keys.h"

#include <gtest/gtest.h>

#include <string>

#include "common/json/json_write.h"

namespace ostiary::sidecar {
namespace {

struct KeyCase {
  std::string key;
  KeyMatch match;
};

KeyMatch Match(const std::string& key) {
  const std::string text = "{" + JsonString(key) + ":1}";
  JsonDocument document;
  EXPECT_TRUE(document.Parse(text)) << text;
  size_t index = 0;
  return MatchKey(*document.root().first_key(), kParamsKeyNames, &index);
}

TEST(KnownKeysTest, TellsKnownConfusableAndOtherKeysApart) {
  const KeyCase cases[] = {
      {"name", KeyMatch::kExact},
      {"requestId", KeyMatch::kExact},
      {"_meta", KeyMatch::kExact},
      {"", KeyMatch::kUnknown},
      {"nam", KeyMatch::kUnknown},
      {"names", KeyMatch::kUnknown},
      {"_name", KeyMatch::kUnknown},
      {"request_id", KeyMatch::kConfusable},
      {"REQUEST-ID", KeyMatch::kConfusable},
      {"na_me", KeyMatch::kConfusable},
      {"name_", KeyMatch::kConfusable},
      {"_me-ta", KeyMatch::kConfusable},
      {"name ", KeyMatch::kUnknown},
      {"meta", KeyMatch::kUnknown},
      {"x\u017f", KeyMatch::kUnknown},
      {std::string(1000, 'n'), KeyMatch::kUnknown},
      {std::string(1, '\0'), KeyMatch::kUnknown},
      {std::string("x\0name", 6), KeyMatch::kUnknown},
      {"Name", KeyMatch::kConfusable},
      {"NAME", KeyMatch::kConfusable},
      {"requestid", KeyMatch::kConfusable},
      {"REQUESTID", KeyMatch::kConfusable},
      {"argument\u017f", KeyMatch::kConfusable},
      {"ta\u017f\u212a", KeyMatch::kConfusable},
      {"ur\u0131", KeyMatch::kConfusable},
      {"UR\u0130", KeyMatch::kConfusable},
      {"reque\ufb06Id", KeyMatch::kConfusable},
      {"progre\u00dfToken", KeyMatch::kConfusable},
      {"progre\u1e9eToken", KeyMatch::kConfusable},
      {"\uff4eame", KeyMatch::kConfusable},
      {"\uff2e\uff21\uff2d\uff25", KeyMatch::kConfusable},
      {"\uff3fmeta", KeyMatch::kConfusable},
      {std::string("name\0", 5), KeyMatch::kConfusable},
      {std::string("\0name", 5), KeyMatch::kConfusable},
      {std::string("n\0a\0m\0e", 7), KeyMatch::kConfusable},
      {std::string("name\0junk", 9), KeyMatch::kConfusable},
      {std::string("NAME\0junk", 9), KeyMatch::kConfusable},
      {"name" + std::string(1000, '\0'), KeyMatch::kConfusable},
      {std::string("name\0", 5) + std::string(1000, 'x'), KeyMatch::kConfusable},
  };
  for (const KeyCase& c : cases) {
    EXPECT_EQ(Match(c.key), c.match) << JsonString(c.key);
  }
}

TEST(KnownKeysTest, NoKnownKeyIsConfusableWithAnother) {
  for (const KnownKeys* const known : {&kEnvelopeKeyNames, &kParamsKeyNames, &kMetaKeyNames}) {
    for (const absl::string_view key : *known) {
      const std::string text = "{" + JsonString(key) + ":1}";
      JsonDocument document;
      ASSERT_TRUE(document.Parse(text));
      EXPECT_EQ(KeyFault(document.root(), *known), nullptr) << text;
    }
  }
}

}  // namespace
}  // namespace ostiary::sidecar
