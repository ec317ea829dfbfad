#include "tests/reference/differential.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/reference/minimise.h"

namespace ostiary::reference {
namespace {

// One text, loaded by both.
class Pair {
 public:
  Pair(const Loader& subject, const std::string& text)
      : reference_(LoadReference(text)), subject_(subject(text)) {}

  bool loaded_alike() const { return reference_.has_value() == subject_.has_value(); }
  bool loaded() const { return reference_.has_value() && subject_.has_value(); }
  Outcome ByReference(const Request& request) const { return (*reference_)(request); }
  bool Agree(const Request& request) const {
    if (!loaded_alike()) return false;
    return !loaded() || ByReference(request) == (*subject_)(request);
  }

  std::string Describe(const Request& request) const {
    return absl::StrCat("  reference: ", Describe(reference_, request),
                        "\n  subject:   ", Describe(subject_, request), "\n");
  }

 private:
  static std::string Describe(const std::optional<Decider>& decider, const Request& request) {
    if (!decider.has_value()) return "does not load";
    const Outcome outcome = (*decider)(request);
    return absl::StrCat(outcome.decision.effect, " ", outcome.decision.reason, " \"",
                        outcome.decision.pattern, "\" at ", outcome.decision.pointer, " (",
                        outcome.position.line, ":", outcome.position.column, ")");
  }

  const std::optional<Decider> reference_;
  const std::optional<Decider> subject_;
};

// A layout may be what they disagree about; then the minimal form has none of its own.
std::string DescribeSmallest(const Loader& subject, const RandomPolicy::Json& rules,
                             const std::string& text, const Request& request) {
  // A disagreement about a decision must not shrink into one about loading.
  const bool loaded_alike = Pair(subject, text).loaded_alike();
  const auto disagree = [&subject, loaded_alike](const Repro& repro) {
    const Pair pair(subject, repro.rules.dump());
    return pair.loaded_alike() == loaded_alike && !pair.Agree(repro.request);
  };
  Repro repro = {rules, request};
  const bool can_shrink = disagree(repro);
  if (can_shrink) repro = Minimise(repro, disagree);
  const std::string small_text = can_shrink ? repro.rules.dump() : text;
  return absl::StrCat("  rules:     ", small_text, "\n  request:   ", repro.request.agent, " ",
                      repro.request.kind, " \"", repro.request.server, "\" \"", repro.request.name,
                      "\"\n", Pair(subject, small_text).Describe(repro.request));
}

}  // namespace

std::optional<Decider> LoadReference(const std::string& rules_text) {
  auto parsed = ReferencePolicy::Parse(rules_text);
  if (!parsed.ok()) return std::nullopt;
  struct State {
    ReferencePolicy policy;
    std::string text;
    std::map<std::string, Position> positions;  // by pointer: finding one walks the text
  };
  auto state = std::make_shared<State>(State{*std::move(parsed), rules_text, {}});
  return [state](const Request& request) {
    Outcome outcome;
    outcome.decision =
        state->policy.Decide(request.agent, request.server, request.kind, request.name);
    const std::string& pointer = outcome.decision.pointer;
    if (pointer.empty()) return outcome;
    const auto [known, is_new] = state->positions.try_emplace(pointer);
    if (is_new) known->second = FindPosition(state->text, pointer).value_or(Position());
    outcome.position = known->second;
    return outcome;
  };
}

DifferentialResult Compare(const Loader& subject, const DifferentialOptions& options) {
  DifferentialResult result;
  RandomPolicy random(options.seed);
  for (size_t decided = 0; decided < options.decisions;) {
    const RandomPolicy::Json& rules = random.NextRules();
    const std::string text = random.NextText();
    const Pair pair(subject, text);
    ++result.policies;
    if (!pair.loaded()) ++result.refused;
    for (size_t left = pair.loaded() ? options.requests_per_policy : 1; left > 0; --left) {
      const Request request = random.NextRequest();
      if (!pair.Agree(request)) {
        result.disagreement = DescribeSmallest(subject, rules, text, request);
        return result;
      }
      if (!pair.loaded()) break;
      ++result.reasons_by_kind[request.kind][pair.ByReference(request).decision.reason];
      ++decided;
    }
  }
  return result;
}

uint64_t TestSeed() {
  uint64_t seed = 0;
  const char* given = std::getenv("OSTIARY_TEST_SEED");
  if (given == nullptr || !absl::SimpleAtoi(given, &seed)) seed = std::random_device()();
  absl::PrintF("OSTIARY_TEST_SEED=%d\n", seed);
  std::fflush(stdout);
  return seed;
}

}  // namespace ostiary::reference
