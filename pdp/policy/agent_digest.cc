#include "pdp/policy/agent_digest.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "pdp/policy/canonical.h"

namespace ostiary::pdp {
namespace {

// Up to so many entries, inserting each where it belongs is the fastest sort.
constexpr size_t kInserted = 32;

uint64_t LoadBytes(const char* p, size_t size) {
  uint64_t bytes = 0;
  std::memcpy(&bytes, p, size);
  // The same number on every machine: replicas compare digests.
  if constexpr (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) bytes = __builtin_bswap64(bytes);
  return bytes;
}

// A number made of a text's ends, seldom equal for two of one list.
uint64_t OrderKey(absl::string_view text) {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  const char* const p = text.data();
  const size_t size = text.size();
  if (size >= 8) return LoadBytes(p, 8) + (LoadBytes(p + size - 8, 8) ^ size) * kOdd;
  if (size >= 4) return LoadBytes(p, 4) + (LoadBytes(p + size - 4, 4) ^ size) * kOdd;
  uint64_t key = size;
  for (const char c : text) key = key << 8 | static_cast<uint8_t>(c);
  return key;
}

}  // namespace

Sha256Digest AgentDigester::Digest(const AgentRules& rules) {
  lists_.clear();
  CollectLists(rules.deny, 1);
  CollectLists(rules.allow, 2 + kNameKinds);
  std::sort(lists_.begin(), lists_.end(), [](const Place& a, const Place& b) {
    return std::tie(a.section_and_kind, a.list->server) <
           std::tie(b.section_and_kind, b.list->server);
  });
  canonical_.clear();
  for (const Place& place : lists_) {
    canonical_.push_back(static_cast<char>(place.section_and_kind));
    AppendCanonicalText(place.list->server, &canonical_);
    AppendList(rules.entries(*place.list));
  }
  return Sha256(canonical_);
}

// An empty list counts as none.
void AgentDigester::CollectLists(const RuleSection& section, uint8_t first_kind) {
  if (section.servers.has_value() && !section.servers->empty()) {
    lists_.push_back({first_kind, &*section.servers});
  }
  for (const auto& lists : section.names) {
    ++first_kind;
    for (const RuleList& list : lists) {
      if (!list.empty()) lists_.push_back({first_kind, &list});
    }
  }
}

void AgentDigester::AppendList(absl::Span<const RuleEntry> entries) {
  const auto before = [](const Keyed& a, const Keyed& b) {
    return a.key != b.key ? a.key < b.key : a.text < b.text;
  };
  sorted_.resize(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const Keyed keyed{OrderKey(entries[i].text), entries[i].text};
    size_t at = i;
    if (entries.size() <= kInserted) {
      for (; at > 0 && before(keyed, sorted_[at - 1]); --at) sorted_[at] = sorted_[at - 1];
    }
    sorted_[at] = keyed;
  }
  if (entries.size() > kInserted) std::sort(sorted_.begin(), sorted_.end(), before);
  const auto same = [](const Keyed& a, const Keyed& b) {
    return a.key == b.key && a.text == b.text;
  };
  sorted_.erase(std::unique(sorted_.begin(), sorted_.end(), same), sorted_.end());
  AppendCanonicalNumber(sorted_.size(), &canonical_);
  for (const Keyed& entry : sorted_) AppendCanonicalText(entry.text, &canonical_);
}

}  // namespace ostiary::pdp
