#include "sidecar/core/message_id.h"

#include "absl/strings/str_cat.h"
#include "common/json/json_write.h"

namespace ostiary::sidecar {
namespace {

// Member by member: a new MessageId would be put together in parts and copied as a whole, for which
// the processor waits.
void Set(IdKind kind, int64_t number, absl::string_view text, absl::string_view raw,
         MessageId* id) {
  id->kind = kind;
  id->number = number;
  id->text = text;
  id->raw = raw;
}

}  // namespace

std::string StoredId::json() const { return IdAsJson(view()); }

std::string IdAsJson(const MessageId& id) {
  std::string out;
  AppendIdAsJson(id, &out);
  return out;
}

void AppendIdAsJson(const MessageId& id, std::string* out) {
  switch (id.kind) {
    case IdKind::kInteger:
      absl::StrAppend(out, id.number);
      return;
    case IdKind::kString:
      AppendJsonString(id.text, out);
      return;
    case IdKind::kNone:
      break;
  }
  absl::StrAppend(out, "null");
}

bool ReadId(const JsonValue& value, std::string* scratch, MessageId* id) {
  if (value.is_number()) {
    const std::optional<int64_t> number = value.int64_value();
    if (!number.has_value() || *number > kMaxIdNumber || *number < -kMaxIdNumber) {
      return false;
    }
    Set(IdKind::kInteger, *number, {}, value.raw(), id);
    return true;
  }
  if (!value.is_string() || value.has_lone_surrogate()) {
    return false;
  }
  const absl::string_view text = value.string_value(scratch);
  if (text.size() > kMaxIdBytes) {
    return false;
  }
  // A peer that stops at NUL would take this id for another.
  if (value.has_escapes() && text.find('\0') != absl::string_view::npos) {
    return false;
  }
  Set(IdKind::kString, 0, text, value.raw(), id);
  return true;
}

}  // namespace ostiary::sidecar
