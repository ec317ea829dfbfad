#include "pdp/policy/snapshot_builder.h"

#include <algorithm>
#include <array>
#include <new>
#include <numeric>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/sha256.h"
#include "pdp/policy/canonical.h"

namespace ostiary::pdp {
namespace {

// The digest takes its text in pieces of about so many bytes.
constexpr size_t kDigestPiece = size_t{8} << 10;

absl::string_view CommonPrefix(absl::string_view a, absl::string_view b) {
  const size_t limit = std::min(a.size(), b.size());
  size_t common = 0;
  while (common < limit && a[common] == b[common]) ++common;
  return a.substr(0, common);
}

// Sorts by `order`, byte by byte from the last: a time in proportion to the number, where comparing
// takes the longest of all that is done at the end of a load.
template <typename T>
void SortByOrder(std::vector<T>* values) {
  uint64_t differing = 0;
  for (const T& value : *values) differing |= value.order ^ values->front().order;
  std::vector<T> sorted(values->size());
  for (int shift = 0; shift < 64; shift += 8) {
    if ((differing >> shift & 0xff) == 0) continue;
    std::array<size_t, 257> begins{};
    for (const T& value : *values) ++begins[(value.order >> shift & 0xff) + 1];
    std::partial_sum(begins.begin(), begins.end(), begins.begin());
    for (const T& value : *values) sorted[begins[value.order >> shift & 0xff]++] = value;
    values->swap(sorted);
  }
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
  // Records hold short ids themselves.
  const KeptName kept(NameKey(id.size() <= kWordsSize ? id : rep_->arena.Copy(id)));
  AgentTable::NewAgent agent{kept, static_cast<uint32_t>(id.size()), offset, policy, nullptr};
  // At once: its line is in the cache now.
  if (std::exchange(newest_policy_, nullptr) == policy) agent.record = PutInFront(agent);
  agents_.push_back({agent, policy->digest()});
  if (id == PolicySnapshot::Rep::kDefaultAgent) has_default_agent_ = true;
}

// A policy has room for one in front of it.
const AgentRecord* SnapshotBuilder::PutInFront(const AgentTable::NewAgent& agent) {
  // Nobody else has seen the policy's memory.
  auto* const policy = const_cast<AgentPolicy*>(agent.policy);  // NOLINT
  auto* const record = new (reinterpret_cast<AgentRecord*>(policy) - 1) AgentRecord();
  agent.WriteTo(record);
  return record;
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
  if (!rep_->agents.Fill(NewAgents(), &rep_->arena)) return nullptr;
  rep_->default_agent = rep_->agents.Find(PolicySnapshot::Rep::kDefaultAgent);
  rep_->digest = Digest();
  rep_->arena.Finish();
  return std::shared_ptr<const PolicySnapshot>(new PolicySnapshot(std::move(rep_)));
}

std::vector<AgentTable::NewAgent> SnapshotBuilder::NewAgents() const {
  std::vector<AgentTable::NewAgent> agents;
  agents.reserve(agents_.size());
  for (const AddedAgent& added : agents_) agents.push_back(added.agent);
  return agents;
}

std::string SnapshotBuilder::Digest() const {
  // A change of what goes in here changes every digest: replicas of two versions then differ.
  Sha256Stream sha256;
  std::string canonical = "ostiary policy 2\n";
  AppendCanonicalNumber(rep_->deny_on_missing_agent ? 1 : 0, &canonical);
  for (const OrderedAgent& ordered : Sorted()) {
    const AddedAgent& agent = agents_[ordered.index];
    AppendCanonicalText(agent.id(), &canonical);
    canonical.append(agent.digest.begin(), agent.digest.end());
    if (canonical.size() < kDigestPiece) continue;
    sha256.Add(canonical);
    canonical.clear();
  }
  sha256.Add(canonical);
  return absl::StrCat("sha256:", HexString(sha256.Finish()));
}

std::vector<SnapshotBuilder::OrderedAgent> SnapshotBuilder::Sorted() const {
  // Ids of many agents begin alike. What they differ in mostly fits into a number.
  absl::string_view common = agents_.empty() ? absl::string_view() : agents_[0].id();
  for (const AddedAgent& agent : agents_) {
    if (!absl::StartsWith(agent.id(), common)) common = CommonPrefix(common, agent.id());
  }
  std::vector<OrderedAgent> sorted;
  sorted.reserve(agents_.size());
  for (const AddedAgent& agent : agents_) {
    sorted.push_back(
        {OrderOf(agent.id().substr(common.size())), static_cast<uint32_t>(sorted.size())});
  }
  SortByOrder(&sorted);
  const auto by_id = [this](const OrderedAgent& a, const OrderedAgent& b) {
    return agents_[a.index].id() < agents_[b.index].id();
  };
  for (auto begin = sorted.begin(); begin != sorted.end();) {
    const auto end = std::find_if(begin, sorted.end(), [begin](const OrderedAgent& agent) {
      return agent.order != begin->order;
    });
    if (end - begin > 1) std::sort(begin, end, by_id);
    begin = end;
  }
  return sorted;
}

}  // namespace ostiary::pdp
