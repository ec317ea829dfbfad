// The comparison of differential.h must be able to fail, and to say what is wrong in few words.
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/reference/differential.h"

namespace ostiary::reference {
namespace {

// Each fault below is one that an evaluator could have; the
// reference with the rules changed plays the faulty subject.
using Json = nlohmann::ordered_json;

Loader WithFault(void (*change)(Json* agents)) {
  return [change](const std::string& text) -> std::optional<Decider> {
    Json rules = Json::parse(text);
    if (rules.contains("agents")) change(&rules["agents"]);
    const std::optional<Decider> changed = LoadReference(rules.dump());
    if (!changed.has_value()) return std::nullopt;
    // Places differ in the changed text; the fault shall be found without them.
    return [changed, original = LoadReference(text)](const Request& request) {
      Outcome outcome = (*changed)(request);
      if (original.has_value()) outcome.position = (*original)(request).position;
      return outcome;
    };
  };
}

void ExpectFound(void (*fault)(Json* agents), const std::string& repro) {
  const DifferentialResult result = Compare(WithFault(fault), {.seed = 1});
  EXPECT_THAT(result.disagreement, testing::HasSubstr(repro));
}

TEST(PlantedFaultsTest, FindsNothingWhereThereIsNothing) {
  EXPECT_EQ(Compare(LoadReference, {.seed = 1, .decisions = 10'000}).disagreement, "");
}

TEST(PlantedFaultsTest, FindsADenyOfEveryServerThatIsIgnored) {
  ExpectFound(
      [](Json* agents) {
        for (Json& agent : *agents) {
          if (agent.contains("deny") && agent["deny"].contains("tools")) {
            agent["deny"]["tools"].erase("*");
          }
        }
      },
      R"("deny":{"tools":{"*":[)");
}

TEST(PlantedFaultsTest, FindsADefaultAgentThatIsNotLookedAt) {
  ExpectFound([](Json* agents) { agents->erase("default"); }, R"("agents":{"default":{}})");
}

TEST(PlantedFaultsTest, FindsAnEmptyListThatNarrows) {
  ExpectFound(
      [](Json* agents) {
        for (Json& agent : *agents) {
          if (!agent.contains("allow") || !agent["allow"].contains("prompts")) continue;
          for (Json& list : agent["allow"]["prompts"]) {
            if (list == Json::array()) list.push_back("\u0001");
          }
        }
      },
      R"("prompts":{)");
}

}  // namespace
}  // namespace ostiary::reference
