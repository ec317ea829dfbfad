#include "pdp/policy/agent_policy.h"

#include <algorithm>
#include <tuple>

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

PatternList::Match Find(const ListUse& use, const SearchName& name) {
  return use.list == nullptr ? PatternList::Match{} : use.list->Find(name);
}

Reason NotAllowed(size_t kind) {
  constexpr std::array<Reason, kNameKinds> kReasons = {
      Reason::kToolNotAllowed, Reason::kResourceNotAllowed, Reason::kPromptNotAllowed};
  return kReasons[kind];
}

bool Decided(const Decision& decision) { return decision.reason != Reason::kUnspecified; }

}  // namespace

absl::string_view NameKindKey(size_t kind) {
  constexpr std::array<const char*, kNameKinds> kKeys = {"tools", "resources", "prompts"};
  return kKeys[kind];
}

inline const ServerRules* AgentPolicy::Rules(const NameKey& server) const {
  const ServerRules* const begin = named().data();
  const auto same = [&server](const ServerRules& rules) {
    return rules.server_.Is(server, rules.server_size_);
  };
  if (named_count_ > kWalkedServers) {
    const ServerRules* const found =
        std::partition_point(begin, begin + named_count_, [&server](const ServerRules& rules) {
          return std::tuple(rules.server().size(), rules.server()) <
                 std::tuple(server.size(), server.text());
        });
    return found != begin + named_count_ && same(*found) ? found : nullptr;
  }
  for (uint32_t i = 0; i < named_count_; ++i) {
    if (same(begin[i])) return &begin[i];
  }
  return nullptr;
}

inline uint32_t AgentPolicy::ListId(const ServerRules* rules, Effect section, size_t kind) const {
  const size_t row = rules == for_all_ ? 0 : static_cast<size_t>(rules - named().data()) + 1;
  return static_cast<uint32_t>(kFirstRulesId + row * kIdsPerRules +
                               ServerRules::Place(section, kind));
}

inline Decision AgentPolicy::DecideDeny(const ServerRules* own, size_t kind,
                                        const SearchName& name) const {
  const auto denied = [&](const ServerRules* rules, Reason reason, uint32_t entry) {
    return Decision{Effect::kDeny, reason, {ListId(rules, Effect::kDeny, kind), entry}};
  };
  PatternList::Match by_own;
  if (own != nullptr) by_own = Find(own->Use(Effect::kDeny, kind), name);
  if (by_own.exact != kNoEntry) return denied(own, Reason::kExplicitDeny, by_own.exact);
  const PatternList::Match by_all = Find(for_all().Use(Effect::kDeny, kind), name);
  if (by_all.exact != kNoEntry) return denied(&for_all(), Reason::kExplicitDeny, by_all.exact);
  if (by_own.pattern != kNoEntry) return denied(own, Reason::kPatternDeny, by_own.pattern);
  if (by_all.pattern != kNoEntry) return denied(&for_all(), Reason::kPatternDeny, by_all.pattern);
  return {};
}

inline Decision AgentPolicy::DecideAllow(const ServerRules* own, size_t kind,
                                         const SearchName& name) const {
  const bool has_own = own != nullptr && own->Use(Effect::kAllow, kind).list != nullptr;
  const ServerRules* rules = has_own ? own : &for_all();
  const PatternList::Match match = Find(rules->Use(Effect::kAllow, kind), name);
  if (match.exact != kNoEntry) {
    return {
        Effect::kAllow, Reason::kExplicitAllow, {ListId(rules, Effect::kAllow, kind), match.exact}};
  }
  if (match.pattern != kNoEntry) {
    return {Effect::kAllow,
            Reason::kPatternAllow,
            {ListId(rules, Effect::kAllow, kind), match.pattern}};
  }
  return {};
}

Decision AgentPolicy::Decide(const AccessRequest& request) const {
  const ServerRules* const own = Rules(NameKey(request.server));
  Decision::RuleId server_rule;
  if (own != nullptr && own->server_reason_ == Reason::kServerAllowed &&
      request.kind != AccessKind::kServer) {
    server_rule = {kAllowServersId, own->server_entry_};
  } else {
    const Decision server =
        own == nullptr ? DecideServer(SearchName(request.server)) : ServerDecision(*own);
    if (server.effect == Effect::kDeny || request.kind == AccessKind::kServer) return server;
    server_rule = server.rule;
  }
  const size_t kind = static_cast<size_t>(request.kind) - static_cast<size_t>(AccessKind::kTool);
  if (kind >= kNameKinds) return Decision{};  // not one of the enum's: denies
  const SearchName name(request.name);
  if (const Decision deny = DecideDeny(own, kind, name); Decided(deny)) return deny;
  if (const Decision allow = DecideAllow(own, kind, name); Decided(allow)) return allow;
  if (!for_all().narrowed() && (own == nullptr || !own->narrowed())) {
    return {Effect::kAllow, Reason::kImplicitGrant, server_rule};
  }
  return {Effect::kDeny, NotAllowed(kind), {}};
}

Decision AgentPolicy::ServerDecision(const ServerRules& rules) {
  switch (rules.server_reason_) {
    case Reason::kServerAllowed:
      return {Effect::kAllow, rules.server_reason_, {kAllowServersId, rules.server_entry_}};
    case Reason::kServerDenied:
      return {Effect::kDeny, rules.server_reason_, {kDenyServersId, rules.server_entry_}};
    default:
      return {Effect::kDeny, rules.server_reason_, {}};
  }
}

Decision AgentPolicy::DecideServer(const SearchName& server) const {
  // In a list of servers it does not matter how an entry matches.
  const auto find = [&server](const ListUse& use) {
    const PatternList::Match match = Find(use, server);
    return match.exact != kNoEntry ? match.exact : match.pattern;
  };
  if (const uint32_t entry = find(deny_servers_); entry != kNoEntry) {
    return {Effect::kDeny, Reason::kServerDenied, {kDenyServersId, entry}};
  }
  if (const uint32_t entry = find(allow_servers_); entry != kNoEntry) {
    return {Effect::kAllow, Reason::kServerAllowed, {kAllowServersId, entry}};
  }
  return {Effect::kDeny, Reason::kServerNotAllowed, {}};
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
