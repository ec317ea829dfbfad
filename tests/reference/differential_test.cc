// Random policies and requests, decided by the reference and by the engine. Repeat a run with
// OSTIARY_TEST_SEED.
#include "tests/reference/differential.h"

#include <string>

#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/contract_words.h"
#include "tests/reference/engine.h"

namespace ostiary::reference {
namespace {

void Print(const DifferentialResult& result) {
  absl::PrintF("%d policies, of which neither loads %d\n", result.policies, result.refused);
  for (const auto& [kind, reasons] : result.reasons_by_kind) {
    for (const auto& [reason, count] : reasons) {
      absl::PrintF("%-9s %-22s %7d\n", kind, reason, count);
    }
  }
}

TEST(DifferentialTest, EngineDecidesAsTheReference) {
  const DifferentialResult result = Compare(LoadEngine, {.seed = TestSeed()});
  EXPECT_EQ(result.disagreement, "");
  Print(result);
  EXPECT_GT(result.refused, 0u);
  for (const auto& [kind, reasons] : ReasonsByKind()) {
    for (const std::string& reason : reasons) {
      const auto& seen = result.reasons_by_kind;
      EXPECT_TRUE(seen.contains(kind) && seen.at(kind).contains(reason))
          << kind << " never had " << reason;
    }
  }
}

}  // namespace
}  // namespace ostiary::reference
