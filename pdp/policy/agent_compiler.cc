#include "pdp/policy/agent_compiler.h"

#include <algorithm>
#include <array>
#include <new>
#include <tuple>
#include <utility>

#include "pdp/policy/search_name.h"

namespace ostiary::pdp {
namespace {

constexpr size_t kAlignment = 64;  // of a cache line
// What joins lists of so many entries: LongRules where one is long, else ShortRules.
constexpr size_t JoinedSize(const std::array<size_t, ShortRules::kSources>& sizes) {
  size_t entries = 0;
  for (const size_t size : sizes) {
    if (size > PatternList::kShort) return sizeof(LongRules);
    entries += size;
  }
  return entries > ShortRules::kMostEntries ? 0 : ShortRules::SizeFor(entries);
}

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
  for (const auto& [section, use] : {std::pair(&rules.deny, &rest_->deny_servers),
                                     std::pair(&rules.allow, &rest_->allow_servers)}) {
    if (!section->servers.has_value()) continue;
    use->Set(Use(*section->servers, rules, &server_lists_));
    index_builder_.BuildFor(use->list.get());
  }
  FillRules(rules, policy);
  JoinLists(policy);
  rest_->digest = digester_.Digest(rules);
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

// How many entries each list of the server has whose lists begin at `first`.
AgentCompiler::Counts AgentCompiler::CountEntries(size_t first) const {
  Counts counts{};
  for (size_t i = first; i < lists_of_agent_.size(); ++i) {
    if (i != first && IsFirstOfServer(i)) break;
    counts[lists_of_agent_[i].place] = lists_of_agent_[i].list->entry_count;
  }
  return counts;
}

// The bytes that joining all lists takes.
size_t AgentCompiler::CountJoined() const {
  Counts for_all{};
  size_t size = 0;
  // "*" is the last.
  for (size_t i = lists_of_agent_.size(); i-- != 0;) {
    if (!IsFirstOfServer(i)) continue;
    const Counts own = CountEntries(i);
    for (size_t kind = 0; kind < kNameKinds; ++kind) {
      const size_t deny = own[kind];
      const size_t allow = own[kind + kNameKinds];
      if (deny + allow == 0) continue;
      size += JoinedSize({deny, for_all[kind], allow == 0 ? for_all[kind + kNameKinds] : allow});
    }
    if (lists_of_agent_[i].list->server == "*") for_all = own;
  }
  return size;
}

// A policy and the rules of its servers, without lists, in one piece, behind room for an agent.
AgentPolicy* AgentCompiler::NewPolicy() {
  const size_t before_uses =
      sizeof(AgentPolicy) + server_count_ * sizeof(ServerRules) + CountJoined();
  const size_t uses_size = lists_of_agent_.size() * sizeof(KeptUse);
  char* const memory =
      arena_.NewBytes(sizeof(AgentRecord) + before_uses + uses_size + sizeof(AgentPolicy::Rest),
                      kAlignment) +
      sizeof(AgentRecord);
  auto* const policy = new (memory) AgentPolicy();
  joined_end_ = memory + before_uses;
  uses_ = reinterpret_cast<KeptUse*>(joined_end_);
  rest_ = new (joined_end_ + uses_size) AgentPolicy::Rest();
  policy->rest_.Set(rest_);
  ServerRules* current = policy->rows() - 1;
  for (size_t i = 0; i < lists_of_agent_.size(); ++i) {
    new (&uses_[i]) KeptUse();
    if (IsFirstOfServer(i)) {
      new (++current) ServerRules();
      current->uses_.Set(&uses_[i]);
      rest_->has_for_all = lists_of_agent_[i].list->server == "*";
    }
    current->used_ |= static_cast<uint8_t>(1u << lists_of_agent_[i].place);
  }
  policy->named_count_ = static_cast<uint32_t>(server_count_ - (rest_->has_for_all ? 1 : 0));
  return policy;
}

void AgentCompiler::FillRules(const AgentRules& rules, AgentPolicy* policy) {
  ServerRules* current = policy->rows() - 1;
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
      current->first_list_id_ = policy->FirstListId(*current);
    }
    uses_[i].Set(Use(*placed.list, rules, &name_lists_));
    if (placed.place >= kNameKinds) current->narrowed_ = true;
  }
}

// What one search can find of the lists of a server and of "*". Those of "*" come first: they serve
// the servers that have none of their own.
void AgentCompiler::JoinLists(AgentPolicy* policy) {
  const ServerRules& for_all = policy->for_all();
  for (ServerRules* rules = policy->rows() + server_count_; rules-- != policy->rows();) {
    if (for_all.narrowed_) rules->narrowed_ = true;
    for (size_t kind = kNameKinds; kind-- != 0;) JoinLists(*policy, kind, rules);
  }
}

void AgentCompiler::JoinLists(const AgentPolicy& policy, size_t kind, ServerRules* rules) {
  const ServerRules& for_all = policy.for_all();
  const bool is_for_all = rules == &for_all;
  const size_t own =
      SizeOf(rules->Use(Effect::kDeny, kind).list) + SizeOf(rules->Use(Effect::kAllow, kind).list);
  if (own != 0) {
    Join(policy.ListsFor(is_for_all ? nullptr : rules, kind), own, kind, rules);
  } else if (for_all.JoinedOf(kind) != Joined::kNot) {
    rules->SetJoined(kind, for_all.JoinedOf(kind), for_all.JoinedAt(kind));
  }
}

// `own` of the entries are not those of "*", which are copied into an index for each server: no
// more than it has itself, or many servers would take more memory than their rules.
void AgentCompiler::Join(const ShortRules::Lists& lists, size_t own, size_t kind,
                         ServerRules* rules) {
  const std::array<size_t, ShortRules::kSources> sizes = {SizeOf(lists[0]), SizeOf(lists[1]),
                                                          SizeOf(lists[2])};
  const size_t entries = sizes[0] + sizes[1] + sizes[2];
  char* const memory = joined_end_ -= JoinedSize(sizes);
  if (ShortRules::Take(lists)) {
    rules->SetJoined(kind, Joined::kShort, ShortRules::Make(lists, memory));
  } else if (!LongRules::Take(lists) || entries > 2 * own) {
    for (const PatternList* list : lists) index_builder_.BuildFor(list);
  } else {
    const auto* const joined = new (memory) LongRules(lists, index_builder_.Build(lists));
    KeyIndexBuilder::Attach(&joined->index(), lists);
    rules->SetJoined(kind, Joined::kLong, joined);
  }
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
