// What the client is answered in place of the server.
//
// "The policy says no" and "no decision could be had" differ in code, text and the "outcome" of
// `_meta["ostiary/decision"]`. Neither says whether what was asked for exists.
#ifndef OSTIARY_SIDECAR_CORE_DENIAL_H_
#define OSTIARY_SIDECAR_CORE_DENIAL_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "sidecar/core/access_view.h"
#include "sidecar/core/decision_source.h"
#include "sidecar/core/message_id.h"

namespace ostiary::sidecar {

// JSON-RPC error codes of our own, outside the range that the protocol reserves.
inline constexpr int kDeniedCode = 4030;            // the policy says no
inline constexpr int kUndecidedCode = 5030;         // no decision could be had
inline constexpr int kTooManyRequestsCode = 4290;   // past EnforcerOptions::max_open_requests
inline constexpr int kServerGoneCode = 5020;        // the server has ended or did not start
inline constexpr int kUnreadableAnswerCode = 5021;  // the server's answer was not let through

// JSON-RPC's own, for what servers answer alike: a client then falls back, and cannot tell what the
// server has from what it has not.
inline constexpr int kMethodNotFound = -32601;     // a method that is not covered
inline constexpr int kInvalidParams = -32602;      // a task that no call of this session made
inline constexpr int kMissingCapability = -32021;  // the same, from a client without tasks

// Why no decision could be had: a name for programs and a sentence for people.
struct Undecided {
  absl::string_view reason;  // static: "DECISION_TIMEOUT" and the like, see README.md
  std::string why;
};

enum class AnswerShape : uint8_t {
  kToolResult,          // a tools/call result with isError
  kCompleteToolResult,  // the same for revision 2026-07-28, where results say that they are whole
  kError,               // a JSON-RPC error
};

struct Denial {
  absl::string_view agent;
  absl::string_view server;
  AccessView access;
  // One of these: a verdict that denies with the revision that made it, or why there is none.
  const Verdict* verdict = nullptr;
  const Revision* revision = nullptr;
  const Undecided* undecided = nullptr;
};

// Writes denials into memory that it uses again, so that one denial after another allocates
// nothing. One thread.
class DenialWriter {
 public:
  // The answer, without a newline; valid until the next call.
  absl::string_view Answer(const MessageId& id, AnswerShape shape, const Denial& denial);

 private:
  friend std::string DenialAnswer(absl::string_view id_json, AnswerShape shape,
                                  const Denial& denial);
  absl::string_view Write(absl::string_view id_json, AnswerShape shape, const Denial& denial);

  std::string id_;
  std::string sentence_;
  std::string answer_;
};

// The same as a value, for where denials are few. `id_json` is the request's id as JSON.
std::string DenialAnswer(absl::string_view id_json, AnswerShape shape, const Denial& denial);

// The errors for what no rule can allow: a method that is not covered, and a task that no call of
// this session made.
std::string MethodDenialAnswer(absl::string_view id_json, absl::string_view agent,
                               absl::string_view server, absl::string_view method);
// Where the client did not declare that it knows tasks, as revision 2026-07-28 wants it to, it is
// told of that.
enum class TaskCapability : uint8_t { kDeclared, kMissing };
std::string TaskDenialAnswer(absl::string_view id_json, absl::string_view agent,
                             absl::string_view server, absl::string_view task,
                             TaskCapability capability);

// Any other error.
std::string ErrorAnswer(absl::string_view id_json, int code, absl::string_view message);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_DENIAL_H_
