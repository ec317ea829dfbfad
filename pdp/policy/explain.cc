// PolicySnapshot::Explain: a decision in words, and its rule's place.
#include <string>

#include "absl/strings/str_cat.h"
#include "pdp/policy/json_pointer.h"
#include "pdp/policy/quote.h"
#include "pdp/policy/snapshot.h"
#include "pdp/policy/snapshot_rep.h"

namespace ostiary::pdp {
namespace {

// "the tool "x" of the server "s"".
std::string Target(const AccessRequest& request) {
  std::string server = absl::StrCat("the server ", Quote(request.server));
  switch (request.kind) {
    case AccessKind::kServer:
      return server;
    case AccessKind::kTool:
      return absl::StrCat("the tool ", Quote(request.name), " of ", server);
    case AccessKind::kResource:
      return absl::StrCat("the resource ", Quote(request.name), " of ", server);
    case AccessKind::kPrompt:
      return absl::StrCat("the prompt ", Quote(request.name), " of ", server);
  }
  return server;
}

// Why, for a reason and the entry that matched.
std::string Because(Reason reason, const AccessRequest& request, absl::string_view entry) {
  switch (reason) {
    case Reason::kUnspecified:
      break;
    case Reason::kExplicitDeny:
      return absl::StrCat("a deny rule names ", Quote(entry));
    case Reason::kPatternDeny:
      return absl::StrCat("the deny pattern ", Quote(entry), " matches");
    case Reason::kExplicitAllow:
      return absl::StrCat("an allow rule names ", Quote(entry));
    case Reason::kPatternAllow:
      return absl::StrCat("the allow pattern ", Quote(entry), " matches");
    case Reason::kImplicitGrant:
      return absl::StrCat("the allow.servers entry ", Quote(entry),
                          " lets it use the server, and no allow list narrows that");
    case Reason::kServerAllowed:
      return absl::StrCat("the allow.servers entry ", Quote(entry), " matches");
    case Reason::kServerDenied:
      return absl::StrCat("the deny.servers entry ", Quote(entry), " matches the server");
    case Reason::kServerNotAllowed:
      return absl::StrCat("no allow.servers entry matches the server ", Quote(request.server));
    case Reason::kToolNotAllowed:
      return "an allow list narrows this server, and no entry matches the tool";
    case Reason::kResourceNotAllowed:
      return "an allow list narrows this server, and no entry matches the resource";
    case Reason::kPromptNotAllowed:
      return "an allow list narrows this server, and no entry matches the prompt";
    case Reason::kUnknownAgent:
      return "no rules name this agent, and defaults deny such agents";
    case Reason::kUnknownAgentAllowed:
      return "no rules name this agent, and deny_on_missing_agent is false";
  }
  return "nothing decided it";
}

}  // namespace

Explanation PolicySnapshot::Explain(const AccessRequest& request, const Decision& decision) const {
  Explanation out;
  uint32_t offset = 0;
  if (decision.rule.list == Rep::kDefaultsList) {
    out.rule.pointer = "/defaults/deny_on_missing_agent";
    out.rule.pattern = "false";
    offset = rep_->deny_on_missing_agent_offset;
  } else if (decision.rule.list != Decision::RuleId::kNone) {
    const auto found = rep_->agents.find(request.agent);
    const bool known = found != rep_->agents.end();
    const AgentRecord* record = rep_->Find(request.agent);
    const ListPlace place =
        record == nullptr ? ListPlace{} : record->policy->FindList(decision.rule.list);
    // Otherwise it is not a decision of this snapshot for this request.
    if (place.use != nullptr && place.use->list != nullptr &&
        decision.rule.entry < place.use->list->size()) {
      out.rule.pointer = "/agents";
      AppendPointerKey(known ? request.agent : Rep::kDefaultAgent, &out.rule.pointer);
      absl::StrAppend(&out.rule.pointer, place.section == Effect::kAllow ? "/allow/" : "/deny/",
                      place.key);
      if (place.key != "servers") AppendPointerKey(place.server, &out.rule.pointer);
      absl::StrAppend(&out.rule.pointer, "/", decision.rule.entry);
      out.rule.pattern = std::string(place.use->list->entry(decision.rule.entry));
      offset =
          record->offset + place.use->offset + place.use->list->entry_offset(decision.rule.entry);
    }
  }
  if (!out.rule.empty()) {
    out.rule.file = rep_->rules_file;
    const TextPosition position = rep_->lines.Find(offset);
    out.rule.line = position.line;
    out.rule.column = position.column;
  }
  out.message =
      absl::StrCat("Agent ", Quote(request.agent),
                   decision.effect == Effect::kAllow ? " may use " : " may not use ",
                   Target(request), ": ", Because(decision.reason, request, out.rule.pattern), ".");
  return out;
}

}  // namespace ostiary::pdp
