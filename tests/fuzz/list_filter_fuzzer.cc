// The list filter on any result: what it can read, it cuts as a naive filter over nlohmann's values
// would, for three policies.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/json/json_document.h"
#include "nlohmann/json.hpp"
#include "sidecar/core/list_filter.h"
#include "tests/fuzz/fuzz_check.h"

namespace ostiary::sidecar {
namespace {

using nlohmann::json;
using Policy = std::function<bool(const std::string& name)>;

json NaiveFilter(json result, const Policy& policy) {
  json kept = json::array();
  for (const json& tool : result["tools"]) {
    if (policy(tool["name"].get<std::string>())) kept.push_back(tool);
  }
  result["tools"] = kept;
  return result;
}

void Check(const std::string& line, const Policy& policy) {
  JsonDocument document;
  if (!document.Parse(line, {1U << 20, 64})) return;
  std::vector<Access> accesses;
  const absl::StatusOr<ListPlan> plan = ReadToolList(document.root(), line, &accesses);
  if (!plan.ok()) return;
  const std::string filtered =
      FilterList(line, *plan, [&](uint32_t access) { return policy(accesses[access].name); });
  OSTIARY_FUZZ_CHECK(filtered.size() <= line.size(), line);
  JsonDocument again;
  OSTIARY_FUZZ_CHECK(again.Parse(filtered, {1U << 20, 64}), filtered);
  const json before = json::parse(line, nullptr, false);
  if (before.is_discarded()) return;
  const json after = json::parse(filtered, nullptr, false);
  OSTIARY_FUZZ_CHECK(after == NaiveFilter(before, policy), filtered);
}

}  // namespace
}  // namespace ostiary::sidecar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using ostiary::sidecar::Check;
  const std::string line(reinterpret_cast<const char*>(data), size);
  Check(line, [](const std::string&) { return true; });
  Check(line, [](const std::string&) { return false; });
  Check(line, [](const std::string& name) { return name.size() % 2 == 0; });
  return 0;
}
