#include "pdp/policy/agent_digest.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>

#include "pdp/policy/canonical.h"

namespace ostiary::pdp {
namespace {

// Up to so many entries, it is the fastest sort to count for each those that come before it: the
// processor need not foresee how any two compare.
constexpr size_t kCounted = 16;

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
  if (const size_t most = MostBytes(rules); canonical_.size() < most) canonical_.resize(most);
  char* end = canonical_.data();
  for (const Place& place : lists_) {
    *end++ = static_cast<char>(place.section_and_kind);
    end = WriteCanonicalText(place.list->server, end);
    end = WriteList(rules.entries(*place.list), end);
  }
  const auto size = static_cast<size_t>(end - canonical_.data());
  return Sha256(absl::string_view(canonical_.data(), size));
}

size_t AgentDigester::MostBytes(const AgentRules& rules) const {
  size_t most = 0;
  for (const Place& place : lists_) {
    most += 1 + 2 * kMaxCanonicalNumber + place.list->server.size();
  }
  for (const RuleEntry& entry : rules.all_entries) most += kMaxCanonicalNumber + entry.text.size();
  return most;
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

char* AgentDigester::WriteList(absl::Span<const RuleEntry> entries, char* out) {
  Sort(entries);
  out = WriteCanonicalNumber(sorted_.size(), out);
  for (const Keyed& entry : sorted_) out = WriteCanonicalText(entry.text, out);
  return out;
}

void AgentDigester::Sort(absl::Span<const RuleEntry> entries) {
  if (entries.size() <= kCounted && SortByCounting(entries)) return;
  sorted_.clear();
  for (const RuleEntry& entry : entries) sorted_.push_back({OrderKey(entry.text), entry.text});
  std::sort(sorted_.begin(), sorted_.end(), [](const Keyed& a, const Keyed& b) {
    return a.key != b.key ? a.key < b.key : a.text < b.text;
  });
  const auto same = [](const Keyed& a, const Keyed& b) {
    return a.key == b.key && a.text == b.text;
  };
  sorted_.erase(std::unique(sorted_.begin(), sorted_.end(), same), sorted_.end());
}

bool AgentDigester::SortByCounting(absl::Span<const RuleEntry> entries) {
  std::array<uint64_t, kCounted> keys;
  const size_t count = entries.size();
  for (size_t i = 0; i < count; ++i) keys[i] = OrderKey(entries[i].text);
  sorted_.resize(count);
  uint32_t taken = 0;
  for (size_t i = 0; i < count; ++i) {
    size_t before = 0;
    for (size_t j = 0; j < count; ++j) before += keys[j] < keys[i] ? 1 : 0;
    sorted_[before] = {keys[i], entries[i].text};
    taken |= 1u << before;
  }
  return taken == (1u << count) - 1;
}

}  // namespace ostiary::pdp
