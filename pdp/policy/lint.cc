#include "pdp/policy/lint.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pdp/policy/json_pointer.h"
#include "pdp/policy/pattern.h"
#include "pdp/policy/quote.h"

namespace ostiary::pdp {
namespace {

// Looking for what covers a pattern takes time for each pair of it and a glob of the deny list.
// Past this the pair of lists is not compared: a lint must not hold up a reload.
constexpr size_t kMaxComparisons = 1'000'000;

bool HasWildcard(absl::string_view text, ParsedPattern* parsed) {
  return MayBePattern(text) && ParsePattern(text, parsed).ok() &&
         parsed->shape != PatternShape::kLiteral;
}

bool HasOnlyRuns(const ParsedPattern& pattern) {
  for (const GlobToken& token : pattern.tokens) {
    if (token.kind != GlobToken::Kind::kText && token.kind != GlobToken::Kind::kAnyRun)
      return false;
  }
  return true;
}

}  // namespace

// One agent's lint.
class Linter::Agent {
 public:
  Agent(const Linter& linter, const AgentRules& rules, const AgentPolicy& policy)
      : catalog_(linter.catalog_), log_(linter.log_), rules_(rules), policy_(policy) {}

  void Run() {
    LintServers("allow", rules_.allow);
    LintServers("deny", rules_.deny);
    for (size_t kind = 0; kind < kNameKinds; ++kind) {
      for (const RuleList& list : rules_.allow.names[kind]) {
        LintServerKey("allow", kind, list);
        LintAllowList(kind, list);
      }
      for (const RuleList& list : rules_.deny.names[kind]) LintServerKey("deny", kind, list);
    }
  }

 private:
  // A compiled deny list and the key that it stands under.
  struct Denied {
    const PatternList* list;
    absl::string_view server;
  };

  void LintServers(absl::string_view section, const RuleSection& rules) {
    if (!rules.servers.has_value()) return;
    const RuleList& list = *rules.servers;
    const bool allow = section == "allow";
    if (allow && list.empty()) {
      Warn(list.offset, Pointer(section, "servers"),
           "allow.servers is an empty list, so the agent may use no server; list servers, or leave "
           "the agent out");
    }
    const absl::Span<const RuleEntry> entries = rules_.entries(list);
    for (size_t i = 0; i < entries.size(); ++i) {
      const RuleEntry& entry = entries[i];
      const auto pointer = [&] { return absl::StrCat(Pointer(section, "servers"), "/", i); };
      if (!CatalogHas(entry.text) && !HasWildcard(entry.text, &parsed_)) {
        WarnOfUnknownServer(absl::StrCat(section, ".servers"), entry.text, entry.offset, pointer());
      }
      if (!allow || policy_.servers(Effect::kDeny).list == nullptr) continue;
      const size_t covering = FindCover(entry.text, *policy_.servers(Effect::kDeny).list);
      if (covering == PatternList::kNoEntry) continue;
      Warn(entry.offset, pointer(),
           absl::StrCat("the allow.servers entry ", Quote(entry.text),
                        " can never match, since the deny.servers entry ",
                        Quote(rules_.entries(*rules_.deny.servers)[covering].text),
                        " covers it; remove one of the two"));
    }
  }

  // What the key of a list under tools, resources or prompts says about its server.
  void LintServerKey(absl::string_view section, size_t kind, const RuleList& list) {
    if (list.server == "*") return;
    const auto name = [&] { return absl::StrCat(section, ".", NameKindKey(kind)); };
    const auto pointer = [&] { return Pointer(section, NameKindKey(kind), list.server); };
    const bool known = CatalogHas(list.server);
    if (!known) WarnOfUnknownServer(name(), list.server, list.key_offset, pointer());
    if (HasWildcard(list.server, &parsed_) && !(catalog_ != nullptr && known)) {
      Warn(list.key_offset, pointer(),
           absl::StrCat("the key ", Quote(list.server), " in ", name(),
                        " names the one server that is called so, since keys are no patterns; "
                        "write \"*\" for all servers, or each server's name"));
    }
    if (list.empty()) return;
    const Decision server =
        policy_.Decide({rules_.id, list.server, AccessKind::kServer, absl::string_view()});
    if (server.effect == Effect::kAllow) return;
    std::string why = "allow.servers does not let the agent use that server";
    if (server.reason == Reason::kServerDenied) {
      why = absl::StrCat("the deny.servers entry ",
                         Quote(rules_.entries(*rules_.deny.servers)[server.rule.entry].text),
                         " denies that server");
    }
    Warn(list.key_offset, pointer(),
         absl::StrCat("the rules for the server ", Quote(list.server), " in ", name(),
                      " can never match, since ", why));
  }

  void LintAllowList(size_t kind, const RuleList& list) {
    const absl::string_view key = NameKindKey(kind);
    if (list.empty()) {
      Warn(list.offset, Pointer("allow", key, list.server),
           absl::StrCat(
               "allow.", key, " has an empty list for ",
               list.server == "*" ? "all servers" : absl::StrCat("the server ", Quote(list.server)),
               ", which counts as no list and narrows nothing; to allow none, deny \"*\""));
      return;
    }
    const std::array<Denied, 2> denied = DeniedBeside(kind, list);
    const absl::Span<const RuleEntry> entries = rules_.entries(list);
    const auto may_cover = [entries](const Denied& deny) {
      return deny.list != nullptr && deny.list->MayFindAny(entries);
    };
    if (!may_cover(denied[0]) && !may_cover(denied[1])) return;
    for (size_t i = 0; i < entries.size(); ++i) {
      const Denied* by = &denied[0];
      size_t covering = FindCover(entries[i].text, *by->list);
      if (covering == PatternList::kNoEntry && denied[1].list != nullptr) {
        by = &denied[1];
        covering = FindCover(entries[i].text, *by->list);
      }
      if (covering == PatternList::kNoEntry) continue;
      Warn(entries[i].offset, absl::StrCat(Pointer("allow", key, list.server), "/", i),
           absl::StrCat("the allow.", key, " entry ", Quote(entries[i].text), " of the server ",
                        Quote(list.server), " can never match, since the deny.", key, " entry ",
                        Quote(by->list->entry(covering)), " of the server ", Quote(by->server),
                        " covers it; remove one of the two"));
    }
  }

  // The deny lists of that kind for the server of an allow list: its own and that of all, first
  // those that are there.
  std::array<Denied, 2> DeniedBeside(size_t kind, const RuleList& list) const {
    const ServerRules* const own =
        list.server == "*" ? nullptr : policy_.ForServer(NameKey(list.server));
    const Denied by_own{own == nullptr ? nullptr : own->Use(Effect::kDeny, kind).list, list.server};
    const Denied by_all{policy_.for_all().Use(Effect::kDeny, kind).list, "*"};
    return by_own.list == nullptr ? std::array{by_all, by_own} : std::array{by_own, by_all};
  }

  // An entry of `deny` that surely matches all that `text` does, as a name or as a pattern.
  size_t FindCover(absl::string_view text, const PatternList& deny) {
    // Before the search, which compares the globs.
    if (!MayCompare(deny.glob_count())) return PatternList::kNoEntry;
    const SearchName name(text);
    const PatternList::Match match = deny.Find(name);
    if (match.exact != PatternList::kNoEntry) return match.exact;
    uint32_t covering = match.pattern;
    if (covering == PatternList::kNoEntry || !HasWildcard(text, &parsed_)) return covering;
    if (Covers(deny.entry(covering), text)) return covering;
    // One that proves nothing may stand before one that does.
    if (!MayCompare(deny.pattern_count())) return PatternList::kNoEntry;
    do {
      covering = deny.FindPatternAfter(covering, name);
    } while (covering != PatternList::kNoEntry && !Covers(deny.entry(covering), text));
    return covering;
  }

  // Whether the deny entry, which matches the text of the pattern `text`, surely matches all that
  // the pattern does. So it is if it is text and "*" alone: then each wildcard of the pattern lies
  // where a "*" takes anything. A "[" in the pattern could stand for other characters than its own,
  // so it proves nothing.
  bool Covers(absl::string_view deny, absl::string_view text) {
    if (deny == "*") return true;
    const bool has_set = text.find('[') != absl::string_view::npos;
    return !has_set && ParsePattern(deny, &parsed_).ok() && HasOnlyRuns(parsed_);
  }

  // Whether so many comparisons more may be made, which then count.
  bool MayCompare(size_t count) {
    if (count > kMaxComparisons - comparisons_) return false;
    comparisons_ += count;
    return true;
  }

  // Whether the catalog has the server, or there is none to ask.
  bool CatalogHas(absl::string_view server) const {
    return catalog_ == nullptr || catalog_->servers.contains(server);
  }

  void WarnOfUnknownServer(absl::string_view list, absl::string_view server, uint32_t offset,
                           std::string pointer) {
    Warn(offset, std::move(pointer),
         absl::StrCat(list, " names the server ", Quote(server), ", which is not in the catalog (",
                      catalog_->file, ")"));
  }

  std::string Pointer(absl::string_view section, absl::string_view key) const {
    if (!log_.Keeps(Severity::kWarning)) return "";
    std::string pointer = "/agents";
    AppendPointerKey(rules_.id, &pointer);
    absl::StrAppend(&pointer, "/", section, "/", key);
    return pointer;
  }

  std::string Pointer(absl::string_view section, absl::string_view key,
                      absl::string_view server) const {
    std::string pointer = Pointer(section, key);
    if (!pointer.empty()) AppendPointerKey(server, &pointer);
    return pointer;
  }

  void Warn(uint32_t offset, std::string pointer, absl::string_view message) {
    log_.Add(Severity::kWarning, offset, std::move(pointer),
             absl::StrCat("agent ", Quote(rules_.id), ": ", message));
  }

  const LintCatalog* const catalog_;
  IssueLog& log_;
  const AgentRules& rules_;
  const AgentPolicy& policy_;
  size_t comparisons_ = 0;
  ParsedPattern parsed_;  // scratch
};

void Linter::LintAgent(const AgentRules& rules, const AgentPolicy& policy) {
  Agent(*this, rules, policy).Run();
}

}  // namespace ostiary::pdp
