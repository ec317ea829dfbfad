// JsonReader: walks a document's values with what both files' parsers need: the place of every
// issue, and the checks that hold for each value whatever it means.
//
// Used by one load, on one thread. The document, the log and the reader live for the whole of it.
#ifndef OSTIARY_PDP_POLICY_JSON_READER_H_
#define OSTIARY_PDP_POLICY_JSON_READER_H_

#include <cstddef>
#include <deque>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "common/json/json_document.h"
#include "pdp/policy/issue_log.h"
#include "pdp/policy/json_pointer.h"

namespace ostiary::pdp {

class JsonReader {
 public:
  explicit JsonReader(IssueLog* log) : log_(*log) {}
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  // Where the reader is. Callers step as they walk down.
  JsonPointer* pointer() { return &pointer_; }

  void Error(JsonValue at, std::string message) { Add(Severity::kError, at, std::move(message)); }
  void Warning(JsonValue at, std::string message) {
    Add(Severity::kWarning, at, std::move(message));
  }

  // The decoded text of a string or key, valid as long as the reader and the document's text. Half
  // a surrogate pair is an error.
  absl::string_view Text(JsonValue string) {
    CheckCharacters(string);
    return Decode(string);
  }
  // The same of one without escapes, in which nothing can be wrong.
  static absl::string_view PlainText(JsonValue string) {
    const absl::string_view quoted = string.raw();
    return {quoted.data() + 1, quoted.size() - 2};
  }

  // Whether `value` is of that type; if not, an error that names it as `what`, such as
  // "\"allow\"".
  bool Expect(JsonType type, JsonValue value, absl::string_view what) {
    if (value.type() == type) return true;
    WrongType(type, value, what);
    return false;
  }

  // Calls `visit(key_text, key, member_value)` inside a step for each member of `object`. A second
  // member of one name is an error and not visited.
  template <typename Visit>
  void ForEachMember(JsonValue object, Visit visit) {
    const bool repeats = object.size() > 1 && object.FirstDuplicateKey().has_value();
    absl::flat_hash_set<absl::string_view> seen;
    const auto is_new = [&](absl::string_view text) {
      return !repeats || seen.insert(text).second;
    };
    for (auto key = object.first_key(); key; key = key->next_key()) Member(*key, is_new, visit);
  }

  // The same for one member; `is_new(key_text)` says whether it is the first of that name.
  template <typename IsNew, typename Visit>
  void Member(JsonValue key, IsNew is_new, Visit visit) {
    const absl::string_view text = Decode(key);
    const JsonPointer::Step step(&pointer_, text);
    CheckCharacters(key);
    if (is_new(text)) {
      visit(text, key, key.member_value());
    } else {
      DuplicateKey(key, text);
    }
  }

  // Calls `visit(index, element)` inside a step for each element of `list`.
  template <typename Visit>
  void ForEachElement(JsonValue list, Visit visit) {
    size_t index = 0;
    for (auto element = list.first_element(); element; element = element->next_element()) {
      const JsonPointer::Step step(&pointer_, index);
      visit(index++, *element);
    }
  }

  // What holds even for a value that means nothing: no duplicate keys, no half surrogate pairs.
  void CheckIgnored(JsonValue value);

 private:
  void WrongType(JsonType type, JsonValue value, absl::string_view what);
  void Add(Severity severity, JsonValue at, std::string message);
  absl::string_view Decode(JsonValue string) {
    if (string.has_escapes()) return decoded_.emplace_back(string.string_copy());
    return PlainText(string);
  }
  void CheckCharacters(JsonValue string) {
    if (string.has_lone_surrogate()) LoneSurrogate(string);
  }
  void LoneSurrogate(JsonValue string);
  void DuplicateKey(JsonValue key, absl::string_view text);

  IssueLog& log_;
  JsonPointer pointer_;
  // Texts with escapes, decoded; views of them stay valid.
  std::deque<std::string> decoded_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_JSON_READER_H_
