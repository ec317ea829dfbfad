// MessageReader: what one line is, read so strictly that no peer can read it otherwise.
//
// It lets through exactly one strict JSON object with a JSON-RPC 2.0 envelope whose meaning does
// not depend on the parser: see "Lines" in the project's notes on MCP over stdio, or README.md. It
// knows nothing of what a method means.
//
// One reader per direction, one thread. Memory is used again, so reading costs no allocation once
// the reader has grown to its messages.
#ifndef OSTIARY_SIDECAR_CORE_JSON_RPC_H_
#define OSTIARY_SIDECAR_CORE_JSON_RPC_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/json/json_document.h"
#include "sidecar/core/known_keys.h"
#include "sidecar/core/message_id.h"

namespace ostiary::sidecar {

inline constexpr int kParseError = -32700;      // it is not JSON
inline constexpr int kInvalidRequest = -32600;  // it is, but not a message that is let through

enum class MessageKind : uint8_t { kRequest, kNotification, kResponse };

// A message that every peer reads alike. A view of the line and of its reader.
struct Message {
  MessageKind kind = MessageKind::kNotification;
  absl::string_view line;  // without the blanks around it: what is forwarded
  MessageId id;            // kNone for a notification
  absl::string_view method;
  // Members of the line's object, of params and of its `_meta`, which are objects where they are
  // there at all.
  KnownValues<kEnvelopeKeys> members;
  KnownValues<kParamsKeys> params;
  KnownValues<kMetaKeys> meta;

  // For responses, one of:
  std::optional<JsonValue> result() const { return members[kResult]; }
  std::optional<JsonValue> error() const { return members[kError]; }

  // Of revision 2026-07-28 or later, where each request says so.
  bool names_revision() const { return meta.has(kProtocolVersion); }

  void Clear();
};

// Why a line is not let through, and whom to tell.
struct Refusal {
  // What the line would have been, as far as that is certain. A line of unclear shape is answered
  // without an id.
  enum class Shape : uint8_t { kUnclear, kRequest, kNotification, kResponse };

  int code = kInvalidRequest;
  std::string why;
  Shape shape = Shape::kUnclear;
  MessageId id;  // kNone unless it is certain
};

// Why a line of more than so many bytes is refused, and what says how many there may be.
std::string WhyTooLong(size_t max_bytes);

class MessageReader {
 public:
  explicit MessageReader(JsonLimits limits) : limits_(limits) {}

  // The message, or nullptr: then refusal() says why. Valid until the next Read, while `line` is.
  const Message* Read(absl::string_view line);
  const Refusal& refusal() const { return refusal_; }

 private:
  const Message* Refuse(int code, std::string why);
  bool ReadObject(const JsonValue& root);
  void GuessShape(const JsonValue& root);
  bool ReadKind();
  bool ReadResponse();
  bool ReadParams(const JsonValue& params);
  bool ReadMeta(const JsonValue& meta);
  bool RefuseAsInvalid(absl::string_view what, absl::string_view why);

  const JsonLimits limits_;
  JsonDocument document_;
  std::string id_scratch_;
  std::string method_scratch_;
  Message message_;
  Refusal refusal_;
};

// Reads a string that every peer reads alike, with no half of a surrogate pair and no NUL, into
// `*text`. False where it is not one. `*scratch` holds it where it has escapes.
inline bool ReadPlainString(const JsonValue& value, std::string* scratch, absl::string_view* text);
// The same, of a string with escapes.
bool ReadEscapedString(const JsonValue& value, std::string* scratch, absl::string_view* text);

inline bool ReadPlainString(const JsonValue& value, std::string* scratch, absl::string_view* text) {
  if (!value.is_string()) return false;
  // Neither of the two can be written without an escape.
  if (value.has_escapes()) return ReadEscapedString(value, scratch, text);
  *text = value.string_value(scratch);
  return true;
}

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_JSON_RPC_H_
