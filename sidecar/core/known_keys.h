// The keys that decide what a message is and where it goes, per place, and the test that tells such
// a key from one that some peer would take for it.
//
// A key is confusable with a known one if it is not that key but becomes it when case, width,
// ligatures or NUL are disregarded, as the JSON libraries of several languages do.
#ifndef OSTIARY_SIDECAR_CORE_KNOWN_KEYS_H_
#define OSTIARY_SIDECAR_CORE_KNOWN_KEYS_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/json/json_document.h"

namespace ostiary::sidecar {

// The places. Each list is the one definition of what is known there.
enum EnvelopeKey : size_t { kJsonrpc, kId, kMethod, kParams, kResult, kError, kEnvelopeKeys };
inline constexpr absl::string_view kEnvelopeKeyNames[] = {"jsonrpc", "id",     "method",
                                                          "params",  "result", "error"};

enum ParamsKey : size_t { kName, kUri, kRequestId, kTask, kMeta, kParamsKeys };
inline constexpr absl::string_view kParamsKeyNames[] = {
    // Those that are read, in the order of ParamsKey.
    "name", "uri", "requestId", "task", "_meta",
    // Those that are only guarded.
    "arguments", "cursor", "taskId", "ref", "argument", "inputResponses", "requestState", "level",
    "protocolVersion", "capabilities", "clientInfo", "progressToken"};

inline constexpr absl::string_view kMetaKeyNames[] = {"progressToken",
                                                      "io.modelcontextprotocol/protocolVersion",
                                                      "io.modelcontextprotocol/clientInfo",
                                                      "io.modelcontextprotocol/clientCapabilities",
                                                      "io.modelcontextprotocol/related-task",
                                                      "io.modelcontextprotocol/subscriptionId"};

// Of results that the sidecar filters or amends.
inline constexpr absl::string_view kToolsResultKeyNames[] = {
    "tools", "nextCursor", "_meta", "resultType", "ttlMs", "cacheScope"};
inline constexpr absl::string_view kListElementKeyNames[] = {"name"};
inline constexpr absl::string_view kInitializeResultKeyNames[] = {"protocolVersion", "capabilities",
                                                                  "serverInfo"};
inline constexpr absl::string_view kCapabilitiesKeyNames[] = {"tools"};
inline constexpr absl::string_view kToolsCapabilityKeyNames[] = {"listChanged"};

enum class KeyMatch : uint8_t { kUnknown, kExact, kConfusable };

// How `key` relates to `known`; `*index` is the entry's for kExact and kConfusable. Does not
// allocate where the key has no escapes.
KeyMatch MatchKey(const JsonValue& key, absl::Span<const absl::string_view> known, size_t* index);

// What keeps an object's keys from being read alike by all: a sentence, or nullptr.
// `why` points to static text. Checks duplicates, lone surrogates and confusable keys.
const char* KeyFault(const JsonValue& object, absl::Span<const absl::string_view> known);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_KNOWN_KEYS_H_
