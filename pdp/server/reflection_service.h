// ReflectionService: grpc.reflection.v1alpha, so that grpcurl needs nothing else at hand.
//
// gRPC's own is not used: it takes a thread for each stream that is open, without a bound, and its
// streams hold up a drain until they are cancelled.
//
// Owned by PdpServer, called by gRPC and others from any thread.
#ifndef OSTIARY_PDP_SERVER_REFLECTION_SERVICE_H_
#define OSTIARY_PDP_SERVER_REFLECTION_SERVICE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/mutex.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"

namespace ostiary::pdp {

class ReflectionService final
    : public grpc::reflection::v1alpha::ServerReflection::CallbackService {
 public:
  // `services` are full names, in the order to list them. Past `max_streams` open at once, one more
  // ends with RESOURCE_EXHAUSTED.
  ReflectionService(std::vector<std::string> services, size_t max_streams);
  ~ReflectionService() override;

  // Ends every stream, and later ones at once, with `reason`. What is being answered goes out
  // first.
  void Shutdown(const absl::Status& reason);

  grpc::ServerBidiReactor<grpc::reflection::v1alpha::ServerReflectionRequest,
                          grpc::reflection::v1alpha::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

 private:
  class Stream;

  void Remove(Stream* stream);

  const std::vector<std::string> services_;
  const size_t max_streams_;

  Mutex mutex_;
  absl::Status shutdown_ ABSL_GUARDED_BY(mutex_);  // OK until Shutdown
  std::map<Stream*, std::unique_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_REFLECTION_SERVICE_H_
