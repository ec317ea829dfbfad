// AnswerReflection: what server reflection says, from the descriptors linked into the program.
#ifndef OSTIARY_PDP_SERVER_REFLECTION_ANSWER_H_
#define OSTIARY_PDP_SERVER_REFLECTION_ANSWER_H_

#include <string>
#include <vector>

#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace ostiary::pdp {

// The answer to one question; a question without an answer gets an error in it. `services` are the
// full names to list. A pure function, any thread.
grpc::reflection::v1alpha::ServerReflectionResponse AnswerReflection(
    const grpc::reflection::v1alpha::ServerReflectionRequest& request,
    const std::vector<std::string>& services);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_REFLECTION_ANSWER_H_
