// PolicySnapshot::Explain: a decision in words, and its rule's place.
#include <string>

#include "absl/strings/str_cat.h"
#include "pdp/policy/json_pointer.h"
#include "pdp/policy/quote.h"
#include "pdp/policy/snapshot.h"
#include "pdp/policy/snapshot_rep.h"

namespace ostiary::pdp {
namespace {

void Append(absl::string_view text, std::string* out) { out->append(text.data(), text.size()); }

void AppendQuoted(absl::string_view before, absl::string_view quoted, absl::string_view after,
                  std::string* out) {
  Append(before, out);
  AppendQuote(quoted, out);
  Append(after, out);
}

absl::string_view Named(AccessKind kind) {
  switch (kind) {
    case AccessKind::kServer:
      return "";
    case AccessKind::kTool:
      return "the tool ";
    case AccessKind::kResource:
      return "the resource ";
    case AccessKind::kPrompt:
      return "the prompt ";
  }
  return "";
}

// "the tool "x" of the server "s"".
void AppendTarget(const AccessRequest& request, Explanation* out) {
  std::string& message = out->message;
  const absl::string_view named = Named(request.kind);
  Append(named, &message);
  out->name_at = message.size();
  if (!named.empty()) AppendQuote(request.name, &message);
  out->name_size = message.size() - out->name_at;
  AppendQuoted(named.empty() ? "the server " : " of the server ", request.server, "", &message);
}

// Why, for a reason and the entry that matched.
void AppendBecause(Reason reason, const AccessRequest& request, absl::string_view entry,
                   std::string* out) {
  switch (reason) {
    case Reason::kUnspecified:
      return Append("nothing decided it", out);
    case Reason::kExplicitDeny:
      return AppendQuoted("a deny rule names ", entry, "", out);
    case Reason::kPatternDeny:
      return AppendQuoted("the deny pattern ", entry, " matches", out);
    case Reason::kExplicitAllow:
      return AppendQuoted("an allow rule names ", entry, "", out);
    case Reason::kPatternAllow:
      return AppendQuoted("the allow pattern ", entry, " matches", out);
    case Reason::kImplicitGrant:
      return AppendQuoted("the allow.servers entry ", entry,
                          " lets it use the server, and no allow list narrows that", out);
    case Reason::kServerAllowed:
      return AppendQuoted("the allow.servers entry ", entry, " matches", out);
    case Reason::kServerDenied:
      return AppendQuoted("the deny.servers entry ", entry, " matches the server", out);
    case Reason::kServerNotAllowed:
      return AppendQuoted("no allow.servers entry matches the server ", request.server, "", out);
    case Reason::kToolNotAllowed:
      return Append("an allow list narrows this server, and no entry matches the tool", out);
    case Reason::kResourceNotAllowed:
      return Append("an allow list narrows this server, and no entry matches the resource", out);
    case Reason::kPromptNotAllowed:
      return Append("an allow list narrows this server, and no entry matches the prompt", out);
    case Reason::kUnknownAgent:
      return Append("no rules name this agent, and defaults deny such agents", out);
    case Reason::kUnknownAgentAllowed:
      return Append("no rules name this agent, and deny_on_missing_agent is false", out);
  }
}

void Clear(RuleRef* rule) {
  rule->file.clear();
  rule->pointer.clear();
  rule->pattern.clear();
  rule->line = 0;
  rule->column = 0;
}

}  // namespace

Explanation PolicySnapshot::Explain(const AccessRequest& request, const Decision& decision) const {
  Explanation out;
  Explain(request, decision, &out);
  return out;
}

void PolicySnapshot::Explain(const AccessRequest& request, const Decision& decision,
                             Explanation* out) const {
  FindRule(request, decision, &out->rule);
  std::string& message = out->message;
  message.clear();
  AppendQuoted("Agent ", request.agent,
               decision.effect == Effect::kAllow ? " may use " : " may not use ", &message);
  AppendTarget(request, out);
  Append(": ", &message);
  AppendBecause(decision.reason, request, out->rule.pattern, &message);
  message.push_back('.');
}

void PolicySnapshot::FindRule(const AccessRequest& request, const Decision& decision,
                              RuleRef* rule) const {
  Clear(rule);
  uint32_t offset = 0;
  if (decision.rule.list == Rep::kDefaultsList) {
    rule->pointer = "/defaults/deny_on_missing_agent";
    rule->pattern = "false";
    offset = rep_->deny_on_missing_agent_offset;
  } else if (decision.rule.list != Decision::RuleId::kNone) {
    const AgentRecord* const own = rep_->agents.Find(request.agent);
    const bool known = own != nullptr;
    const AgentRecord* const record = known ? own : rep_->Find(request.agent);
    const ListPlace place =
        record == nullptr ? ListPlace{} : record->policy->FindList(decision.rule.list);
    // Otherwise it is not a decision of this snapshot for this request.
    if (place.use.list == nullptr || decision.rule.entry >= place.use.list->size()) return;
    Append("/agents", &rule->pointer);
    AppendPointerKey(known ? request.agent : Rep::kDefaultAgent, &rule->pointer);
    Append(place.section == Effect::kAllow ? "/allow/" : "/deny/", &rule->pointer);
    Append(place.key, &rule->pointer);
    if (place.key != "servers") AppendPointerKey(place.server, &rule->pointer);
    absl::StrAppend(&rule->pointer, "/", decision.rule.entry);
    Append(place.use.list->entry(decision.rule.entry), &rule->pattern);
    offset = record->offset + place.use.offset + place.use.list->entry_offset(decision.rule.entry);
  } else {
    return;
  }
  rule->file = rep_->rules_file;
  const TextPosition position = rep_->lines.Find(offset);
  rule->line = position.line;
  rule->column = position.column;
}

}  // namespace ostiary::pdp
