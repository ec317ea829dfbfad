#include "pdp/policy/snapshot_builder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/sha256.h"
#include "pdp/policy/canonical.h"

namespace ostiary::pdp {
namespace {

size_t CommonPrefix(absl::string_view a, absl::string_view b) {
  const size_t limit = std::min(a.size(), b.size());
  size_t common = 0;
  while (common < limit && a[common] == b[common]) ++common;
  return common;
}

// Up to eight bytes of `id` as a number that is in the order of their text. An id has no NUL.
uint64_t OrderOf(absl::string_view id) {
  uint64_t order = 0;
  for (size_t i = 0; i < 8; ++i) {
    order = order << 8 | (i < id.size() ? static_cast<uint8_t>(id[i]) : 0);
  }
  return order;
}

}  // namespace

SnapshotBuilder::SnapshotBuilder(std::string rules_file, absl::string_view rules_text)
    : rep_(std::make_unique<PolicySnapshot::Rep>()), compiler_(&rep_->arena) {
  rep_->rules_file = std::move(rules_file);
  rep_->lines = LineIndex(rules_text);
}

SnapshotBuilder::~SnapshotBuilder() = default;

void SnapshotBuilder::AddAgent(absl::string_view id, const AgentPolicy* policy, uint32_t offset) {
  // The table holds short ids itself.
  rep_->agents.Add(id.size() > kWordsSize ? rep_->arena.Copy(id) : id, policy, offset);
  digested_.push_back({id, policy->digest()});
  if (id == PolicySnapshot::Rep::kDefaultAgent) has_default_agent_ = true;
}

void SnapshotBuilder::SetDenyOnMissingAgent(bool deny, uint32_t offset) {
  rep_->deny_on_missing_agent = deny;
  rep_->deny_on_missing_agent_offset = offset;
}

void SnapshotBuilder::SetCatalog(std::vector<CatalogServer> catalog) {
  rep_->has_catalog = true;
  rep_->catalog = std::move(catalog);
}

std::shared_ptr<const PolicySnapshot> SnapshotBuilder::Build() {
  rep_->agents.Build(&rep_->arena);
  rep_->default_agent = rep_->agents.Find(PolicySnapshot::Rep::kDefaultAgent);
  rep_->digest = Digest();
  return std::shared_ptr<const PolicySnapshot>(new PolicySnapshot(std::move(rep_)));
}

std::string SnapshotBuilder::Digest() const {
  // A change of what goes in here changes every digest: replicas of two versions then differ.
  std::string canonical = "ostiary policy 2\n";
  AppendCanonicalNumber(rep_->deny_on_missing_agent ? 1 : 0, &canonical);
  for (const uint32_t i : Sorted()) {
    AppendCanonicalText(digested_[i].id, &canonical);
    canonical.append(digested_[i].digest.begin(), digested_[i].digest.end());
  }
  return absl::StrCat("sha256:", HexString(Sha256(canonical)));
}

std::vector<uint32_t> SnapshotBuilder::Sorted() const {
  // Ids of many agents begin alike. What they differ in mostly fits into a number.
  size_t common = digested_.empty() ? 0 : digested_[0].id.size();
  for (const DigestedAgent& agent : digested_) {
    common = CommonPrefix(digested_[0].id.substr(0, common), agent.id);
  }
  struct Keyed {
    uint64_t order;
    uint32_t index;
  };
  std::vector<Keyed> keyed(digested_.size());
  for (uint32_t i = 0; i < keyed.size(); ++i) {
    keyed[i] = {OrderOf(digested_[i].id.substr(common)), i};
  }
  std::sort(keyed.begin(), keyed.end(), [this](const Keyed& a, const Keyed& b) {
    if (a.order != b.order) return a.order < b.order;
    return digested_[a.index].id < digested_[b.index].id;
  });
  std::vector<uint32_t> sorted(keyed.size());
  std::transform(keyed.begin(), keyed.end(), sorted.begin(),
                 [](const Keyed& k) { return k.index; });
  return sorted;
}

}  // namespace ostiary::pdp
