#include "sidecar/core/json_rpc.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace ostiary::sidecar {
namespace {

absl::string_view TrimBlanks(absl::string_view line) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!line.empty() && blank(line.front())) {
    line.remove_prefix(1);
  }
  while (!line.empty() && blank(line.back())) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace

void Message::Clear() {
  id = MessageId();
  method = absl::string_view();
  params.Clear();
  meta.Clear();
}

std::string WhyTooLong(size_t max_bytes) {
  return absl::StrCat("the line has more than ", max_bytes, " bytes (--max-line-bytes)");
}

const Message* MessageReader::Refuse(int code, std::string why) {
  refusal_ = Refusal();
  refusal_.code = code;
  refusal_.why = std::move(why);
  return nullptr;
}

const Message* MessageReader::Read(absl::string_view line) {
  line = TrimBlanks(line);
  message_.Clear();
  if (line.size() > limits_.max_bytes) {
    return Refuse(kInvalidRequest, WhyTooLong(limits_.max_bytes));
  }
  if (!document_.Parse(line, limits_)) {
    return Refuse(kParseError,
                  absl::StrCat("not one JSON object in UTF-8: ", document_.error().message,
                               " at byte ", document_.error().offset));
  }
  const JsonValue root = document_.root();
  if (root.is_array()) {
    return Refuse(kInvalidRequest, "batches are not let through: send one message per line");
  }
  if (!root.is_object()) {
    return Refuse(kInvalidRequest, absl::StrCat("the line holds ", JsonTypeName(root.type()),
                                                " where a JSON-RPC message belongs"));
  }
  if (!ReadObject(root)) {
    GuessShape(root);
    return nullptr;
  }
  message_.line = line;
  return &message_;
}

bool MessageReader::ReadObject(const JsonValue& root) {
  const char* const fault = ReadMembers(root, kEnvelopeKeyNames, &message_.members);
  if (document_.has_line_breaks()) {
    return RefuseAsInvalid("the line", "has a carriage return: end lines with LF alone");
  }
  if (fault != nullptr) {
    return RefuseAsInvalid("the message", fault);
  }
  return ReadKind();
}

// What a refused line would have been, so that it can be answered. An id is given only where it
// cannot be mistaken, and a shape only where no peer could see another.
void MessageReader::GuessShape(const JsonValue& root) {
  std::array<std::optional<JsonValue>, kEnvelopeKeys> envelope;
  std::array<bool, kEnvelopeKeys> sure;  // there once, and nothing that could be taken for it
  sure.fill(true);
  for (auto key = root.first_key(); key; key = key->next_key()) {
    size_t index = 0;
    const KeyMatch match = MatchKey(*key, kEnvelopeKeyNames, &index);
    if (match == KeyMatch::kUnknown) {
      continue;
    }
    if (match == KeyMatch::kConfusable || envelope[index]) {
      sure[index] = false;
    } else {
      envelope[index] = key->member_value();
    }
  }
  for (const EnvelopeKey key : {kJsonrpc, kId, kResult, kError}) {
    if (!sure[key]) {
      return;
    }
  }
  // A method that is there twice is one; one that is there only in disguise may be none.
  if (!sure[kMethod] && !envelope[kMethod]) {
    return;
  }
  const bool has_method = envelope[kMethod].has_value();
  const bool has_outcome = envelope[kResult] || envelope[kError];
  if (has_method == has_outcome) {
    return;
  }
  if (!envelope[kId]) {
    refusal_.shape = has_method ? Refusal::Shape::kNotification : Refusal::Shape::kUnclear;
    return;
  }
  if (ReadId(*envelope[kId], &id_scratch_, &refusal_.id)) {
    refusal_.shape = has_method ? Refusal::Shape::kRequest : Refusal::Shape::kResponse;
  }
}

bool MessageReader::RefuseAsInvalid(absl::string_view what, absl::string_view why) {
  return Refuse(kInvalidRequest, absl::StrCat(what, " ", why)) != nullptr;
}

bool MessageReader::ReadKind() {
  const KnownValues<kEnvelopeKeys>& members = message_.members;
  const auto version = members[kJsonrpc];
  if (!version || !version->is_string() || !version->string_equals("2.0")) {
    return RefuseAsInvalid("\"jsonrpc\"", "is not \"2.0\"");
  }
  if (members.has(kId) && !ReadId(*members[kId], &id_scratch_, &message_.id)) {
    return RefuseAsInvalid("\"id\"", "is not a string or an integer that every peer reads alike");
  }
  if (!members.has(kMethod)) {
    return ReadResponse();
  }
  if (members.has(kResult) || members.has(kError)) {
    return RefuseAsInvalid("\"result\" or \"error\"", "beside \"method\"");
  }
  if (!ReadPlainString(*members[kMethod], &method_scratch_, &message_.method)) {
    return RefuseAsInvalid("\"method\"", "is not a string without NUL and broken surrogate pairs");
  }
  message_.kind = members.has(kId) ? MessageKind::kRequest : MessageKind::kNotification;
  return !members.has(kParams) || ReadParams(*members[kParams]);
}

bool MessageReader::ReadResponse() {
  const KnownValues<kEnvelopeKeys>& members = message_.members;
  message_.kind = MessageKind::kResponse;
  if (!members.has(kResult) && !members.has(kError)) {
    return RefuseAsInvalid("neither", "\"method\" nor \"result\" nor \"error\"");
  }
  if (members.has(kResult) && members.has(kError)) {
    return RefuseAsInvalid("both", "\"result\" and \"error\"");
  }
  if (members.has(kError) && !members[kError]->is_object()) {
    return RefuseAsInvalid("\"error\"", "is not an object");
  }
  if (members.has(kParams)) {
    return RefuseAsInvalid("\"params\"", "in a response");
  }
  return members.has(kId) || RefuseAsInvalid("a response", "without \"id\"");
}

bool MessageReader::ReadParams(const JsonValue& params) {
  if (!params.is_object()) {
    return RefuseAsInvalid("\"params\"", "is not an object");
  }
  if (const char* fault = ReadMembers(params, kParamsKeyNames, &message_.params)) {
    return RefuseAsInvalid("\"params\"", fault);
  }
  std::string scratch;
  absl::string_view text;
  for (const ParamsKey key : {kName, kUri}) {
    const auto value = message_.params[key];
    if (value && value->is_string() && !ReadPlainString(*value, &scratch, &text)) {
      return RefuseAsInvalid(kParamsKeyNames[key], "has a NUL or half of a surrogate pair");
    }
  }
  return !message_.params.has(kMeta) || ReadMeta(*message_.params[kMeta]);
}

bool MessageReader::ReadMeta(const JsonValue& meta) {
  if (!meta.is_object()) {
    return RefuseAsInvalid("\"_meta\"", "is not an object");
  }
  if (const char* fault = ReadMembers(meta, kMetaKeyNames, &message_.meta)) {
    return RefuseAsInvalid("\"_meta\"", fault);
  }
  return true;
}

bool ReadEscapedString(const JsonValue& value, std::string* scratch, absl::string_view* text) {
  if (value.has_lone_surrogate()) return false;
  *text = value.string_value(scratch);
  return text->find('\0') == absl::string_view::npos;
}

}  // namespace ostiary::sidecar
