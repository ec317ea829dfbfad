// SessionStream: what gRPC is to a Session, without gRPC's threads and sockets. It keeps what the
// session wants to read, to write and to end with, and the fuzzer says when each happens. It ends
// the process where the session breaks gRPC's rules for streams. For one thread.
#ifndef OSTIARY_TESTS_FUZZ_SESSION_STREAM_H_
#define OSTIARY_TESTS_FUZZ_SESSION_STREAM_H_

#include <optional>
#include <utility>

#include "absl/strings/string_view.h"
#include "grpcpp/support/server_callback.h"
#include "ostiary/v1/decision.pb.h"
#include "pdp/server/answer_bytes.h"
#include "pdp/server/call_memory.h"
#include "tests/fuzz/fuzz_check.h"

namespace ostiary::pdp {

class SessionStream final
    : public grpc::ServerCallbackReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

  explicit SessionStream(Reactor* reactor) : reactor_(reactor) { BindReactor(reactor); }

  bool is_reading() const { return incoming_ != nullptr; }
  bool is_writing() const { return outgoing_ != nullptr; }
  // Set once the session has ended.
  const std::optional<grpc::Status>& status() const { return status_; }

  // The sidecar sent this.
  void Deliver(absl::string_view message) {
    SetBytes(message, std::exchange(incoming_, nullptr));
    reactor_->OnReadDone(true);
  }
  // The sidecar sends no more, or is gone.
  void DeliverEnd() {
    incoming_ = nullptr;
    reactor_->OnReadDone(false);
  }
  // The message was written.
  v1::SessionResponse Written() {
    v1::SessionResponse message;
    OSTIARY_FUZZ_CHECK(ReadMessage(*outgoing_, &message).ok(), "a message that nobody can read");
    outgoing_ = nullptr;
    reactor_->OnWriteDone(true);
    return message;
  }
  // It could not be.
  void WriteFails() {
    outgoing_ = nullptr;
    reactor_->OnWriteDone(false);
  }
  void Cancelled() { reactor_->OnCancel(); }
  // After all else. The reactor may be gone then.
  void Done() { reactor_->OnDone(); }

 private:
  void Read(grpc::ByteBuffer* message) override {
    OSTIARY_FUZZ_CHECK(incoming_ == nullptr && !status_, "a read beside another, or after the end");
    incoming_ = message;
  }
  void Write(const grpc::ByteBuffer* message, grpc::WriteOptions /*options*/) override {
    OSTIARY_FUZZ_CHECK(outgoing_ == nullptr && !status_,
                       "a write beside another, or after the end");
    outgoing_ = message;
  }
  void WriteAndFinish(const grpc::ByteBuffer* message, grpc::WriteOptions options,
                      grpc::Status status) override {
    Write(message, options);
    Finish(std::move(status));
  }
  void Finish(grpc::Status status) override {
    OSTIARY_FUZZ_CHECK(!status_, "a second end");
    status_ = std::move(status);
  }
  void SendInitialMetadata() override {}
  grpc::internal::ServerReactor* reactor() override { return reactor_; }
  void CallOnDone() override {}

  Reactor* const reactor_;
  grpc::ByteBuffer* incoming_ = nullptr;
  const grpc::ByteBuffer* outgoing_ = nullptr;
  std::optional<grpc::Status> status_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_TESTS_FUZZ_SESSION_STREAM_H_
