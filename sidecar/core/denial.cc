#include "sidecar/core/denial.h"

#include "absl/strings/str_cat.h"
#include "common/json/json_write.h"

namespace ostiary::sidecar {
namespace {

// Names come from the client and may be as long as a line; an answer quotes no more than this.
constexpr size_t kMaxQuotedBytes = 1024;

std::string Clip(absl::string_view text) {
  if (text.size() <= kMaxQuotedBytes) {
    return std::string(text);
  }
  size_t size = kMaxQuotedBytes;
  while ((static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
    --size;  // not in the middle of a character
  }
  return absl::StrCat(text.substr(0, size), "…");
}

void AppendMember(absl::string_view key, absl::string_view value, std::string* out) {
  absl::StrAppend(out, out->back() == '{' ? "" : ",", "\"", key, "\":");
  AppendJsonString(value, out);
}

void AppendRule(const Verdict& verdict, std::string* out) {
  absl::StrAppend(out, ",\"rule\":{");
  AppendMember("file", verdict.rule_file, out);
  AppendMember("pointer", verdict.rule_pointer, out);
  AppendMember("pattern", verdict.rule_pattern, out);
  absl::StrAppend(out, ",\"line\":", verdict.rule_line, ",\"column\":", verdict.rule_column, "}");
}

void AppendRevision(const Revision& revision, std::string* out) {
  absl::StrAppend(out, ",\"revision\":{");
  AppendMember("epoch", revision.epoch, out);
  absl::StrAppend(out, ",\"generation\":", revision.generation);
  AppendMember("digest", revision.digest, out);
  out->push_back('}');
}

// {"ostiary/decision": …}: for programs.
std::string DecisionJson(const Denial& denial) {
  std::string out = R"({"ostiary/decision":{)";
  AppendMember("outcome", denial.verdict != nullptr ? "denied" : "undecided", &out);
  AppendMember("effect", "DENY", &out);
  if (denial.verdict != nullptr) {
    AppendMember("reason", denial.verdict->reason, &out);
    if (!denial.verdict->rule_pointer.empty()) {
      AppendRule(*denial.verdict, &out);
    }
    AppendMember("message", denial.verdict->message, &out);
  } else {
    AppendMember("reason", denial.undecided->reason, &out);
    AppendMember("message", denial.undecided->why, &out);
  }
  AppendMember("agent", denial.agent, &out);
  AppendMember("server", denial.server, &out);
  AppendMember("kind", AccessKindName(denial.access.kind), &out);
  AppendMember("name", Clip(denial.access.name), &out);
  if (denial.revision != nullptr) {
    AppendRevision(*denial.revision, &out);
  }
  out += "}}";
  return out;
}

std::string Subject(const Denial& denial) {
  std::string server = absl::StrCat("server \"", denial.server, "\"");
  switch (denial.access.kind) {
    case AccessKind::kServer:
      return server;
    case AccessKind::kTool:
      return absl::StrCat("tool \"", Clip(denial.access.name), "\" of ", server);
    case AccessKind::kResource:
      return absl::StrCat("resource \"", Clip(denial.access.name), "\" of ", server);
    case AccessKind::kPrompt:
      return absl::StrCat("prompt \"", Clip(denial.access.name), "\" of ", server);
  }
  return server;
}

// For the model and for people: what was denied, for whom, by which rule, what to do.
std::string Sentence(const Denial& denial) {
  if (denial.verdict == nullptr) {
    return absl::StrCat("No decision could be had, so access is denied for now: whether agent \"",
                        denial.agent, "\" may use ", Subject(denial),
                        " is not known: ", denial.undecided->why, ". Trying again later may help.");
  }
  const Verdict& verdict = *denial.verdict;
  std::string out = absl::StrCat("Denied by policy: agent \"", denial.agent, "\" may not use ",
                                 Subject(denial), " (", verdict.reason, ")");
  if (!verdict.rule_pointer.empty()) {
    absl::StrAppend(&out, ", by the rule \"", verdict.rule_pattern, "\" at ", verdict.rule_file,
                    ":", verdict.rule_line, ":", verdict.rule_column, " (", verdict.rule_pointer,
                    ")");
  }
  return absl::StrCat(out, ". Trying again will not help unless the policy changes.");
}

std::string ErrorWithData(absl::string_view id_json, int code, absl::string_view message,
                          absl::string_view data) {
  return absl::StrCat(R"({"jsonrpc":"2.0","id":)", id_json, R"(,"error":{"code":)", code,
                      R"(,"message":)", JsonString(message), data.empty() ? "" : R"(,"data":)",
                      data, "}}");
}

// What is denied without a rule.
struct Ruleless {
  int code;
  absl::string_view reason;
  absl::string_view key;  // of what is denied
  absl::string_view value;
  std::string why;
  absl::string_view more = {};  // members of the error's data
};

constexpr absl::string_view kTasksAreRequired =
    R"("requiredCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}},)";

std::string RulelessDenial(absl::string_view id_json, absl::string_view agent,
                           absl::string_view server, const Ruleless& denied) {
  std::string data = absl::StrCat("{", denied.more, R"("ostiary/decision":{)");
  AppendMember("outcome", "denied", &data);
  AppendMember("effect", "DENY", &data);
  AppendMember("reason", denied.reason, &data);
  AppendMember("message", denied.why, &data);
  AppendMember("agent", agent, &data);
  AppendMember("server", server, &data);
  AppendMember(denied.key, denied.value, &data);
  data += "}}";
  return ErrorWithData(id_json, denied.code, denied.why, data);
}

}  // namespace

std::string DenialAnswer(absl::string_view id_json, AnswerShape shape, const Denial& denial) {
  const std::string sentence = Sentence(denial);
  const std::string decision = DecisionJson(denial);
  if (shape == AnswerShape::kError) {
    return ErrorWithData(id_json, denial.verdict != nullptr ? kDeniedCode : kUndecidedCode,
                         sentence, decision);
  }
  return absl::StrCat(
      R"({"jsonrpc":"2.0","id":)", id_json, R"(,"result":{)",
      shape == AnswerShape::kCompleteToolResult ? R"("resultType":"complete",)" : "",
      R"("content":[{"type":"text","text":)", JsonString(sentence), R"(}],"isError":true,"_meta":)",
      decision, "}}");
}

std::string MethodDenialAnswer(absl::string_view id_json, absl::string_view agent,
                               absl::string_view server, absl::string_view method) {
  const std::string quoted = Clip(method);
  return RulelessDenial(id_json, agent, server,
                        {kMethodNotFound, "METHOD_NOT_COVERED", "method", quoted,
                         absl::StrCat("The method \"", quoted,
                                      "\" is not covered by this sidecar, so it is never let "
                                      "through. No rule can allow it.")});
}

std::string TaskDenialAnswer(absl::string_view id_json, absl::string_view agent,
                             absl::string_view server, absl::string_view task,
                             TaskCapability capability) {
  const std::string quoted = Clip(task);
  const bool missing = capability == TaskCapability::kMissing;
  return RulelessDenial(
      id_json, agent, server,
      {missing ? kMissingCapability : kInvalidParams, "TASK_NOT_OF_SESSION", "taskId", quoted,
       absl::StrCat("No call of this session made a task \"", quoted,
                    "\", so it is not known which tool it belongs to. Only the "
                    "session that made a task can use it."),
       missing ? kTasksAreRequired : ""});
}

std::string ErrorAnswer(absl::string_view id_json, int code, absl::string_view message) {
  return ErrorWithData(id_json, code, message, "");
}

}  // namespace ostiary::sidecar
