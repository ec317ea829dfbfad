#include "pdp/policy/agent_compiler.h"

#include <algorithm>
#include <new>
#include <tuple>
#include <utility>

#include "pdp/policy/search_name.h"

namespace ostiary::pdp {
namespace {

constexpr size_t kAlignment = 64;  // of a cache line
constexpr size_t kJoinedSize = std::max(sizeof(ShortRules), sizeof(LongRules));

// "*" comes behind all others.
bool Before(absl::string_view a, absl::string_view b) {
  return std::tuple(a == "*", a.size(), a) < std::tuple(b == "*", b.size(), b);
}

size_t SizeOf(const PatternList* list) { return list == nullptr ? 0 : list->size(); }

}  // namespace

const AgentPolicy* AgentCompiler::Compile(const AgentRules& rules) {
  GatherLists(rules);
  AgentPolicy* const policy = NewPolicy();
  // The lists come behind it, in the order in which a decision reads them.
  if (rules.deny.servers.has_value())
    policy->deny_servers_ = Use(*rules.deny.servers, rules, &server_lists_);
  if (rules.allow.servers.has_value())
    policy->allow_servers_ = Use(*rules.allow.servers, rules, &server_lists_);
  index_builder_.BuildFor(policy->deny_servers_.list);
  index_builder_.BuildFor(policy->allow_servers_.list);
  FillRules(rules, policy);
  JoinLists(policy);
  auto* const digest = arena_.NewObject<Sha256Digest>();
  *digest = digester_.Digest(rules);
  policy->digest_ = digest;
  return policy;
}

// The lists of names by their servers, and those of a server in the order of ServerRules::Place.
void AgentCompiler::GatherLists(const AgentRules& rules) {
  lists_of_agent_.clear();
  server_count_ = 0;
  for (const RuleSection* section : {&rules.deny, &rules.allow}) {
    const Effect effect = section == &rules.deny ? Effect::kDeny : Effect::kAllow;
    for (size_t kind = 0; kind < kNameKinds; ++kind) {
      for (const RuleList& list : section->names[kind]) {
        if (list.empty()) continue;
        lists_of_agent_.push_back({&list, ServerRules::Place(effect, kind)});
      }
    }
  }
  std::sort(lists_of_agent_.begin(), lists_of_agent_.end(),
            [](const PlacedList& a, const PlacedList& b) {
              return a.list->server == b.list->server ? a.place < b.place
                                                      : Before(a.list->server, b.list->server);
            });
  for (size_t i = 0; i < lists_of_agent_.size(); ++i) server_count_ += IsFirstOfServer(i) ? 1 : 0;
}

bool AgentCompiler::IsFirstOfServer(size_t i) const {
  return i == 0 || lists_of_agent_[i].list->server != lists_of_agent_[i - 1].list->server;
}

// For how many kinds of names on a server there may be JoinedRules.
size_t AgentCompiler::CountJoinedRules() const {
  size_t count = 0;
  uint32_t kinds = 0;  // of the server, a bit for each that is counted
  for (size_t i = 0; i < lists_of_agent_.size(); ++i) {
    if (IsFirstOfServer(i)) kinds = 0;
    const PlacedList& placed = lists_of_agent_[i];
    const uint32_t kind = 1u << placed.place % kNameKinds;
    if ((kinds & kind) == 0) ++count;
    kinds |= kind;
  }
  return count;
}

// A policy and the rules of its servers, without lists, in one piece.
AgentPolicy* AgentCompiler::NewPolicy() {
  const size_t rules_size = std::max<size_t>(server_count_, 1) * sizeof(ServerRules);
  const size_t joined_size = CountJoinedRules() * kJoinedSize;
  char* const memory = arena_.NewBytes(
      sizeof(AgentPolicy) + rules_size + joined_size + lists_of_agent_.size() * sizeof(ListUse),
      kAlignment);
  auto* const policy = new (memory) AgentPolicy();
  auto* rules = new (policy + 1) ServerRules();
  joined_ = reinterpret_cast<char*>(rules) + rules_size;
  uses_ = reinterpret_cast<ListUse*>(joined_ + joined_size);
  ServerRules* current = nullptr;
  for (size_t i = 0; i < lists_of_agent_.size(); ++i) {
    new (&uses_[i]) ListUse();
    if (IsFirstOfServer(i)) {
      current = new (rules++) ServerRules();
      current->first_use_ = static_cast<uint32_t>(reinterpret_cast<char*>(&uses_[i]) -
                                                  reinterpret_cast<char*>(current));
      if (lists_of_agent_[i].list->server == "*") policy->for_all_ = current;
    }
    current->places_[lists_of_agent_[i].place] =
        static_cast<uint8_t>(&uses_[i] - current->uses() + 1);
  }
  const bool has_for_all = policy->for_all_ != &AgentPolicy::kNoRules;
  policy->named_count_ = static_cast<uint32_t>(server_count_ - (has_for_all ? 1 : 0));
  auto* const first = reinterpret_cast<ServerRules*>(policy + 1);
  for (uint32_t i = 0; i < policy->named_count_; ++i) {
    first[i].named_left_ = policy->named_count_ - i;
  }
  return policy;
}

void AgentCompiler::FillRules(const AgentRules& rules, AgentPolicy* policy) {
  auto* current = reinterpret_cast<ServerRules*>(policy + 1) - 1;
  for (size_t i = 0; i < lists_of_agent_.size(); ++i) {
    const PlacedList& placed = lists_of_agent_[i];
    if (IsFirstOfServer(i)) {
      ++current;
      const SearchName server(Name(placed.list->server));
      const Decision by_server = policy->DecideServer(server);
      current->server_ = KeptName(NameKey(server.text()));
      current->server_size_ = static_cast<uint32_t>(server.size());
      current->server_reason_ = by_server.reason;
      current->server_entry_ = by_server.rule.entry;
    }
    uses_[i] = Use(*placed.list, rules, &name_lists_);
    if (placed.place >= kNameKinds) current->narrowed_ = true;
  }
}

// What one search can find of the lists of a server and of "*". Those of "*" come first: they serve
// the servers that have none of their own.
void AgentCompiler::JoinLists(AgentPolicy* policy) {
  auto* const first = reinterpret_cast<ServerRules*>(policy + 1);
  const ServerRules& for_all = policy->for_all();
  for (ServerRules* rules = first + server_count_; rules-- != first;) {
    const bool is_for_all = rules == &for_all;
    if (for_all.narrowed_) rules->narrowed_ = true;
    for (size_t kind = 0; kind < kNameKinds; ++kind) {
      const size_t own = SizeOf(rules->Use(Effect::kDeny, kind).list) +
                         SizeOf(rules->Use(Effect::kAllow, kind).list);
      if (own == 0) {
        rules->joined_[kind] = for_all.joined_[kind];
        continue;
      }
      rules->joined_[kind] = Join(policy->ListsFor(is_for_all ? nullptr : rules, kind), own);
    }
  }
}

// `own` of the entries are not those of "*", which are copied into an index for each server: no
// more than it has itself, or many servers would take more memory than their rules.
JoinedRules AgentCompiler::Join(const ShortRules::Lists& lists, size_t own) {
  if (ShortRules::Take(lists)) {
    return JoinedRules(new (std::exchange(joined_, joined_ + kJoinedSize)) ShortRules(lists));
  }
  const std::array<const PatternList*, ShortRules::kSources> all = {lists[0].list, lists[1].list,
                                                                    lists[2].list};
  if (!LongRules::Take(lists) || SizeOf(all[0]) + SizeOf(all[1]) + SizeOf(all[2]) > 2 * own) {
    for (const PatternList* list : all) index_builder_.BuildFor(list);
    return {};
  }
  char* const memory = std::exchange(joined_, joined_ + kJoinedSize);
  const auto* const rules = new (memory) LongRules(lists, index_builder_.Build(all));
  KeyIndexBuilder::Attach(&rules->index(), all);
  return JoinedRules(rules);
}

ListUse AgentCompiler::Use(const RuleList& list, const AgentRules& rules, KnownLists* lists) {
  if (list.empty()) return {};
  const PatternList** const known = lists->Find(list.raw);
  if (*known == nullptr) *known = list_compiler_.Compile(rules.entries(list), list.offset);
  return {*known, list.offset - rules.offset};
}

absl::string_view AgentCompiler::Name(absl::string_view server) {
  if (server.size() <= kWordsSize) return server;  // ServerRules keeps it
  const auto found = names_.find(server);
  if (found != names_.end()) return *found;
  return *names_.insert(arena_.Copy(server)).first;
}

}  // namespace ostiary::pdp
