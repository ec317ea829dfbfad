// The keys that decide what a message is and where it goes, per place, and the test that tells such
// a key from one that some peer would take for it.
//
// A key is confusable with a known one if it is not that key but becomes it when case, width,
// ligatures, NUL, or `_` and `-` between words are disregarded, as the JSON libraries of several
// languages do.
#ifndef OSTIARY_SIDECAR_CORE_KNOWN_KEYS_H_
#define OSTIARY_SIDECAR_CORE_KNOWN_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/json/json_document.h"

namespace ostiary::sidecar {

// The places. Each list is the one definition of what is known there.
enum EnvelopeKey : size_t { kJsonrpc, kId, kMethod, kParams, kResult, kError, kEnvelopeKeys };
inline constexpr absl::string_view kEnvelopeKeyNames[] = {"jsonrpc", "id",     "method",
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
inline constexpr absl::string_view kParamsKeyNames[] = {
    // Those that are read, in the order of ParamsKey.
    "name", "uri", "requestId", "task", "taskId", "ref", "notifications", "cursor", "_meta",
    // Those that are only guarded.
    "arguments", "argument", "context", "inputResponses", "requestState", "level",
    "protocolVersion", "capabilities", "clientInfo", "progressToken"};

enum MetaKey : size_t { kProtocolVersion, kSubscriptionId, kClientCapabilities, kMetaKeys };
inline constexpr absl::string_view kMetaKeyNames[] = {
    // Those that are read, in the order of MetaKey.
    "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/subscriptionId",
    "io.modelcontextprotocol/clientCapabilities",
    // Those that are only guarded.
    "progressToken", "io.modelcontextprotocol/clientInfo", "io.modelcontextprotocol/serverInfo",
    "io.modelcontextprotocol/related-task", "io.modelcontextprotocol/logLevel"};

// Of what a completion is for, and of what a listen stream asks for.
inline constexpr absl::string_view kRefKeyNames[] = {"type", "name", "uri"};
inline constexpr absl::string_view kListenKeyNames[] = {"toolsListChanged", "promptsListChanged",
                                                        "resourcesListChanged",
                                                        "resourceSubscriptions", "taskIds"};

// Of results that the sidecar filters or amends.
inline constexpr absl::string_view kListResultKeyNames[] = {
    "tools",      "prompts",    "resources", "resourceTemplates", "tasks", "_meta",
    "nextCursor", "resultType", "ttlMs",     "cacheScope"};
inline constexpr absl::string_view kListKeyNames[] = {"tools", "prompts", "resources",
                                                      "resourceTemplates", "tasks"};
inline constexpr absl::string_view kListElementKeyNames[] = {"name", "uri", "uriTemplate",
                                                             "taskId"};
inline constexpr absl::string_view kServerResultKeyNames[] = {
    "protocolVersion", "capabilities", "serverInfo", "supportedVersions", "resultType"};
inline constexpr absl::string_view kCapabilitiesKeyNames[] = {"tools", "prompts", "resources"};
inline constexpr absl::string_view kCapabilityKeyNames[] = {"listChanged", "subscribe"};

enum class KeyMatch : uint8_t { kUnknown, kExact, kConfusable };

// How `key` relates to `known`; `*index` is the entry's for kExact and kConfusable. Does not
// allocate where the key has no escapes.
KeyMatch MatchKey(const JsonValue& key, absl::Span<const absl::string_view> known, size_t* index);

// What keeps an object's keys from being read alike by all: a sentence, or nullptr.
// Static text. Checks duplicates, lone surrogates, confusable keys, and `__proto__`: JavaScript
// that copies a message by assignment would inherit what stands there.
const char* KeyFault(const JsonValue& object, absl::Span<const absl::string_view> known);
// The same, and in the same pass the values of the first `values.size()` of the known keys, which
// must be empty before. What they hold where there is a fault is of no use. `known` has at most 32
// keys.
const char* ReadMembers(const JsonValue& object, absl::Span<const absl::string_view> known,
                        absl::Span<std::optional<JsonValue>> values);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_KNOWN_KEYS_H_
