// Texts that are almost rules files. The engine may refuse more than the reference, which is no
// judge of files, but what it loads must be JSON to another reader and decide as the reference
// does: what one misreads the other would have to misread alike.
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/reference/differential.h"
#include "tests/reference/engine.h"

namespace ostiary::reference {
namespace {

constexpr int kTexts = 10'000;
constexpr int kRequestsPerText = 10;

// Bytes that mean something to JSON or to UTF-8.
std::string RandomBytes(std::mt19937_64* random) {
  static const auto& pieces = *new std::vector<std::string>{"{",
                                                            "}",
                                                            "[",
                                                            "]",
                                                            "\"",
                                                            "\\",
                                                            ",",
                                                            ":",
                                                            " ",
                                                            "\n",
                                                            "_",
                                                            "*",
                                                            "true",
                                                            "null",
                                                            "1",
                                                            "-",
                                                            "\x80",
                                                            "\xc3",
                                                            "\xed\xa0\x80",
                                                            "\xf4\x90\x80\x80",
                                                            "\xef\xbb\xbf",
                                                            "\\u0061",
                                                            "\\ud800",
                                                            "\\udc00",
                                                            "\t",
                                                            "\x01",
                                                            "/",
                                                            "~",
                                                            "'",
                                                            "//",
                                                            "\"a\":{},",
                                                            "\"s\",",
                                                            "\"_c\":\"\","};
  return pieces[(*random)() % pieces.size()];
}

std::string Mutate(std::string text, std::mt19937_64* random) {
  const size_t at = (*random)() % (text.size() + 1);
  switch ((*random)() % 5) {
    case 0:
      return text.substr(0, at);
    case 1:
      return text.erase(at, 1 + (*random)() % 4);
    case 2: {
      const std::string copied = text.substr(at, 1 + (*random)() % 30);
      return text.insert((*random)() % (text.size() + 1), copied);
    }
    default:
      return text.insert(at, RandomBytes(random));
  }
}

TEST(MutationTest, WhatTheEngineLoadsTheReferenceReadsAlike) {
  const uint64_t seed = TestSeed();
  RandomPolicy policies(seed);
  std::mt19937_64 random(seed);
  int loaded = 0;
  int refused = 0;
  for (int round = 0; round < kTexts; ++round) {
    policies.NextRules();
    const std::string text = Mutate(policies.NextText(), &random);
    const auto engine = LoadEngine(text);
    if (!engine.has_value()) {
      ++refused;
      continue;
    }
    ++loaded;
    const auto reference = LoadReference(text);
    ASSERT_TRUE(reference.has_value()) << "the engine alone loads " << text;
    for (int left = kRequestsPerText; left > 0; --left) {
      const Request request = policies.NextRequest();
      const Outcome got = (*engine)(request);
      const Outcome want = (*reference)(request);
      ASSERT_TRUE(got == want) << got.decision.reason << " at " << got.decision.pointer
                               << ", but by the reference " << want.decision.reason << " at "
                               << want.decision.pointer << " for " << request.agent << " "
                               << request.kind << " \"" << request.server << "\" \"" << request.name
                               << "\" in " << text;
    }
  }
  EXPECT_GT(loaded, kTexts / 20);
  EXPECT_GT(refused, kTexts / 20);
}

}  // namespace
}  // namespace ostiary::reference
