// The keys that decide what a message is and where it goes, per place, and the test that tells such
// a key from one that some peer would take for it.
//
// A key is confusable with a known one if it is not that key but becomes it when case, width,
// ligatures, NUL, or `_` and `-` between words are disregarded, as the JSON libraries of several
// languages do.
#ifndef OSTIARY_SIDECAR_CORE_KNOWN_KEYS_H_
#define OSTIARY_SIDECAR_CORE_KNOWN_KEYS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/json/json_document.h"

namespace ostiary::sidecar {

// The known keys of one place: a list, and the way from a text to its place in it. Made by the
// compiler.
class KnownKeys {
 public:
  // At most 32 keys of 1 to 63 bytes, all different.
  constexpr KnownKeys(std::initializer_list<absl::string_view> names) {
    for (const absl::string_view name : names) {
      const uint32_t bit = uint32_t{1} << size_;
      of_size_[name.size()] |= bit;
      of_first_[FirstOf(name)] |= bit;
      names_[size_++] = name;
    }
  }

  constexpr size_t size() const { return size_; }
  constexpr absl::string_view operator[](size_t i) const { return names_[i]; }
  constexpr const absl::string_view* begin() const { return names_.data(); }
  constexpr const absl::string_view* end() const { return names_.data() + size_; }

  // The index of `text`, or size().
  size_t Find(absl::string_view text) const;

 private:
  static constexpr size_t kMaxKeys = 32;
  static constexpr size_t kMaxBytes = 63;
  static constexpr size_t FirstOf(absl::string_view text) {
    return static_cast<unsigned char>(text[0]) % 32;
  }

  std::array<absl::string_view, kMaxKeys> names_ = {};
  size_t size_ = 0;
  // Bits of the keys that have so many bytes, and of those that may begin so: mostly a text has
  // one key, or none, in common.
  std::array<uint32_t, kMaxBytes + 1> of_size_ = {};
  std::array<uint32_t, 32> of_first_ = {};
};

// The places. Each list is the one definition of what is known there.
enum EnvelopeKey : size_t { kJsonrpc, kId, kMethod, kParams, kResult, kError, kEnvelopeKeys };
inline constexpr KnownKeys kEnvelopeKeyNames = {"jsonrpc", "id",     "method",
                                                "params",  "result", "error"};

enum ParamsKey : size_t {
  kName,
  kUri,
  kRequestId,
  kTask,
  kTaskId,
  kRef,
  kNotifications,
  kCursor,
  kMeta,
  kParamsKeys
};
inline constexpr KnownKeys kParamsKeyNames = {
    // Those that are read, in the order of ParamsKey.
    "name", "uri", "requestId", "task", "taskId", "ref", "notifications", "cursor", "_meta",
    // Those that are only guarded.
    "arguments", "argument", "context", "inputResponses", "requestState", "level",
    "protocolVersion", "capabilities", "clientInfo", "progressToken"};

enum MetaKey : size_t { kProtocolVersion, kSubscriptionId, kClientCapabilities, kMetaKeys };
inline constexpr KnownKeys kMetaKeyNames = {
    // Those that are read, in the order of MetaKey.
    "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/subscriptionId",
    "io.modelcontextprotocol/clientCapabilities",
    // Those that are only guarded.
    "progressToken", "io.modelcontextprotocol/clientInfo", "io.modelcontextprotocol/serverInfo",
    "io.modelcontextprotocol/related-task", "io.modelcontextprotocol/logLevel"};

// Of what a completion is for, and of what a listen stream asks for.
inline constexpr KnownKeys kRefKeyNames = {"type", "name", "uri"};
inline constexpr KnownKeys kListenKeyNames = {"toolsListChanged", "promptsListChanged",
                                              "resourcesListChanged", "resourceSubscriptions",
                                              "taskIds"};

// Of results that the sidecar filters or amends.
inline constexpr KnownKeys kListResultKeyNames = {
    "tools",      "prompts",    "resources", "resourceTemplates", "tasks", "_meta",
    "nextCursor", "resultType", "ttlMs",     "cacheScope"};
inline constexpr KnownKeys kListKeyNames = {"tools", "prompts", "resources", "resourceTemplates",
                                            "tasks"};
inline constexpr KnownKeys kListElementKeyNames = {"name", "uri", "uriTemplate", "taskId"};
inline constexpr KnownKeys kServerResultKeyNames = {"protocolVersion", "capabilities", "serverInfo",
                                                    "supportedVersions", "resultType"};
inline constexpr KnownKeys kCapabilitiesKeyNames = {"tools", "prompts", "resources"};
inline constexpr KnownKeys kCapabilityKeyNames = {"listChanged", "subscribe"};

enum class KeyMatch : uint8_t { kUnknown, kExact, kConfusable };

// How `key` relates to `known`; `*index` is the entry's for kExact and kConfusable. Does not
// allocate where the key has no escapes.
KeyMatch MatchKey(const JsonValue& key, const KnownKeys& known, size_t* index);

// The values of the first N of the known keys, where an object has them. Their indexes alone are
// kept: a handle that is written in parts and read as a whole makes the processor wait.
template <size_t N>
class KnownValues {
 public:
  bool has(size_t key) const { return (present_ >> key & 1) != 0; }
  std::optional<JsonValue> operator[](size_t key) const {
    return has(key) ? std::optional<JsonValue>(document_->value(indexes_[key])) : std::nullopt;
  }
  void Clear() { present_ = 0; }

 private:
  template <size_t M>
  friend const char* ReadMembers(const JsonValue& object, const KnownKeys& known,
                                 KnownValues<M>* values);

  uint32_t present_ = 0;  // bits of the known keys that are there
  const JsonDocument* document_ = nullptr;
  std::array<uint32_t, N> indexes_;
};

// What keeps an object's keys from being read alike by all: a sentence, or nullptr.
// Static text. Checks duplicates, lone surrogates, confusable keys, and `__proto__`: JavaScript
// that copies a message by assignment would inherit what stands there.
const char* KeyFault(const JsonValue& object, const KnownKeys& known);
// The same, and in the same pass the indexes of the values of the first `indexes.size()` of the
// known keys; the bits of those that are there go to `*present`. Of no use where there is a fault.
const char* ReadMembers(const JsonValue& object, const KnownKeys& known,
                        absl::Span<uint32_t> indexes, uint32_t* present);

template <size_t N>
const char* ReadMembers(const JsonValue& object, const KnownKeys& known, KnownValues<N>* values) {
  values->document_ = &object.document();
  return ReadMembers(object, known, absl::MakeSpan(values->indexes_), &values->present_);
}

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_KNOWN_KEYS_H_
