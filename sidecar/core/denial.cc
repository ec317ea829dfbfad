#include "sidecar/core/denial.h"

#include "absl/strings/str_cat.h"
#include "common/json/json_write.h"

namespace ostiary::sidecar {
namespace {

// Names come from the client and may be as long as a line; an answer quotes no more than this.
constexpr size_t kMaxQuotedBytes = 1024;

// As much of `text` as is quoted.
absl::string_view Clipped(absl::string_view text) {
  if (text.size() <= kMaxQuotedBytes) {
    return text;
  }
  size_t size = kMaxQuotedBytes;
  while ((static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
    --size;  // not in the middle of a character
  }
  return text.substr(0, size);
}

// What stands behind it.
absl::string_view Ellipsis(absl::string_view text) {
  return text.size() <= kMaxQuotedBytes ? "" : "…";
}

std::string Clip(absl::string_view text) { return absl::StrCat(Clipped(text), Ellipsis(text)); }

void AppendMember(absl::string_view key, absl::string_view value, std::string* out) {
  absl::StrAppend(out, out->back() == '{' ? "" : ",", "\"", key, "\":");
  AppendJsonString(value, out);
}

void AppendClippedMember(absl::string_view key, absl::string_view value, std::string* out) {
  AppendMember(key, Clipped(value), out);
  out->pop_back();
  absl::StrAppend(out, Ellipsis(value), "\"");
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
void AppendDecision(const Denial& denial, std::string* out) {
  absl::StrAppend(out, R"({"ostiary/decision":{)");
  AppendMember("outcome", denial.verdict != nullptr ? "denied" : "undecided", out);
  AppendMember("effect", "DENY", out);
  if (denial.verdict != nullptr) {
    AppendMember("reason", denial.verdict->reason, out);
    if (!denial.verdict->rule_pointer.empty()) {
      AppendRule(*denial.verdict, out);
    }
    AppendMember("message", denial.verdict->message, out);
  } else {
    AppendMember("reason", denial.undecided->reason, out);
    AppendMember("message", denial.undecided->why, out);
  }
  AppendMember("agent", denial.agent, out);
  AppendMember("server", denial.server, out);
  AppendMember("kind", AccessKindName(denial.access.kind), out);
  AppendClippedMember("name", denial.access.name, out);
  if (denial.revision != nullptr) {
    AppendRevision(*denial.revision, out);
  }
  absl::StrAppend(out, "}}");
}

// What is named within a server.
absl::string_view Noun(AccessKind kind) {
  switch (kind) {
    case AccessKind::kServer:
      return "";
    case AccessKind::kTool:
      return "tool";
    case AccessKind::kResource:
      return "resource";
    case AccessKind::kPrompt:
      return "prompt";
  }
  return "";
}

void AppendSubject(const Denial& denial, std::string* out) {
  if (const absl::string_view noun = Noun(denial.access.kind); !noun.empty()) {
    const absl::string_view name = denial.access.name;
    absl::StrAppend(out, noun, " \"", Clipped(name), Ellipsis(name), "\" of ");
  }
  absl::StrAppend(out, "server \"", denial.server, "\"");
}

// For the model and for people: what was denied, for whom, by which rule, what to do.
void AppendSentence(const Denial& denial, std::string* out) {
  if (denial.verdict == nullptr) {
    absl::StrAppend(out, "No decision could be had, so access is denied for now: whether agent \"",
                    denial.agent, "\" may use ");
    AppendSubject(denial, out);
    absl::StrAppend(out, " is not known: ", denial.undecided->why,
                    ". Trying again later may help.");
    return;
  }
  const Verdict& verdict = *denial.verdict;
  absl::StrAppend(out, "Denied by policy: agent \"", denial.agent, "\" may not use ");
  AppendSubject(denial, out);
  absl::StrAppend(out, " (", verdict.reason, ")");
  if (!verdict.rule_pointer.empty()) {
    absl::StrAppend(out, ", by the rule \"", verdict.rule_pattern, "\" at ", verdict.rule_file, ":",
                    verdict.rule_line, ":", verdict.rule_column, " (", verdict.rule_pointer, ")");
  }
  absl::StrAppend(out, ". Trying again will not help unless the policy changes.");
}

// Up to the error's data, which one may append.
void AppendError(absl::string_view id_json, int code, absl::string_view message, std::string* out) {
  absl::StrAppend(out, R"({"jsonrpc":"2.0","id":)", id_json, R"(,"error":{"code":)", code,
                  R"(,"message":)");
  AppendJsonString(message, out);
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
  std::string out;
  AppendError(id_json, denied.code, denied.why, &out);
  absl::StrAppend(&out, R"(,"data":{)", denied.more, R"("ostiary/decision":{)");
  AppendMember("outcome", "denied", &out);
  AppendMember("effect", "DENY", &out);
  AppendMember("reason", denied.reason, &out);
  AppendMember("message", denied.why, &out);
  AppendMember("agent", agent, &out);
  AppendMember("server", server, &out);
  AppendMember(denied.key, denied.value, &out);
  out += "}}}}";
  return out;
}

}  // namespace

absl::string_view DenialWriter::Answer(const MessageId& id, AnswerShape shape,
                                       const Denial& denial) {
  id_.clear();
  AppendIdAsJson(id, &id_);
  return Write(id_, shape, denial);
}

absl::string_view DenialWriter::Write(absl::string_view id_json, AnswerShape shape,
                                      const Denial& denial) {
  sentence_.clear();
  answer_.clear();
  AppendSentence(denial, &sentence_);
  if (shape == AnswerShape::kError) {
    AppendError(id_json, denial.verdict != nullptr ? kDeniedCode : kUndecidedCode, sentence_,
                &answer_);
    absl::StrAppend(&answer_, R"(,"data":)");
  } else {
    absl::StrAppend(&answer_, R"({"jsonrpc":"2.0","id":)", id_json, R"(,"result":{)",
                    shape == AnswerShape::kCompleteToolResult ? R"("resultType":"complete",)" : "",
                    R"("content":[{"type":"text","text":)");
    AppendJsonString(sentence_, &answer_);
    absl::StrAppend(&answer_, R"(}],"isError":true,"_meta":)");
  }
  AppendDecision(denial, &answer_);
  absl::StrAppend(&answer_, "}}");
  return answer_;
}

std::string DenialAnswer(absl::string_view id_json, AnswerShape shape, const Denial& denial) {
  DenialWriter writer;
  return std::string(writer.Write(id_json, shape, denial));
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
  std::string out;
  AppendError(id_json, code, message, &out);
  out += "}}";
  return out;
}

}  // namespace ostiary::sidecar
