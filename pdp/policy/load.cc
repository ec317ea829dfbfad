#include "pdp/policy/load.h"

#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/json/json_document.h"
#include "pdp/policy/catalog_parser.h"
#include "pdp/policy/issue_log.h"
#include "pdp/policy/lint.h"
#include "pdp/policy/near.h"
#include "pdp/policy/parse_file.h"
#include "pdp/policy/recent_texts.h"
#include "pdp/policy/rules_parser.h"
#include "pdp/policy/snapshot_builder.h"

namespace ostiary::pdp {
namespace {

// Loads agents one by one, while the rules file is parsed.
class AgentLoader {
 public:
  AgentLoader(const LintCatalog* catalog, RulesParser* parser, SnapshotBuilder* builder,
              IssueLog* log)
      : parser_(*parser), builder_(*builder), log_(*log), linter_(catalog, log) {}

  void Load(const AgentSite& site) {
    const AgentPolicy** const known = known_.Find(site.rules.raw());
    if (*known != nullptr) {
      builder_.AddAgent(site.id, *known, static_cast<uint32_t>(site.rules.offset()));
      return;
    }
    const size_t issues_before = log_.count();
    const size_t errors_before = log_.error_count();
    parser_.ReadAgent(site, &rules_);
    if (log_.error_count() > errors_before) return;
    const AgentPolicy* policy = builder_.Compile(rules_);
    linter_.LintAgent(rules_, *policy);
    builder_.AddAgent(site.id, policy, rules_.offset);
    if (log_.count() == issues_before) *known = policy;
  }

 private:
  RulesParser& parser_;
  SnapshotBuilder& builder_;
  IssueLog& log_;
  Linter linter_;
  AgentRules rules_;
  // Agents whose rules are written alike, byte for byte, are read once. Not those with issues: each
  // agent's are its own.
  RecentTexts<AgentPolicy> known_;
};

class Loader {
 public:
  Loader(const PolicySource& source, const PolicyLimits& limits)
      : source_(source), limits_(limits), log_(limits.max_issues, limits.max_issue_bytes) {}

  LoadedPolicy Load() {
    log_.BeginFile(source_.rules.name, source_.rules.text);
    // The catalog first, since the rules are compared with it; its issues come last all the same.
    if (source_.mcp_config.has_value()) LoadCatalog(*source_.mcp_config);
    log_.SelectFile(0);
    LoadedPolicy loaded;
    try {
      loaded.snapshot = LoadRules();
    } catch (const std::bad_alloc&) {
      AddOutOfMemory("rules");
    }
    if (log_.error_count() > 0) loaded.snapshot.reset();
    loaded.issues = log_.Take();
    loaded.out_of_memory = out_of_memory_;
    return loaded;
  }

  std::vector<Issue> CheckCatalog() {
    LoadCatalog(*source_.mcp_config);
    return log_.Take();
  }

 private:
  // A policy that decides is worth more than one that does not fit beside it.
  void AddOutOfMemory(absl::string_view what) {
    out_of_memory_ = true;
    log_.Add(Severity::kError, IssueLog::kWholeFile, "",
             absl::StrCat("the policy needs more memory than this process may have, or than the ",
                          kNearBytes >> 30,
                          " GiB of any policy: raise the process's limits, or shorten the ", what));
  }

  void LoadCatalog(const PolicyFile& file) {
    log_.BeginFile(file.name, file.text);
    try {
      ReadCatalogOf(file);
    } catch (const std::bad_alloc&) {
      AddOutOfMemory("catalog");
    }
  }

  void ReadCatalogOf(const PolicyFile& file) {
    JsonDocument document;
    if (!ParseFile(file, limits_, &log_, &document)) return;
    const size_t errors_before = log_.error_count();
    catalog_ = ReadCatalog(document, &log_);
    if (log_.error_count() > errors_before) return;
    LintCatalog lint_catalog{file.name, {}};
    for (const CatalogServer& server : catalog_) lint_catalog.servers.insert(server.name);
    lint_catalog_ = std::move(lint_catalog);
  }

  std::shared_ptr<const PolicySnapshot> LoadRules() {
    const IssueLog::Mark before = log_.mark();
    auto snapshot = LoadRules(RulesParser::Repeats::kLeftToTable);
    if (snapshot != nullptr) return snapshot;
    // Agents that stand there twice may be among what is wrong.
    log_.ReturnTo(before);
    return LoadRules(RulesParser::Repeats::kFound);
  }

  std::shared_ptr<const PolicySnapshot> LoadRules(RulesParser::Repeats repeats) {
    RulesParser parser(limits_.max_pattern_bytes, repeats, &log_);
    SnapshotBuilder builder(source_.rules.name, source_.rules.text);
    AgentLoader agents(lint_catalog_.has_value() ? &*lint_catalog_ : nullptr, &parser, &builder,
                       &log_);
    const auto load_agent = [&](const AgentSite& site) { agents.Load(site); };
    const auto visit = [&](JsonValue key) { parser.VisitAgent(key, load_agent); };
    const JsonPieces pieces{RulesParser::kAgentsKey, visit};
    JsonDocument document;
    if (!ParseFile(source_.rules, limits_, &log_, &document, &pieces)) return nullptr;
    const RulesOutline outline = parser.ReadOutline(document.root());
    builder.SetDenyOnMissingAgent(outline.deny_on_missing_agent,
                                  outline.deny_on_missing_agent_offset);
    if (!outline.deny_on_missing_agent && !builder.has_default_agent()) {
      log_.Add(Severity::kWarning, outline.deny_on_missing_agent_offset,
               "/defaults/deny_on_missing_agent",
               "UNKNOWN_AGENT_ALLOWED: every agent that has no rules may do everything, since "
               "deny_on_missing_agent is false and there is no agent \"default\"; set it to true, "
               "or write the rules of \"default\"");
    }
    if (source_.mcp_config.has_value()) builder.SetCatalog(catalog_);
    return log_.error_count() > 0 ? nullptr : builder.Build();
  }

  const PolicySource& source_;
  const PolicyLimits& limits_;
  IssueLog log_;
  std::vector<CatalogServer> catalog_;
  std::optional<LintCatalog> lint_catalog_;
  bool out_of_memory_ = false;
};

}  // namespace

LoadedPolicy LoadPolicy(const PolicySource& source, const PolicyLimits& limits) {
  return Loader(source, limits).Load();
}

std::vector<Issue> CheckCatalog(const PolicyFile& file, const PolicyLimits& limits) {
  const PolicySource source{{}, file};
  return Loader(source, limits).CheckCatalog();
}

}  // namespace ostiary::pdp
