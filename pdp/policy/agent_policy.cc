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

uint32_t FindExact(const ListUse& use, const SearchName& name) {
  return use.list == nullptr ? PatternList::kNoEntry : use.list->FindExact(name);
}

uint32_t FindPattern(const ListUse& use, const SearchName& name) {
  return use.list == nullptr ? PatternList::kNoEntry : use.list->FindPattern(name);
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

Decision AgentPolicy::Decide(const AccessRequest& request) const {
  const Decision server = DecideServer(SearchName(request.server));
  if (server.effect == Effect::kDeny || request.kind == AccessKind::kServer) return server;

  const size_t kind = static_cast<size_t>(request.kind) - static_cast<size_t>(AccessKind::kTool);
  if (kind >= kNameKinds) return Decision{};  // not one of the enum's: denies
  const SearchName name(request.name);
  const ServerRules* own = ForServer(request.server);
  if (const Decision deny = DecideDeny(own, kind, name); Decided(deny)) return deny;
  if (const Decision allow = DecideAllow(own, kind, name); Decided(allow)) return allow;
  if (!for_all().narrowed && (own == nullptr || !own->narrowed)) {
    return {Effect::kAllow, Reason::kImplicitGrant, server.rule};
  }
  return {Effect::kDeny, NotAllowed(kind), {}};
}

Decision AgentPolicy::DecideServer(const SearchName& server) const {
  uint32_t entry = FindExact(deny_servers_, server);
  if (entry == PatternList::kNoEntry) entry = FindPattern(deny_servers_, server);
  if (entry != PatternList::kNoEntry) {
    return {Effect::kDeny, Reason::kServerDenied, {kDenyServersId, entry}};
  }
  entry = FindExact(allow_servers_, server);
  if (entry == PatternList::kNoEntry) entry = FindPattern(allow_servers_, server);
  if (entry != PatternList::kNoEntry) {
    return {Effect::kAllow, Reason::kServerAllowed, {kAllowServersId, entry}};
  }
  return {Effect::kDeny, Reason::kServerNotAllowed, {}};
}

Decision AgentPolicy::DecideDeny(const ServerRules* own, size_t kind,
                                 const SearchName& name) const {
  const std::array<const ServerRules*, 2> both = {own, &for_all()};
  for (const ServerRules* rules : both) {
    if (rules == nullptr) continue;
    if (const uint32_t entry = FindExact(rules->deny[kind], name); entry != PatternList::kNoEntry) {
      return {Effect::kDeny, Reason::kExplicitDeny, {ListId(rules, Effect::kDeny, kind), entry}};
    }
  }
  for (const ServerRules* rules : both) {
    if (rules == nullptr) continue;
    if (const uint32_t entry = FindPattern(rules->deny[kind], name);
        entry != PatternList::kNoEntry) {
      return {Effect::kDeny, Reason::kPatternDeny, {ListId(rules, Effect::kDeny, kind), entry}};
    }
  }
  return {};
}

Decision AgentPolicy::DecideAllow(const ServerRules* own, size_t kind,
                                  const SearchName& name) const {
  const bool has_own = own != nullptr && own->allow[kind].list != nullptr;
  const ServerRules* rules = has_own ? own : &for_all();
  const ListUse& use = rules->allow[kind];
  if (const uint32_t entry = FindExact(use, name); entry != PatternList::kNoEntry) {
    return {Effect::kAllow, Reason::kExplicitAllow, {ListId(rules, Effect::kAllow, kind), entry}};
  }
  if (const uint32_t entry = FindPattern(use, name); entry != PatternList::kNoEntry) {
    return {Effect::kAllow, Reason::kPatternAllow, {ListId(rules, Effect::kAllow, kind), entry}};
  }
  return {};
}

const ServerRules* AgentPolicy::ForServer(absl::string_view server) const {
  const ServerRules* const begin = rules_ + 1;
  const ServerRules* const end = rules_ + rule_count_;
  const auto same = [server](const ServerRules& rules) { return rules.server == server; };
  if (rule_count_ <= kWalkedServers) {
    const ServerRules* const found = std::find_if(begin, end, same);
    return found == end ? nullptr : found;
  }
  const ServerRules* const found =
      std::partition_point(begin, end, [server](const ServerRules& rules) {
        return std::tuple(rules.server.size(), rules.server) < std::tuple(server.size(), server);
      });
  return found != end && same(*found) ? found : nullptr;
}

uint32_t AgentPolicy::ListId(const ServerRules* rules, Effect section, size_t kind) const {
  const auto index = static_cast<uint32_t>(rules - rules_);
  const uint32_t in_rules = (section == Effect::kAllow ? kNameKinds : 0) + kind;
  return kFirstRulesId + index * kIdsPerRules + in_rules;
}

ListPlace AgentPolicy::FindList(uint32_t list_id) const {
  if (list_id == kDenyServersId) return {Effect::kDeny, "servers", {}, &deny_servers_};
  if (list_id == kAllowServersId) return {Effect::kAllow, "servers", {}, &allow_servers_};
  const uint32_t index = (list_id - kFirstRulesId) / kIdsPerRules;
  const uint32_t in_rules = (list_id - kFirstRulesId) % kIdsPerRules;
  if (index >= rule_count_) return {};
  const ServerRules& rules = rules_[index];
  const size_t kind = in_rules % kNameKinds;
  if (in_rules < kNameKinds) {
    return {Effect::kDeny, NameKindKey(kind), rules.server, &rules.deny[kind]};
  }
  return {Effect::kAllow, NameKindKey(kind), rules.server, &rules.allow[kind]};
}

}  // namespace ostiary::pdp
