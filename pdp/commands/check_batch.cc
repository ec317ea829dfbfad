// RunCheckBatch: see check_command.h.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/json/json_document.h"
#include "common/json/json_write.h"
#include "common/status_macros.h"
#include "pdp/commands/check_command.h"
#include "pdp/commands/decision_json.h"
#include "pdp/commands/exit_codes.h"
#include "pdp/commands/loaded_files.h"
#include "pdp/server/access_validation.h"

namespace ostiary::pdp {
namespace {

// Longer lines are answered with an error.
constexpr size_t kMaxLineBytes = size_t{1} << 20;

struct BatchLine {
  std::optional<std::string> agent;
  std::optional<std::string> server;
  std::optional<std::string> kind;
  std::optional<std::string> name;
};

std::optional<std::string>* FieldOf(BatchLine* line, const JsonValue& key) {
  if (key.string_equals("agent")) return &line->agent;
  if (key.string_equals("server")) return &line->server;
  if (key.string_equals("kind")) return &line->kind;
  if (key.string_equals("name")) return &line->name;
  return nullptr;
}

absl::StatusOr<BatchLine> ReadLine(absl::string_view text) {
  JsonDocument document;
  if (!document.Parse(text)) {
    return absl::InvalidArgumentError(absl::StrCat("not JSON: byte ", document.error().offset + 1,
                                                   ": ", document.error().message));
  }
  if (!document.root().is_object()) {
    return absl::InvalidArgumentError(R"(write {"agent", "server", "kind", "name"})");
  }
  BatchLine line;
  for (auto key = document.root().first_key(); key; key = key->next_key()) {
    std::optional<std::string>* const field = FieldOf(&line, *key);
    if (field == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("unknown key ", key->raw()));
    }
    if (field->has_value()) {
      return absl::InvalidArgumentError(absl::StrCat("duplicate key ", key->raw()));
    }
    const JsonValue value = key->member_value();
    if (!value.is_string() || value.has_lone_surrogate()) {
      return absl::InvalidArgumentError(absl::StrCat(key->raw(), " must be a string"));
    }
    *field = value.string_copy();
  }
  return line;
}

absl::StatusOr<AccessKind> KindOf(const BatchLine& line) {
  const std::optional<AccessKind> kind = AccessKindFromName(line.kind.value_or(""));
  if (kind.has_value()) return *kind;
  return absl::InvalidArgumentError(
      "kind is missing or unknown: give SERVER, TOOL, RESOURCE or PROMPT");
}

absl::StatusOr<std::string> Decide(const PolicySnapshot& snapshot, absl::string_view text) {
  const RequestLimits limits;
  OSTIARY_ASSIGN_OR_RETURN(const BatchLine line, ReadLine(text));
  const std::string agent = line.agent.value_or("");
  const std::string server = line.server.value_or("");
  const std::string name = line.name.value_or("");
  OSTIARY_RETURN_IF_ERROR(ValidateAgent(agent, limits));
  OSTIARY_ASSIGN_OR_RETURN(const AccessKind kind, KindOf(line));
  OSTIARY_RETURN_IF_ERROR(ValidateAccess(server, kind, name, limits));
  const AccessRequest request{agent, server, kind, name};
  const Decision decision = snapshot.Decide(request);
  return DecisionJson(decision, snapshot.Explain(request, decision));
}

// Cuts what it is given into lines and answers each; a line over the limit is dropped as it comes.
class LineAnswerer {
 public:
  LineAnswerer(const PolicySnapshot& snapshot, std::ostream& out)
      : snapshot_(snapshot), out_(out) {}

  void Add(absl::string_view bytes) {
    for (size_t end = bytes.find('\n'); end != absl::string_view::npos; end = bytes.find('\n')) {
      Append(bytes.substr(0, end));
      Answer();
      bytes.remove_prefix(end + 1);
    }
    Append(bytes);
    out_.flush();
  }
  // The last line may lack its newline.
  void Finish() {
    if (!line_.empty() || too_long_) Answer();
  }
  bool all_decided() const { return all_decided_; }

 private:
  void Append(absl::string_view bytes) {
    too_long_ = too_long_ || line_.size() + bytes.size() > kMaxLineBytes;
    if (too_long_) {
      line_.clear();
    } else {
      line_.append(bytes.data(), bytes.size());
    }
  }
  void Answer() {
    bool decided = false;
    if (too_long_) {
      out_ << ErrorJson(absl::StrCat("the line has more than ", kMaxLineBytes, " bytes"));
    } else {
      out_ << AnswerLine(snapshot_, line_, &decided);
    }
    out_ << "\n";
    all_decided_ = all_decided_ && decided;
    too_long_ = false;
    line_.clear();
  }

  const PolicySnapshot& snapshot_;
  std::ostream& out_;
  std::string line_;
  bool too_long_ = false;
  bool all_decided_ = true;
};

}  // namespace

std::string AnswerLine(const PolicySnapshot& snapshot, absl::string_view line, bool* decided) {
  const absl::StatusOr<std::string> answer = Decide(snapshot, line);
  *decided = answer.ok();
  return answer.ok() ? *answer : ErrorJson(answer.status().message());
}

int RunCheckBatch(const CheckOptions& options, int in_fd, std::ostream& out, std::ostream& err) {
  const LoadedFiles loaded = LoadFiles(options.paths, options.limits);
  for (const Issue& issue : loaded.issues) err << FormatIssue(issue) << "\n";
  if (loaded.snapshot == nullptr) {
    err << "ostiary-pdp: the rules do not load, so nothing is decided\n";
    return kExitFailed;
  }
  LineAnswerer answerer(*loaded.snapshot, out);
  std::array<char, 64 << 10> buffer;
  while (true) {
    const ssize_t got = ::read(in_fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      err << "ostiary-pdp: cannot read the lines: " << std::strerror(errno) << "\n";
      return kExitFailed;
    }
    if (got == 0) break;
    answerer.Add(absl::string_view(buffer.data(), static_cast<size_t>(got)));
  }
  answerer.Finish();
  return answerer.all_decided() ? kExitOk : kExitFailed;
}

}  // namespace ostiary::pdp
