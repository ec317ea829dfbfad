#include "pdp/policy/snapshot_builder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/sha256.h"
#include "pdp/policy/canonical.h"

namespace ostiary::pdp {

SnapshotBuilder::SnapshotBuilder(std::string rules_file, absl::string_view rules_text)
    : rep_(std::make_unique<PolicySnapshot::Rep>()), compiler_(&rep_->arena) {
  rep_->rules_file = std::move(rules_file);
  rep_->lines = LineIndex(rules_text);
}

SnapshotBuilder::~SnapshotBuilder() = default;

void SnapshotBuilder::AddAgent(absl::string_view id, const AgentPolicy* policy, uint32_t offset) {
  // The table holds short ids itself.
  rep_->agents.Add(id.size() > kWordsSize ? rep_->arena.Copy(id) : id, policy, offset);
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
  for (const absl::string_view id : rep_->agents.SortedIds()) {
    AppendCanonicalText(id, &canonical);
    const Sha256Digest& digest = rep_->agents.Find(id)->policy->digest();
    canonical.append(digest.begin(), digest.end());
  }
  return absl::StrCat("sha256:", HexString(Sha256(canonical)));
}

}  // namespace ostiary::pdp
