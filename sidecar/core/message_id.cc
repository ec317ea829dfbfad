#include "sidecar/core/message_id.h"

#include "absl/strings/str_cat.h"
#include "common/json/json_write.h"

namespace ostiary::sidecar {

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

std::optional<MessageId> ReadId(const JsonValue& value, std::string* scratch) {
  MessageId id;
  id.raw = value.raw();
  if (value.is_number()) {
    const std::optional<int64_t> number = value.int64_value();
    if (!number.has_value() || *number > kMaxIdNumber || *number < -kMaxIdNumber) {
      return std::nullopt;
    }
    id.kind = IdKind::kInteger;
    id.number = *number;
    return id;
  }
  if (!value.is_string() || value.has_lone_surrogate()) {
    return std::nullopt;
  }
  id.kind = IdKind::kString;
  id.text = value.string_value(scratch);
  if (id.text.size() > kMaxIdBytes) {
    return std::nullopt;
  }
  // A peer that stops at NUL would take this id for another.
  if (value.has_escapes() && id.text.find('\0') != absl::string_view::npos) {
    return std::nullopt;
  }
  return id;
}

}  // namespace ostiary::sidecar
