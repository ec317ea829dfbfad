// Whose line it was, where a line cannot be read: too long to be kept, or not JSON.
//
// SDKs write a message's keys in one of two orders, `{"jsonrpc":"2.0","id":1,…}` (Go, Python's
// servers) or `{…,"jsonrpc":"2.0","id":1}` (TypeScript, Python's clients), without blanks. Where a
// line plainly begins or ends so, its asker can be told that no answer comes, instead of being left
// to wait. It is a courtesy and decides nothing: any doubt yields no id.
#ifndef OSTIARY_SIDECAR_CORE_CUT_LINE_H_
#define OSTIARY_SIDECAR_CORE_CUT_LINE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "sidecar/core/message_id.h"

namespace ostiary::sidecar {

enum class CutLineShape : uint8_t { kRequest, kResponse };

// The id of the request or response that begins with `head` and ends with `tail`; they may overlap
// or be the same bytes, and `tail` may be empty. kNone where neither shows one, or where
// what stands beside the id is not of `shape`. A view of the arguments.
MessageId IdOfCutLine(absl::string_view head, absl::string_view tail, CutLineShape shape);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_CUT_LINE_H_
