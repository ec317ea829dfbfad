// The enforcer as a whole, driven by a script of lines in both directions and events of its source.
// Each line of the input is one step; its first byte says which, see Run.
//
// What must hold, whatever happens, is checked by a naive reader that shares no rule with the
// enforcer: nothing reaches the server that could be read as a call of a denied tool; no request
// gets two answers; no list shows a denied tool; all that is said is JSON on one line; nothing
// waits past its deadline; and the end of the server answers what is still open.
#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/json/json_document.h"
#include "common/json/json_write.h"
#include "sidecar/core/cut_line.h"
#include "sidecar/core/json_rpc.h"
#include "tests/fuzz/fuzz_check.h"
#include "tests/sidecar/core/enforcer_harness.h"

namespace ostiary::sidecar {
namespace {

using std::chrono::milliseconds;

// The policy of a generation: "d…" never, "e…" under even ones, the server unless a multiple of 5.
bool Allows(uint64_t generation, const Access& access) {
  if (generation % 5 == 0) return false;
  if (access.kind == AccessKind::kServer) return true;
  if (access.name.empty()) return true;
  if (access.name[0] == 'd') return false;
  return access.name[0] != 'e' || generation % 2 == 0;
}

// All values of members whose key could be taken for `key`, at one level.
std::vector<JsonValue> Like(const JsonValue& object, absl::string_view key) {
  std::vector<JsonValue> found;
  if (!object.is_object()) return found;
  for (auto k = object.first_key(); k; k = k->next_key()) {
    if (absl::AsciiStrToLower(k->string_copy()) == absl::AsciiStrToLower(key)) {
      found.push_back(k->member_value());
    }
  }
  return found;
}

class Checked : public EnforcerHarness {
 public:
  explicit Checked(EnforcerOptions options) : EnforcerHarness(std::move(options)) {
    policy = [this](const Access& access) { return Allows(answering, access); };
  }

  void ToServer(absl::string_view line) override {
    OSTIARY_FUZZ_CHECK(server_starts == 1, line);
    const JsonDocument& document = Parse(line);
    for (const JsonValue& method : Like(document.root(), "method")) {
      if (!method.is_string()) continue;
      for (const JsonValue& params : Like(document.root(), "params")) {
        CheckRequest(method.string_copy(), params, line);
      }
    }
  }

  // What a server would reach by it, however it reads the keys, is allowed.
  void CheckRequest(const std::string& method, const JsonValue& params, absl::string_view line) {
    if (method == "tools/call") CheckAll(AccessKind::kTool, params, "name", line);
    if (method == "prompts/get") CheckAll(AccessKind::kPrompt, params, "name", line);
    for (const char* of_resource : {"resources/read", "resources/subscribe"}) {
      if (method == of_resource) CheckAll(AccessKind::kResource, params, "uri", line);
    }
    if (method == "completion/complete") {
      for (const JsonValue& ref : Like(params, "ref")) {
        CheckAll(AccessKind::kPrompt, ref, "name", line);
        CheckAll(AccessKind::kResource, ref, "uri", line);
      }
    }
    if (method == "subscriptions/listen") {
      for (const JsonValue& wanted : Like(params, "notifications")) {
        for (const JsonValue& uris : Like(wanted, "resourceSubscriptions")) {
          for (auto uri = uris.first_element(); uri; uri = uri->next_element()) {
            OSTIARY_FUZZ_CHECK(Allows(DecidedUnder(), {AccessKind::kResource, uri->string_copy()}),
                               line);
          }
        }
      }
    }
  }

  void CheckAll(AccessKind kind, const JsonValue& object, absl::string_view key,
                absl::string_view line) {
    for (const JsonValue& name : Like(object, key)) {
      OSTIARY_FUZZ_CHECK(Allows(DecidedUnder(), {kind, name.string_copy()}), line);
    }
  }

  void ToClient(absl::string_view line) override {
    const JsonDocument& document = Parse(line);
    const auto id = document.root().Find("id");
    if (!id || id->is_null() || document.root().Find("method")) return;
    const std::string key = Key(*id);
    OSTIARY_FUZZ_CHECK(++answers[key] <= requests[key], line);
    const auto result = document.root().Find("result");
    if (!result || methods[key].size() != 1) return;
    const struct {
      const char* method;
      const char* list;
      const char* name;
      AccessKind kind;
    } lists[] = {
        {"tools/list", "tools", "name", AccessKind::kTool},
        {"prompts/list", "prompts", "name", AccessKind::kPrompt},
        {"resources/list", "resources", "uri", AccessKind::kResource},
        {"resources/templates/list", "resourceTemplates", "uriTemplate", AccessKind::kResource},
    };
    for (const auto& list : lists) {
      if (methods[key].count(list.method) == 0) continue;
      for (const JsonValue& elements : Like(*result, list.list)) {
        for (auto e = elements.first_element(); e; e = e->next_element()) {
          CheckAll(list.kind, *e, list.name, line);
        }
      }
    }
  }

  // Notes what a naive client would take for a request of its own.
  void FromClient(absl::string_view line) {
    JsonDocument document;
    if (document.Parse(line)) {
      for (const JsonValue& id : Like(document.root(), "id")) {
        ++requests[Key(id)];
        for (const JsonValue& method : Like(document.root(), "method")) {
          methods[Key(id)].insert(method.is_string() ? method.string_copy() : "");
        }
      }
    } else {
      NoteCut(line, line);
    }
    Client(line);
  }

  // A line that is torn is answered where it plainly shows its id.
  void NoteCut(absl::string_view head, absl::string_view tail) {
    const absl::string_view stripped = absl::StripAsciiWhitespace(head);
    for (const MessageId& id : {IdOfCutLine(head, tail, CutLineShape::kRequest),
                                IdOfCutLine(stripped, stripped, CutLineShape::kRequest)}) {
      if (id.kind != IdKind::kNone) {
        ++requests[std::string(id.raw)];
        methods[std::string(id.raw)].insert("");
      }
    }
  }

  void FromClientTooLong(absl::string_view head) {
    NoteCut(head, "");
    enforcer->OnClientLineTooLong(head, "", now);
  }

  // An answer by the policy of `made_under`, which may be a later generation than the present one.
  void Answer(uint64_t made_under, absl::string_view epoch_) {
    if (source.open.empty()) return;
    answering = made_under;
    in_answer = made_under >= generation && epoch_ == epoch;
    AnswerOne(made_under, epoch_);
    in_answer = false;
  }

  // Whose policy counts for what is passed on now.
  uint64_t DecidedUnder() const { return in_answer ? answering : generation; }

  static std::string Key(const JsonValue& id) {
    return id.is_string() ? JsonString(id.string_copy()) : std::string(id.raw());
  }

  const JsonDocument& Parse(absl::string_view line) {
    kept_.assign(line.data(), line.size());
    OSTIARY_FUZZ_CHECK(kept_.find_first_of("\r\n") == std::string::npos, kept_);
    OSTIARY_FUZZ_CHECK(document_.Parse(kept_) && document_.root().is_object(), kept_);
    return document_;
  }

  uint64_t answering = 1;
  bool in_answer = false;
  std::string epoch = "e";
  std::map<std::string, int> requests;
  std::map<std::string, int> answers;
  std::map<std::string, std::set<std::string>> methods;

 private:
  std::string kept_;
  JsonDocument document_;
};

void Step(Checked& h, char what, absl::string_view rest) {
  switch (what) {
    case 'c':
      return h.FromClient(rest);
    case 's':
      return h.Server(rest);
    case 'C':
      return h.FromClientTooLong(rest);
    case 'S':
      return h.enforcer->OnServerLineTooLong(rest, "", h.now);
    case 'a':  // the source answers, under the present revision
      return h.Answer(h.generation, h.epoch);
    case 'n':  // under the next one, which it has not announced
      return h.Answer(h.generation + 1, h.epoch);
    case 'o':  // under the one before
      return h.Answer(std::max<uint64_t>(h.generation, 2) - 1, h.epoch);
    case 'x':  // under another epoch
      return h.Answer(h.generation, "x");
    case 'f':
      if (!h.source.open.empty()) h.FailOne(absl::UnavailableError("no"));
      return;
    case 'r':  // the policy changes
      return h.Present(h.generation + 1, std::chrono::seconds(15), h.epoch);
    case 'h':
      return h.Present(h.generation, std::chrono::seconds(15), h.epoch);
    case 'e':
      h.epoch.push_back('e');
      return h.Present(h.generation, std::chrono::seconds(15), h.epoch);
    case 'l':
      return h.Lost();
    case 't':
      return h.Advance(milliseconds(100));
    case 'T':
      return h.Advance(milliseconds(10'000));
    case 'g':
      return h.enforcer->OnServerGone("gone");
    default:
      return;
  }
}

void Run(absl::string_view script) {
  EnforcerOptions options;
  options.max_line_bytes = 4096;
  options.max_json_depth = 16;
  options.max_open_requests = 8;
  options.max_waiting_bytes = 6000;
  options.max_cached_decisions = 4;
  Checked h(options);
  h.generation = 1;
  h.enforcer->Start(h.now);
  for (const absl::string_view step : absl::StrSplit(script, '\n')) {
    if (!step.empty()) Step(h, step[0], step.substr(1));
    OSTIARY_FUZZ_CHECK(h.enforcer->open_requests() <= options.max_open_requests, script);
  }
  h.Advance(std::chrono::hours(1));
  OSTIARY_FUZZ_CHECK(h.enforcer->waiting() == 0 && !h.enforcer->NextDeadline(), script);
  h.enforcer->OnServerGone("the end");
  OSTIARY_FUZZ_CHECK(h.enforcer->open_requests() == 0, script);
}

}  // namespace
}  // namespace ostiary::sidecar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ostiary::sidecar::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
