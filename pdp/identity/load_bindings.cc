#include "pdp/identity/load_bindings.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pdp/policy/issue_log.h"
#include "pdp/policy/json_reader.h"
#include "pdp/policy/parse_file.h"
#include "pdp/policy/quote.h"

namespace ostiary::pdp {
namespace {

class BindingsReader {
 public:
  BindingsReader(const PolicyLimits& limits, IssueLog* log) : limits_(limits), reader_(log) {}

  std::vector<Binding> Read(JsonValue root) {
    std::vector<Binding> bindings;
    if (!reader_.Expect(JsonType::kObject, root, "the bindings file's content")) return bindings;
    bool found = false;
    reader_.ForEachMember(root, [&](absl::string_view key, JsonValue at, JsonValue value) {
      if (key == "bindings") {
        found = true;
        if (value.is_array() && value.size() == 0) {
          reader_.Warning(value, "\"bindings\" is empty: nobody may ask for anything");
          return;
        }
        ReadList(value, "\"bindings\"", [&](JsonValue element) {
          if (auto binding = ReadBinding(element)) bindings.push_back(*std::move(binding));
        });
      } else {
        Unknown(key, at, value, "the bindings file", "\"bindings\"");
      }
    });
    if (!found) reader_.Error(root, "\"bindings\" is missing: list who may speak for which agents");
    return bindings;
  }

 private:
  std::optional<Binding> ReadBinding(JsonValue value) {
    if (!reader_.Expect(JsonType::kObject, value, "a binding")) return std::nullopt;
    Binding binding;
    // The agents use what the identity captures, wherever in the object it stands.
    const bool has_identity = ReadIdentity(value, &binding);
    bool gives = false;
    bool names_identity = false;
    reader_.ForEachMember(value, [&](absl::string_view key, JsonValue at, JsonValue member) {
      if (key == "identity") {
        names_identity = true;
      } else if (key == "agents") {
        gives = true;
        ReadList(member, "\"agents\"", [&](JsonValue e) { ReadAgent(e, has_identity, &binding); });
      } else if (key == "roles") {
        gives = true;
        ReadList(member, "\"roles\"", [&](JsonValue element) { ReadRole(element, &binding); });
      } else {
        Unknown(key, at, member, "a binding", "\"identity\", \"agents\" and \"roles\"");
      }
    });
    if (!names_identity) reader_.Error(value, "\"identity\" is missing: say whom it is about");
    if (!gives) reader_.Error(value, "the binding gives nothing: add \"agents\" or \"roles\"");
    if (!has_identity) return std::nullopt;
    return binding;
  }

  // False, with an error, where there is one that cannot be used; false where there is none.
  bool ReadIdentity(JsonValue binding, Binding* out) {
    const std::optional<JsonValue> value = binding.Find("identity");
    if (!value.has_value()) return false;
    const JsonPointer::Step step(reader_.pointer(), "identity");
    if (!reader_.Expect(JsonType::kString, *value, "\"identity\"")) return false;
    absl::StatusOr<IdentityTemplate> parsed = IdentityTemplate::Parse(reader_.Text(*value));
    if (!parsed.ok()) {
      reader_.Error(*value, std::string(parsed.status().message()));
      return false;
    }
    out->identity = *std::move(parsed);
    if (!out->identity.names().empty() && ++with_captures_ == kMaxBindingsWithCaptures + 1) {
      reader_.Error(*value, absl::StrCat("more than ", kMaxBindingsWithCaptures,
                                         " identities with captures: write one for many"));
    }
    return true;
  }

  void ReadAgent(JsonValue value, bool has_identity, Binding* out) {
    if (!reader_.Expect(JsonType::kString, value, "an agent")) return;
    const absl::string_view text = reader_.Text(value);
    if (text.size() > limits_.max_pattern_bytes) {
      reader_.Error(value,
                    absl::StrCat("the entry ", Quote(text), " has ", text.size(),
                                 " bytes, more than the limit of ", limits_.max_pattern_bytes));
      return;
    }
    // What a bad identity captures is not known, so nothing can be said of its agents.
    if (!has_identity) return;
    absl::StatusOr<AgentTemplate> parsed = AgentTemplate::Parse(text, out->identity.names());
    if (!parsed.ok()) {
      reader_.Error(value, std::string(parsed.status().message()));
      return;
    }
    if (const std::optional<char> separator = parsed->doubtful_separator()) {
      reader_.Warning(
          value,
          absl::StrCat("in ", Quote(text), " a part that has a \"", std::string(1, *separator),
                       "\" itself matches no agent, since where it ends would be a guess; "
                       "part the captures by a character that they cannot have, such as \".\" "
                       "behind a namespace"));
    }
    WarnOfLeftOut(value, *parsed, out->identity.names());
    out->agents.push_back(*std::move(parsed));
  }

  // An entry without any capture is meant for all: one with some of them looks as if it told
  // identities apart.
  void WarnOfLeftOut(JsonValue value, const AgentTemplate& agent,
                     const std::vector<std::string>& names) {
    std::vector<std::string> left_out;
    for (size_t capture = 0; capture < names.size(); ++capture) {
      if (!agent.Uses(capture)) left_out.push_back(absl::StrCat("{", names[capture], "}"));
    }
    if (left_out.empty() || left_out.size() == names.size()) return;
    const absl::string_view them = left_out.size() == 1 ? "it" : "them";
    reader_.Warning(
        value, absl::StrCat(Quote(agent.text()), " leaves out ", absl::StrJoin(left_out, " and "),
                            ", so identities that differ in nothing else speak for the same agent; "
                            "put ",
                            them, " into the name, or write ", them, " out in the identity"));
  }

  void ReadRole(JsonValue value, Binding* out) {
    if (!reader_.Expect(JsonType::kString, value, "a role")) return;
    const absl::string_view text = reader_.Text(value);
    if (text == "admin") {
      out->is_admin = true;
    } else {
      reader_.Error(value, absl::StrCat("unknown role ", Quote(text), ": there is \"admin\""));
    }
  }

  template <typename Visit>
  void ReadList(JsonValue value, absl::string_view what, Visit visit) {
    if (!reader_.Expect(JsonType::kArray, value, what)) return;
    if (value.size() == 0) {
      reader_.Error(value, absl::StrCat(what, " is empty: add an entry, or leave it out"));
    }
    reader_.ForEachElement(value, [&](size_t, JsonValue element) { visit(element); });
  }

  void Unknown(absl::string_view key, JsonValue at, JsonValue value, absl::string_view where,
               absl::string_view known) {
    reader_.CheckIgnored(value);
    if (absl::StartsWith(key, "_")) return;
    reader_.Error(at, absl::StrCat("unknown key ", Quote(key), " in ", where, ": known are ", known,
                                   "; start a comment's key with \"_\""));
  }

  const PolicyLimits& limits_;
  JsonReader reader_;
  size_t with_captures_ = 0;
};

}  // namespace

LoadedBindings LoadBindings(const PolicyFile& file, const PolicyLimits& limits) {
  LoadedBindings loaded;
  IssueLog log(limits.max_issues, limits.max_issue_bytes);
  log.BeginFile(file.name, file.text);
  JsonDocument document;
  if (ParseFile(file, limits, &log, &document)) {
    BindingsReader reader(limits, &log);
    std::vector<Binding> bindings = reader.Read(document.root());
    if (log.error_count() == 0) {
      loaded.bindings = std::make_shared<const Bindings>(std::move(bindings));
    }
  }
  loaded.issues = log.Take();
  return loaded;
}

}  // namespace ostiary::pdp
