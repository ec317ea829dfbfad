#include "pdp/server/call_memory.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "grpcpp/support/slice.h"

namespace ostiary::pdp {
namespace {

// How much each text may keep. The answer to 50 accesses takes some 12 KB.
constexpr size_t kKeptBytes = 64 << 10;
// After how many bytes read the request messages are made anew. They keep the memory of the largest
// fields that they ever had, at each place of a list: never more than twice what was read.
constexpr size_t kReadBytes = 256 << 10;

void ClearText(std::string* text) {
  // A move would leave the memory where it is.
  if (text->capacity() > kKeptBytes) std::string().swap(*text);
  text->clear();
}

}  // namespace

absl::Status ReadMessage(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite* message) {
  // Without a copy where gRPC has them in one piece, as it has short ones.
  grpc::Slice slice;
  if (!bytes.TrySingleSlice(&slice).ok() && !bytes.DumpToSingleSlice(&slice).ok()) {
    return absl::InvalidArgumentError("the request cannot be read");
  }
  if (message->ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the request is not a message of ", message->GetTypeName()));
}

CallMemory::Parts& CallMemory::OfThread() {
  thread_local Parts parts;
  return parts;
}

absl::StatusOr<const v1::CheckRequest*> CallMemory::ReadCheck(const grpc::ByteBuffer& bytes) {
  parts_.read_bytes += bytes.Length();
  OSTIARY_RETURN_IF_ERROR(ReadMessage(bytes, &parts_.check));
  return &parts_.check;
}

absl::StatusOr<const v1::BatchCheckRequest*> CallMemory::ReadBatch(const grpc::ByteBuffer& bytes) {
  parts_.read_bytes += bytes.Length();
  OSTIARY_RETURN_IF_ERROR(ReadMessage(bytes, &parts_.batch));
  return &parts_.batch;
}

void CallMemory::Parts::Clear() {
  for (std::string* text : {&answer, &quoted, &explanation.message, &explanation.rule.file,
                            &explanation.rule.pointer, &explanation.rule.pattern}) {
    ClearText(text);
  }
  if (read_bytes <= kReadBytes) return;
  check = v1::CheckRequest();
  batch = v1::BatchCheckRequest();
  read_bytes = 0;
}

}  // namespace ostiary::pdp
