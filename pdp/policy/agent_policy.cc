#include "pdp/policy/agent_policy.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <tuple>
#include <type_traits>

namespace ostiary::pdp {
namespace {

// Ids of lists within one agent.
constexpr uint32_t kDenyServersId = 0;
constexpr uint32_t kAllowServersId = 1;
constexpr uint32_t kFirstRulesId = 2;
constexpr uint32_t kIdsPerRules = 2 * kNameKinds;

// Up to so many servers are walked rather than halved.
constexpr size_t kWalkedServers = 8;

constexpr uint32_t kNoEntry = PatternList::kNoEntry;

Reason NotAllowed(size_t kind) {
  static constexpr std::array<Reason, kNameKinds> kReasons = {
      Reason::kToolNotAllowed, Reason::kResourceNotAllowed, Reason::kPromptNotAllowed};
  return kReasons.data()[kind];
}

// Of a name; past them all for a server and for what is not one of the enum's.
size_t KindOf(const AccessRequest& request) {
  return static_cast<size_t>(request.kind) - static_cast<size_t>(AccessKind::kTool);
}

// Put together in registers: a decision that is stored in parts and read as a whole to be returned
// would wait for the memory.
inline Decision Made(Effect effect, Reason reason, Decision::RuleId rule) {
  static_assert(std::is_trivially_copyable_v<Decision> && sizeof(Decision) == 12 &&
                sizeof(effect) == 1 && sizeof(reason) == 1 && offsetof(Decision, effect) == 0 &&
                offsetof(Decision, reason) == 1 && offsetof(Decision, rule) == 4 &&
                offsetof(Decision::RuleId, list) == 0 && offsetof(Decision::RuleId, entry) == 4);
  const uint64_t first = static_cast<uint64_t>(effect) | static_cast<uint64_t>(reason) << 8 |
                         static_cast<uint64_t>(rule.list) << 32;
  Decision decision;
  char* const bytes = reinterpret_cast<char*>(&decision);
  std::memcpy(bytes, &first, sizeof(first));
  std::memcpy(bytes + sizeof(first), &rule.entry, sizeof(rule.entry));
  return decision;
}

// By ShortRules::Step.
constexpr std::array<Reason, 6> kReasonOfStep = {Reason::kExplicitDeny,  Reason::kExplicitDeny,
                                                 Reason::kPatternDeny,   Reason::kPatternDeny,
                                                 Reason::kExplicitAllow, Reason::kPatternAllow};

}  // namespace

absl::string_view NameKindKey(size_t kind) {
  constexpr std::array<const char*, kNameKinds> kKeys = {"tools", "resources", "prompts"};
  return kKeys[kind];
}

inline const ServerRules* AgentPolicy::WalkTo(const NameKey& server) const {
  for (const ServerRules* rules = rows(); rules->named_left_ != 0; ++rules) {
    if (rules->server_.Is(server, rules->server_size_)) return rules;
    if (rules->named_left_ == 1) break;
  }
  return nullptr;
}

const ServerRules* AgentPolicy::Rules(const NameKey& server) const {
  if (named_count_ <= kWalkedServers) return WalkTo(server);
  const ServerRules* const end = named().data() + named_count_;
  const ServerRules* const found =
      std::partition_point(named().data(), end, [&server](const ServerRules& rules) {
        return std::tuple(rules.server().size(), rules.server()) <
               std::tuple(server.size(), server.text());
      });
  return found != end && found->server_.Is(server, found->server_size_) ? found : nullptr;
}

inline uint32_t AgentPolicy::ListId(const ServerRules* rules, Effect section, size_t kind) const {
  const size_t row = rules == for_all_ ? 0 : static_cast<size_t>(rules - named().data()) + 1;
  return static_cast<uint32_t>(kFirstRulesId + row * kIdsPerRules +
                               ServerRules::Place(section, kind));
}

// Of the allow lists one decides: the server's own, else that of "*".
ShortRules::Lists AgentPolicy::ListsFor(const ServerRules* own, size_t kind) const {
  const auto list = [&](const ServerRules* rules, Effect section) -> ShortRules::List {
    if (rules == nullptr) return {};
    return {rules->Use(section, kind).list, ListId(rules, section, kind)};
  };
  const ShortRules::List own_allow = list(own, Effect::kAllow);
  return {list(own, Effect::kDeny), list(for_all_, Effect::kDeny),
          own_allow.list != nullptr ? own_allow : list(for_all_, Effect::kAllow)};
}

ShortRules::Found AgentPolicy::FindInLists(const ServerRules* own, size_t kind,
                                           const SearchName& name) const {
  const ShortRules::Lists lists = ListsFor(own, kind);
  ShortRules::Found found;
  for (size_t source = 0; source < lists.size(); ++source) {
    const auto& [list, id] = lists[source];
    if (ShortRules::StepOf(source, true) > found.step) break;  // nothing behind comes before it
    if (list == nullptr) continue;
    const PatternList::Match match = list->Find(name);
    const bool equals = match.exact != kNoEntry;
    if (!equals && match.pattern == kNoEntry) continue;
    const ShortRules::Step step = ShortRules::StepOf(source, equals);
    if (step < found.step) found = {step, id, equals ? match.exact : match.pattern};
  }
  return found;
}

// What nearly all requests come to, without a call: a server with a short name among few, with few
// rules, at most one of which is to be compared. It decides as DecideOther would.
Decision AgentPolicy::Decide(const AccessRequest& request) const {
  if (request.server.size() > kWordsSize || rows()->named_left_ > kWalkedServers) {
    return DecideOther(request);
  }
  const ServerRules* const own = WalkTo(NameKey(request.server));
  const size_t kind = KindOf(request);
  if (own == nullptr || own->server_reason_ != Reason::kServerAllowed || kind >= kNameKinds) {
    return DecideOther(request);
  }
  const JoinedRules joined = own->joined_.data()[kind];
  if (ABSL_PREDICT_FALSE(!joined.are_short())) return DecideByLong(*own, request);
  const ShortRules& few = joined.short_rules();
  const SearchName name(request.name);
  const uint32_t candidates = few.Candidates(name);
  ShortRules::Found found;
  if (candidates != 0 &&
      ((candidates & (candidates - 1)) != 0 || !few.FindPlain(candidates, name, &found))) {
    return DecideAmong(*own, candidates, request);
  }
  return DecisionOf(found, *own, kind, {kAllowServersId, own->server_entry_});
}

Decision AgentPolicy::DecideByLong(const ServerRules& own, const AccessRequest& request) const {
  const size_t kind = KindOf(request);
  const LongRules* const rules = own.joined_.data()[kind].long_rules();
  if (rules == nullptr || !rules->index().is_simple()) return DecideByLists(own, request);
  const SearchName name(request.name);
  KeyIndex::Place place;
  const KeyIndex::Candidates candidates = rules->index().FindOne(name, &place);
  if (candidates == KeyIndex::Candidates::kOthers) return DecideByLists(own, request);
  ShortRules::Found found;
  if (candidates == KeyIndex::Candidates::kOne) {
    if (!rules->IsPlain(place, name)) return DecideAt(own, place, request);
    found = rules->FindPlain(place, name);
  }
  return DecisionOf(found, own, kind, {kAllowServersId, own.server_entry_});
}

// The name is made anew: one that were handed on would stand in memory for all requests.
Decision AgentPolicy::DecideAt(const ServerRules& own, const KeyIndex::Place& place,
                               const AccessRequest& request) {
  const size_t kind = KindOf(request);
  const SearchName name = SearchName::ToCompare(request.name);
  return DecisionOf(own.joined_.data()[kind].long_rules()->FindAt(place, name), own, kind,
                    {kAllowServersId, own.server_entry_});
}

Decision AgentPolicy::DecideByLists(const ServerRules& own, const AccessRequest& request) const {
  const size_t kind = KindOf(request);
  const LongRules* const many = own.joined_.data()[kind].long_rules();
  const SearchName name(request.name);
  return DecisionOf(many == nullptr ? FindInLists(&own, kind, name) : many->Find(name), own, kind,
                    {kAllowServersId, own.server_entry_});
}

Decision AgentPolicy::DecideAmong(const ServerRules& own, uint32_t candidates,
                                  const AccessRequest& request) {
  const size_t kind = KindOf(request);
  const SearchName name = SearchName::ToCompare(request.name);
  return DecisionOf(own.joined_.data()[kind].short_rules().FindAmong(candidates, name), own, kind,
                    {kAllowServersId, own.server_entry_});
}

Decision AgentPolicy::DecideOther(const AccessRequest& request) const {
  const ServerRules* const own = Rules(NameKey(request.server));
  const Decision server =
      own == nullptr ? DecideServer(SearchName(request.server)) : ServerDecision(*own);
  if (server.effect == Effect::kDeny || request.kind == AccessKind::kServer) return server;
  const size_t kind = KindOf(request);
  if (kind >= kNameKinds) return Decision{};  // not one of the enum's: denies
  const ServerRules& rules = own == nullptr ? for_all() : *own;
  const SearchName name(request.name);
  const JoinedRules& joined = rules.joined_.data()[kind];
  const ShortRules::Found found = joined.are_short()               ? joined.short_rules().Find(name)
                                  : joined.long_rules() != nullptr ? joined.long_rules()->Find(name)
                                                                   : FindInLists(own, kind, name);
  return DecisionOf(found, rules, kind, server.rule);
}

inline Decision AgentPolicy::DecisionOf(const ShortRules::Found& found, const ServerRules& rules,
                                        size_t kind, Decision::RuleId server_rule) {
  if (found.step != ShortRules::Step::kNone) {
    return Made(found.step >= ShortRules::Step::kAllowEquals ? Effect::kAllow : Effect::kDeny,
                kReasonOfStep.data()[static_cast<size_t>(found.step)], {found.list, found.entry});
  }
  if (!rules.narrowed_) return Made(Effect::kAllow, Reason::kImplicitGrant, server_rule);
  return Made(Effect::kDeny, NotAllowed(kind), {});
}

Decision AgentPolicy::ServerDecision(const ServerRules& rules) {
  switch (rules.server_reason_) {
    case Reason::kServerAllowed:
      return Made(Effect::kAllow, rules.server_reason_, {kAllowServersId, rules.server_entry_});
    case Reason::kServerDenied:
      return Made(Effect::kDeny, rules.server_reason_, {kDenyServersId, rules.server_entry_});
    default:
      return Made(Effect::kDeny, rules.server_reason_, {});
  }
}

Decision AgentPolicy::DecideServer(const SearchName& server) const {
  // In a list of servers it does not matter how an entry matches.
  const auto find = [&server](const ListUse& use) {
    if (use.list == nullptr) return kNoEntry;
    const PatternList::Match match = use.list->Find(server);
    return match.exact != kNoEntry ? match.exact : match.pattern;
  };
  if (const uint32_t entry = find(deny_servers_); entry != kNoEntry) {
    return Made(Effect::kDeny, Reason::kServerDenied, {kDenyServersId, entry});
  }
  if (const uint32_t entry = find(allow_servers_); entry != kNoEntry) {
    return Made(Effect::kAllow, Reason::kServerAllowed, {kAllowServersId, entry});
  }
  return Made(Effect::kDeny, Reason::kServerNotAllowed, {});
}

const ServerRules* AgentPolicy::ForServer(const NameKey& server) const { return Rules(server); }

ListPlace AgentPolicy::FindList(uint32_t list_id) const {
  if (list_id == kDenyServersId) return {Effect::kDeny, "servers", {}, &deny_servers_};
  if (list_id == kAllowServersId) return {Effect::kAllow, "servers", {}, &allow_servers_};
  const uint32_t index = (list_id - kFirstRulesId) / kIdsPerRules;
  const uint32_t in_rules = (list_id - kFirstRulesId) % kIdsPerRules;
  if (index > named_count_) return {};
  const ServerRules& rules = index == 0 ? for_all() : named()[index - 1];
  const size_t kind = in_rules % kNameKinds;
  const Effect section = in_rules < kNameKinds ? Effect::kDeny : Effect::kAllow;
  return {section, NameKindKey(kind), rules.server(), &rules.Use(section, kind)};
}

}  // namespace ostiary::pdp
