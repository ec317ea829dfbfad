// The list filter on any result: what it can read, it cuts as a naive filter over nlohmann's values
// would, for three policies.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/json/json_document.h"
#include "nlohmann/json.hpp"
#include "sidecar/core/list_filter.h"
#include "sidecar/core/resource_uri.h"
#include "tests/fuzz/fuzz_check.h"

namespace ostiary::sidecar {
namespace {

using nlohmann::json;
using Policy = std::function<bool(const std::string& name)>;

struct Shape {
  ListKind kind;
  const char* list;
  const char* name;
};
constexpr Shape kShapes[] = {{ListKind::kTools, "tools", "name"},
                             {ListKind::kPrompts, "prompts", "name"},
                             {ListKind::kResources, "resources", "uri"},
                             {ListKind::kTemplates, "resourceTemplates", "uriTemplate"}};

// Whether an element of this name is shown: a resource by all its spellings.
bool IsShown(const std::string& name, const Shape& shape, const Policy& policy) {
  std::vector<ResourceForm> forms;
  if (shape.kind == ListKind::kResources && AppendFurtherForms(name, &forms) != nullptr) {
    return false;
  }
  forms.push_back({name, Need::kAllowed});
  return std::all_of(forms.begin(), forms.end(), [&policy](const ResourceForm& form) {
    return !form.uri.empty() && form.uri.size() <= kMaxDecidedNameBytes && policy(form.uri);
  });
}

json NaiveFilter(json result, const Shape& shape, ListCaching caching, const Policy& policy) {
  json kept = json::array();
  for (const json& element : result[shape.list]) {
    if (IsShown(element[shape.name].get<std::string>(), shape, policy)) {
      kept.push_back(element);
    }
  }
  result[shape.list] = kept;
  if (caching == ListCaching::kForbid) {
    result["ttlMs"] = 0;
    result["cacheScope"] = "private";
  }
  return result;
}

void CheckShape(const std::string& line, const Shape& shape, ListCaching caching,
                const Policy& policy) {
  JsonDocument document;
  if (!document.Parse(line, {1U << 20, 64})) return;
  std::vector<Access> accesses;
  const absl::StatusOr<ListPlan> plan =
      ReadList(document.root(), shape.kind, caching, TaskTable(0), line, &accesses);
  if (!plan.ok()) return;
  const std::string filtered = ApplyEdits(
      line, FilterEdits(*plan, [&](uint32_t access) { return policy(accesses[access].name); }));
  JsonDocument again;
  OSTIARY_FUZZ_CHECK(again.Parse(filtered, {1U << 20, 64}), filtered);
  const json before = json::parse(line, nullptr, false);
  if (before.is_discarded()) return;
  const json after = json::parse(filtered, nullptr, false);
  OSTIARY_FUZZ_CHECK(after == NaiveFilter(before, shape, caching, policy), filtered);
}

void Check(const std::string& line, const Policy& policy) {
  for (const Shape& shape : kShapes) {
    CheckShape(line, shape, ListCaching::kAsItCame, policy);
    CheckShape(line, shape, ListCaching::kForbid, policy);
  }
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
