// The messages that answer checks, written as bytes without ever being messages: an answer to a
// thousand accesses would be ten thousand allocations otherwise. The bytes are those that Protobuf
// writes for the same values. Pure functions; any thread.
#ifndef OSTIARY_PDP_SERVER_ANSWER_BYTES_H_
#define OSTIARY_PDP_SERVER_ANSWER_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "grpcpp/support/byte_buffer.h"
#include "pdp/policy/decision.h"
#include "pdp/reload/policy_store.h"

namespace ostiary::pdp {

// Each appends one field of the number `field` (1 to 15), which holds the message named. A field
// that is empty or 0 is left out of it, as proto3 has it.

// Where a v1.Decision stands in an answer, for others like it: from `begin` its effect, reason and
// rule, and behind these its message, which quotes the name.
struct WrittenDecision {
  size_t begin = 0;
  size_t rule_end = 0;
  size_t message = 0;
  size_t name = 0;
  size_t name_end = 0;
  size_t end = 0;
};

// v1.Decision.
WrittenDecision AppendDecision(int field, const Decision& decision, const Explanation& explanation,
                               std::string* out);
// The one in `*out` once more, with another name, as AppendQuote quotes it.
void AppendAlike(int field, const WrittenDecision& alike, absl::string_view quoted_name,
                 std::string* out);
// v1.Revision.
void AppendRevision(int field, const Revision& revision, std::string* out);
// A message of its own bytes; also where there are none.
void AppendMessage(int field, absl::string_view message, std::string* out);
// An unsigned number.
void AppendNumber(int field, uint64_t number, std::string* out);

// Makes `*out` a copy of `bytes`.
void SetBytes(absl::string_view bytes, grpc::ByteBuffer* out);
// Makes `*out` a message of the one field `field`, which holds the message of these bytes.
void SetMessage(int field, absl::string_view message, grpc::ByteBuffer* out);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_ANSWER_BYTES_H_
