#include "pdp/policy/agent_policy.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <tuple>
#include <type_traits>

namespace ostiary::pdp {
namespace {

// Ids of lists within one agent: the lists of servers, and behind them, for each ServerRules, what
// decides by it, by its source and the kind of names.
constexpr uint32_t kDenyServersId = 0;
constexpr uint32_t kAllowServersId = 1;
constexpr uint32_t kFirstRulesId = 2;
constexpr uint32_t kIdsPerRules = ShortRules::kSources * kNameKinds;

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

// What is decided by a step, and by which of the ids of a ServerRules, for the first kind of names.
struct Outcome {
  Reason reason;
  uint8_t list_id;
};
constexpr Outcome OutcomeOf(Reason reason, size_t source) {
  return {reason, static_cast<uint8_t>(source * kNameKinds)};
}
// By ShortRules::Step.
constexpr std::array<Outcome, 6> kOutcomes = {
    OutcomeOf(Reason::kExplicitDeny, ShortRules::kOwnDeny),
    OutcomeOf(Reason::kExplicitDeny, ShortRules::kAllDeny),
    OutcomeOf(Reason::kPatternDeny, ShortRules::kOwnDeny),
    OutcomeOf(Reason::kPatternDeny, ShortRules::kAllDeny),
    OutcomeOf(Reason::kExplicitAllow, ShortRules::kAllow),
    OutcomeOf(Reason::kPatternAllow, ShortRules::kAllow)};

}  // namespace

absl::string_view NameKindKey(size_t kind) {
  constexpr std::array<const char*, kNameKinds> kKeys = {"tools", "resources", "prompts"};
  return kKeys[kind];
}

constinit const ServerRules AgentPolicy::kNoRules;

inline const ServerRules* AgentPolicy::WalkTo(const NameKey& server) const {
  const ServerRules* rules = rows();
  for (const ServerRules* const end = rules + named_count_; rules != end; ++rules) {
    if (rules->server_.Is(server, rules->server_size_)) return rules;
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

// Of the allow lists one decides: the server's own, else that of "*".
ShortRules::Lists AgentPolicy::ListsFor(const ServerRules* own, size_t kind) const {
  const ServerRules& own_rules = own == nullptr ? kNoRules : *own;
  const PatternList* const own_allow = own_rules.Use(Effect::kAllow, kind).list;
  return {own_rules.Use(Effect::kDeny, kind).list, for_all().Use(Effect::kDeny, kind).list,
          own_allow != nullptr ? own_allow : for_all().Use(Effect::kAllow, kind).list};
}

ShortRules::Found AgentPolicy::FindInLists(const ServerRules* own, size_t kind,
                                           const SearchName& name) const {
  const ShortRules::Lists lists = ListsFor(own, kind);
  ShortRules::Found found;
  for (size_t source = 0; source < lists.size(); ++source) {
    if (ShortRules::StepOf(source, true) > found.step) break;  // nothing behind comes before it
    if (lists[source] == nullptr) continue;
    const PatternList::Match match = lists[source]->Find(name);
    const bool equals = match.exact != kNoEntry;
    if (!equals && match.pattern == kNoEntry) continue;
    const ShortRules::Step step = ShortRules::StepOf(source, equals);
    if (step < found.step) found = {step, equals ? match.exact : match.pattern};
  }
  return found;
}

// Nearly all requests name a server with a short name, one of few that have rules. It decides as
// DecideOther would.
Decision AgentPolicy::Decide(const AccessRequest& request) const {
  const size_t kind = KindOf(request);
  // There may be no server at all.
  if (named_count_ - 1 >= kWalkedServers || request.server.size() > kWordsSize ||
      kind >= kNameKinds) {
    return DecideOther(request);
  }
  const NameKey server(request.server);
  const ServerRules* own = rows();
  if (own->server_.DiffersFromShort(server, own->server_size_) != 0) {
    own = WalkTo(server);
    if (own == nullptr) return DecideOther(request);
  }
  if ((own->simple_kinds_ >> kind & 1) != 0) return DecideByShort(*own, request);
  if ((own->simple_kinds_ >> kNameKinds >> kind & 1) != 0) return DecideByLong(*own, request);
  return DecideByLists(*own, request);
}

// Without a call, so that all of it stays in registers.
Decision AgentPolicy::DecideByShort(const ServerRules& own, const AccessRequest& request) {
  if (request.name.size() > kWordsSize) return DecideLongNameByShort(own, request);
  return DecideByShort(own, SearchName(request.name), request);
}

Decision AgentPolicy::DecideLongNameByShort(const ServerRules& own, const AccessRequest& request) {
  return DecideByShort(own, SearchName(request.name), request);
}

inline Decision AgentPolicy::DecideByShort(const ServerRules& own, const SearchName& name,
                                           const AccessRequest& request) {
  const size_t kind = KindOf(request);
  const ShortRules& rules = own.ShortRulesOf(kind);
  const uint32_t candidates = rules.Candidates(name);
  ShortRules::Found found;
  if (candidates != 0 &&
      ((candidates & (candidates - 1)) != 0 || !rules.FindPlain(candidates, name, &found))) {
    return DecideAmong(own, candidates, request);
  }
  return DecisionOf(found, own, kind, {kAllowServersId, own.server_entry_});
}

Decision AgentPolicy::DecideByLong(const ServerRules& own, const AccessRequest& request) {
  if (request.name.size() > kWordsSize) return DecideLongNameByLong(own, request);
  return DecideByLong(own, SearchName(request.name), request);
}

Decision AgentPolicy::DecideLongNameByLong(const ServerRules& own, const AccessRequest& request) {
  return DecideByLong(own, SearchName(request.name), request);
}

inline Decision AgentPolicy::DecideByLong(const ServerRules& own, const SearchName& name,
                                          const AccessRequest& request) {
  const size_t kind = KindOf(request);
  const LongRules& rules = own.LongRulesOf(kind);
  KeyIndex::Place place;
  const KeyIndex::Candidates candidates = rules.index().FindOne(name, &place);
  if (candidates == KeyIndex::Candidates::kOthers) return DecideAmongMany(own, request);
  ShortRules::Found found;
  if (candidates == KeyIndex::Candidates::kOne && !rules.FindPlain(place, name, &found)) {
    return DecideAt(own, place, request);
  }
  return DecisionOf(found, own, kind, {kAllowServersId, own.server_entry_});
}

// The name is made anew: one that were handed on would stand in memory for all requests.
Decision AgentPolicy::DecideAt(const ServerRules& own, const KeyIndex::Place& place,
                               const AccessRequest& request) {
  const size_t kind = KindOf(request);
  const SearchName name = SearchName::ToCompare(request.name);
  return DecisionOf(own.LongRulesOf(kind).FindAt(place, name), own, kind,
                    {kAllowServersId, own.server_entry_});
}

Decision AgentPolicy::DecideAmongMany(const ServerRules& own, const AccessRequest& request) {
  const size_t kind = KindOf(request);
  return DecisionOf(own.LongRulesOf(kind).Find(SearchName(request.name)), own, kind,
                    {kAllowServersId, own.server_entry_});
}

Decision AgentPolicy::DecideByLists(const ServerRules& own, const AccessRequest& request) const {
  if (own.server_reason_ != Reason::kServerAllowed) return ServerDecision(own);
  const size_t kind = KindOf(request);
  if (own.JoinedOf(kind) == ServerRules::Joined::kLong) return DecideAmongMany(own, request);
  const SearchName name(request.name);
  return DecisionOf(FindInLists(&own, kind, name), own, kind, {kAllowServersId, own.server_entry_});
}

Decision AgentPolicy::DecideAmong(const ServerRules& own, uint32_t candidates,
                                  const AccessRequest& request) {
  const size_t kind = KindOf(request);
  const SearchName name = SearchName::ToCompare(request.name);
  return DecisionOf(own.ShortRulesOf(kind).FindAmong(candidates, name), own, kind,
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
  const auto find = [&] {
    switch (rules.JoinedOf(kind)) {
      case ServerRules::Joined::kShort:
        return rules.ShortRulesOf(kind).Find(name);
      case ServerRules::Joined::kLong:
        return rules.LongRulesOf(kind).Find(name);
      case ServerRules::Joined::kNot:
        break;
    }
    return FindInLists(own, kind, name);
  };
  return DecisionOf(find(), rules, kind, server.rule);
}

uint32_t AgentPolicy::FirstListId(const ServerRules& rules) const {
  const auto row = static_cast<uint32_t>(&rules - rows());
  return kFirstRulesId + (row == named_count_ ? 0 : row + 1) * kIdsPerRules;
}

inline Decision AgentPolicy::DecisionOf(const ShortRules::Found& found, const ServerRules& rules,
                                        size_t kind, Decision::RuleId server_rule) {
  if (found.step != ShortRules::Step::kNone) {
    const Outcome outcome = kOutcomes.data()[static_cast<size_t>(found.step)];
    const auto list = static_cast<uint32_t>(rules.first_list_id_ + outcome.list_id + kind);
    return Made(found.step >= ShortRules::Step::kAllowEquals ? Effect::kAllow : Effect::kDeny,
                outcome.reason, {list, found.entry});
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
  const auto find = [this, &server](Effect section) {
    const PatternList* const list = servers(section).list;
    if (list == nullptr) return kNoEntry;
    const PatternList::Match match = list->Find(server);
    return match.exact != kNoEntry ? match.exact : match.pattern;
  };
  if (const uint32_t entry = find(Effect::kDeny); entry != kNoEntry) {
    return Made(Effect::kDeny, Reason::kServerDenied, {kDenyServersId, entry});
  }
  if (const uint32_t entry = find(Effect::kAllow); entry != kNoEntry) {
    return Made(Effect::kAllow, Reason::kServerAllowed, {kAllowServersId, entry});
  }
  return Made(Effect::kDeny, Reason::kServerNotAllowed, {});
}

const ServerRules* AgentPolicy::ForServer(const NameKey& server) const { return Rules(server); }

ListPlace AgentPolicy::FindList(uint32_t list_id) const {
  if (list_id == kDenyServersId) return {Effect::kDeny, "servers", {}, servers(Effect::kDeny)};
  if (list_id == kAllowServersId) return {Effect::kAllow, "servers", {}, servers(Effect::kAllow)};
  const uint32_t row = (list_id - kFirstRulesId) / kIdsPerRules;
  const uint32_t in_rules = (list_id - kFirstRulesId) % kIdsPerRules;
  if (row > named_count_) return {};
  const size_t source = in_rules / kNameKinds;
  const size_t kind = in_rules % kNameKinds;
  const Effect section = source == ShortRules::kAllow ? Effect::kAllow : Effect::kDeny;
  const ServerRules& own = row == 0 ? kNoRules : rows()[row - 1];
  const bool is_own = source != ShortRules::kAllDeny && own.Use(section, kind).list != nullptr;
  const ServerRules& rules = is_own ? own : for_all();
  return {section, NameKindKey(kind), rules.server(), rules.Use(section, kind)};
}

}  // namespace ostiary::pdp
