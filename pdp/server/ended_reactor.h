// EndedReactor: for a stream that is refused: it says why, and no more. Deletes itself.
#ifndef OSTIARY_PDP_SERVER_ENDED_REACTOR_H_
#define OSTIARY_PDP_SERVER_ENDED_REACTOR_H_

#include "absl/status/status.h"
#include "grpcpp/support/server_callback.h"
#include "pdp/server/convert.h"

namespace ostiary::pdp {

template <typename Request, typename Response>
class EndedReactor final : public grpc::ServerBidiReactor<Request, Response> {
 public:
  explicit EndedReactor(const absl::Status& status) { this->Finish(ToGrpcStatus(status)); }

 private:
  void OnDone() override { delete this; }
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_ENDED_REACTOR_H_
