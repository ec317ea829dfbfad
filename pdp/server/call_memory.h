// CallMemory: what a call is read into, and what its answer is put together in: one to a thread,
// used again by its next call, so that a call allocates little but the answer itself.
//
// Made on the stack where the call is answered; a thread has one at a time. What a large call made
// it grow to is given back at the end.
#ifndef OSTIARY_PDP_SERVER_CALL_MEMORY_H_
#define OSTIARY_PDP_SERVER_CALL_MEMORY_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message_lite.h"
#include "grpcpp/support/byte_buffer.h"
#include "ostiary/v1/decision.pb.h"
#include "pdp/policy/decision.h"

namespace ostiary::pdp {

// Reads a message from its bytes. INVALID_ARGUMENT where they are none of its kind; `*message` is
// then not to be used.
absl::Status ReadMessage(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite* message);

class CallMemory {
 public:
  CallMemory() : parts_(OfThread()) {}
  ~CallMemory() { parts_.Clear(); }
  CallMemory(const CallMemory&) = delete;
  CallMemory& operator=(const CallMemory&) = delete;

  // Each empty at first.
  std::string* answer() { return &parts_.answer; }
  Explanation* explanation() { return &parts_.explanation; }
  std::string* quoted() { return &parts_.quoted; }

  // What `bytes` are, as ReadMessage.
  absl::StatusOr<const v1::CheckRequest*> ReadCheck(const grpc::ByteBuffer& bytes);
  absl::StatusOr<const v1::BatchCheckRequest*> ReadBatch(const grpc::ByteBuffer& bytes);

 private:
  struct Parts {
    void Clear();

    std::string answer;
    Explanation explanation;
    std::string quoted;
    v1::CheckRequest check;
    v1::BatchCheckRequest batch;
    // Of all requests that were read since these two were made.
    size_t read_bytes = 0;
  };
  static Parts& OfThread();

  Parts& parts_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_CALL_MEMORY_H_
