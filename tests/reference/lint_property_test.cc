// What the load warns about, compared with what the rules decide, on random policies: a rule that
// is said never to match never decides, and an entry that its own name proves dead is warned about.
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/reference/differential.h"
#include "tests/reference/engine.h"
#include "tests/reference/rules_reader.h"

namespace ostiary::reference {
namespace {

using Json = RandomPolicy::Json;

constexpr size_t kPolicies = 1'000;
constexpr int kRequestsPerPolicy = 50;

// Where the load says that a rule can never match.
class Warnings {
 public:
  explicit Warnings(const pdp::LoadedPolicy& loaded) {
    for (const pdp::Issue& issue : loaded.issues) {
      if (absl::StrContains(issue.message, "can never match")) pointers_.insert(issue.pointer);
    }
  }

  size_t size() const { return pointers_.size(); }

  // At the entry, or at the list that holds it.
  bool Has(const std::string& entry) const {
    return pointers_.contains(entry) || pointers_.contains(ListOf(entry));
  }

  static std::string ListOf(const std::string& entry) { return entry.substr(0, entry.rfind('/')); }

 private:
  std::set<std::string> pointers_;
};

bool IsLiteral(const std::string& entry) { return entry.find_first_of("*?[") == std::string::npos; }

// Calls `see`(pointer, request) for every entry without wildcards of the lists for one server,
// with the request that only this entry, or a deny, can decide.
template <typename See>
void ForEachLiteral(const Json& rules, const See& see) {
  static const std::map<std::string, std::string> kinds = {
      {"tools", "TOOL"}, {"resources", "RESOURCE"}, {"prompts", "PROMPT"}};
  for (const auto& [id, agent] : rules.at("agents").items()) {
    for (const char* section : {"allow", "deny"}) {
      for (const auto& [key, kind] : kinds) {
        const std::string parent = absl::StrCat("/agents/", id, "/", section, "/", key);
        const auto lists = Json::json_pointer(parent);
        if (!rules.contains(lists)) continue;
        for (const auto& [server, list] : rules.at(lists).items()) {
          if (server == "*" || !list.is_array()) continue;
          for (size_t index = 0; index < list.size(); ++index) {
            const auto name = list[index].template get<std::string>();
            if (!IsLiteral(name)) continue;
            see(absl::StrCat(PointerTo(parent, server), "/", index),
                Request{id, server, kind, name});
          }
        }
      }
    }
  }
}

TEST(LintPropertyTest, ARuleSaidNeverToMatchNeverDecides) {
  RandomPolicy random(TestSeed());
  size_t warned = 0;
  for (size_t round = 0; round < kPolicies; ++round) {
    random.NextRules();
    const std::string text = random.NextText();
    const auto reference = LoadReference(text);
    if (!reference.has_value()) continue;
    const pdp::LoadedPolicy loaded = LoadRules(text);
    ASSERT_NE(loaded.snapshot, nullptr);
    const Warnings warnings(loaded);
    warned += warnings.size();
    for (int left = kRequestsPerPolicy; left > 0; --left) {
      const Request request = random.NextRequest();
      const ReferenceDecision decision = (*reference)(request).decision;
      if (decision.pointer.empty()) continue;
      ASSERT_FALSE(warnings.Has(decision.pointer))
          << decision.reason << " by " << decision.pointer << " for \"" << request.server << "\" \""
          << request.name << "\" in " << text;
    }
  }
  EXPECT_GT(warned, kPolicies / 10);
}

TEST(LintPropertyTest, AnEntryThatItsOwnNameDoesNotReachIsWarnedAbout) {
  RandomPolicy random(TestSeed());
  size_t dead = 0;
  for (size_t round = 0; round < kPolicies; ++round) {
    const Json& rules = random.NextRules();
    const std::string text = random.NextText();
    const auto reference = LoadReference(text);
    if (!reference.has_value()) continue;
    const pdp::LoadedPolicy loaded = LoadRules(text);
    ASSERT_NE(loaded.snapshot, nullptr);
    const Warnings warnings(loaded);
    ForEachLiteral(rules, [&](const std::string& pointer, const Request& request) {
      const ReferenceDecision decision = (*reference)(request).decision;
      const bool is_allow = absl::StrContains(pointer, "/allow/");
      const bool is_reached =
          is_allow ? decision.effect == "ALLOW" : !absl::StartsWith(decision.reason, "SERVER_");
      if (is_reached) return;
      ++dead;
      EXPECT_TRUE(warnings.Has(pointer)) << pointer << " in " << text;
    });
    if (HasFailure()) return;
  }
  EXPECT_GT(dead, kPolicies / 10);
}

}  // namespace
}  // namespace ostiary::reference
