// DecisionSource: the sidecar's port to whoever decides, and the values that cross it.
//
// Two implementations: sidecar/pdp_client (a PDP over gRPC) and sidecar/local (a rules file in this
// process). A source answers with a verdict or an error, never with a guess.
#ifndef OSTIARY_SIDECAR_CORE_DECISION_SOURCE_H_
#define OSTIARY_SIDECAR_CORE_DECISION_SOURCE_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "common/clock.h"

namespace ostiary::sidecar {

enum class AccessKind : uint8_t { kServer, kTool, kResource, kPrompt };

// "SERVER", "TOOL", "RESOURCE", "PROMPT".
absl::string_view AccessKindName(AccessKind kind);

// What the agent wants to reach. The agent and the server are fixed for the life of a sidecar.
struct Access {
  AccessKind kind = AccessKind::kServer;
  std::string name;  // empty for kServer

  bool operator==(const Access&) const = default;
};

// Which policy an answer was made under: see Revision in proto/ostiary/v1/decision.proto. Two are
// the same only if all fields are.
struct Revision {
  std::string epoch;
  uint64_t generation = 0;
  std::string digest;

  bool operator==(const Revision&) const = default;
};

// One decision. The zero value denies.
struct Verdict {
  bool allowed = false;
  std::string reason;   // the contract's name, such as "EXPLICIT_DENY"
  std::string message;  // a sentence
  // The rule that decided; an empty pointer where none matched.
  std::string rule_file;
  std::string rule_pointer;
  std::string rule_pattern;
  uint32_t rule_line = 0;
  uint32_t rule_column = 0;
};

// The answer to one Ask: with an OK status one verdict for each access, in the order asked, all
// made under `revision`.
struct SourceAnswer {
  uint64_t id = 0;
  absl::Status status;
  std::vector<Verdict> verdicts;
  Revision revision;
};

// The source is alive and decides by `revision`. Verdicts of this revision may be used again until
// `lease_end`; verdicts of any other may not be used again at all.
struct SourceRevision {
  Revision revision;
  MonoTime lease_end;
};

// The connection to the source ended (it may come back by itself: a SourceRevision tells). Open
// asks get no answer any more. Says nothing about the verdicts held: their lease goes on; but where
// the status is PERMISSION_DENIED this sidecar may not ask for its agent any more, and they end.
struct SourceLost {
  absl::Status status;
};

using SourceEvent = std::variant<SourceAnswer, SourceRevision, SourceLost>;

// Where a source puts what happens. Implemented by sidecar/stdio's inbox, which wakes the event
// loop; may be called from any thread, never blocks, keeps the order of the calls.
class SourceSink {
 public:
  virtual ~SourceSink() = default;
  virtual void Post(SourceEvent event) = 0;
};

// How the cache fared.
struct CacheUsage {
  uint64_t hits = 0;    // accesses decided from the cache
  uint64_t misses = 0;  // accesses for which the source's answer had to be waited for

  bool empty() const { return hits == 0 && misses == 0; }
};

// Called by the event loop's thread only.
class DecisionSource {
 public:
  virtual ~DecisionSource() = default;

  // Asks for verdicts and returns at once. At most one SourceAnswer with this id is posted to the
  // sink, possibly during the call. The asker keeps its own deadline.
  virtual void Ask(uint64_t id, const std::vector<Access>& accesses) = 0;

  // Tells the source that from now on nothing older than `revision` is applied here.
  virtual void Acknowledge(const Revision& revision) = 0;

  // Tells the source how the cache fared since the last call. For statistics: a source may have no
  // use for it. Called at most once per SourceRevision, before it is acknowledged, and not where
  // nothing was decided since.
  virtual void ReportUsage(const CacheUsage& usage) { (void)usage; }
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_DECISION_SOURCE_H_
