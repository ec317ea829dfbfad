// What each method of the protocol needs before a message may pass: the one table of them.
#ifndef OSTIARY_SIDECAR_CORE_METHODS_H_
#define OSTIARY_SIDECAR_CORE_METHODS_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace ostiary::sidecar {

enum class Method : uint8_t {
  kInitialize,  // needs the server; the answer is amended
  kServerOnly,  // needs the server
  kToolsList,   // needs the server; the answer is filtered
  kToolsCall,   // needs the tool
  kOther,       // not covered: never passes
};

// Of a request from the client.
Method RequestMethod(absl::string_view method);

enum class Notification : uint8_t {
  kCancelled,   // needs the server; closes a request
  kServerOnly,  // needs the server
  kOther,       // not a notification of the protocol: never passes
};

// Of a notification, from either side.
Notification NotificationMethod(absl::string_view method);

// Whether the sidecar reads the answer to such a request, to filter or amend it.
bool AnswerIsRead(Method method);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_METHODS_H_
