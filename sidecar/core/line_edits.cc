#include "sidecar/core/line_edits.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"

namespace ostiary::sidecar {

void SetMembers(const JsonValue& object, absl::Span<const JsonMember> members,
                absl::string_view line, LineEdits* edits) {
  std::string added;
  for (const JsonMember& member : members) {
    if (const std::optional<JsonValue> value = object.Find(member.key)) {
      const auto begin = static_cast<size_t>(value->raw().data() - line.data());
      edits->push_back({begin, begin + value->raw().size(), std::string(member.json)});
    } else {
      absl::StrAppend(&added, added.empty() ? "" : ",", "\"", member.key, "\":", member.json);
    }
  }
  if (added.empty()) {
    return;
  }
  const auto inside = static_cast<size_t>(object.raw().data() - line.data()) + 1;
  edits->push_back({inside, inside, absl::StrCat(added, object.size() == 0 ? "" : ",")});
}

std::string ApplyEdits(absl::string_view line, LineEdits edits) {
  std::stable_sort(edits.begin(), edits.end(),
                   [](const LineEdit& a, const LineEdit& b) { return a.begin < b.begin; });
  std::string out;
  out.reserve(line.size() + 64);
  size_t done = 0;
  for (const LineEdit& edit : edits) {
    absl::StrAppend(&out, line.substr(done, edit.begin - done), edit.text);
    done = edit.end;
  }
  out.append(line.data() + done, line.size() - done);
  return out;
}

}  // namespace ostiary::sidecar
