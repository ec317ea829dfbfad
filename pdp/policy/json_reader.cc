#include "pdp/policy/json_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "pdp/policy/quote.h"

namespace ostiary::pdp {

void JsonReader::WrongType(JsonType type, JsonValue value, absl::string_view what) {
  Error(value,
        absl::StrCat(what, " must be ", JsonTypeName(type), ", not ", JsonTypeName(value.type())));
  CheckIgnored(value);
}

void JsonReader::CheckIgnored(JsonValue value) {
  if (value.is_string()) Text(value);
  if (value.is_object()) {
    ForEachMember(value,
                  [this](absl::string_view, JsonValue, JsonValue member) { CheckIgnored(member); });
  }
  if (value.is_array()) {
    ForEachElement(value, [this](size_t, JsonValue element) { CheckIgnored(element); });
  }
}

void JsonReader::DuplicateKey(JsonValue key, absl::string_view text) {
  Error(key, absl::StrCat("duplicate key ", Quote(text),
                          ": it stands in this object before; keep one of the two"));
}

void JsonReader::LoneSurrogate(JsonValue string) {
  Error(string, absl::StrCat("half of a surrogate pair (\\uD800 to \\uDFFF) in ",
                             Quote(string.string_copy()),
                             ": it is no character; write both halves, or the character"));
}

void JsonReader::Add(Severity severity, JsonValue at, std::string message) {
  log_.Add(severity, at.offset(), log_.Keeps(severity) ? pointer_.ToString() : std::string(),
           std::move(message));
}

}  // namespace ostiary::pdp
