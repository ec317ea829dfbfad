// DecisionWriter: the decisions of one answer, explained and written as bytes.
//
// What one rule says of the names of one server differs in the name alone, so it is explained once
// and then copied: a list of tools falls under a few patterns.
//
// On the stack of one call, whose accesses are of one agent and are decided by one snapshot.
#ifndef OSTIARY_PDP_SERVER_DECISION_WRITER_H_
#define OSTIARY_PDP_SERVER_DECISION_WRITER_H_

#include <cstddef>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "pdp/policy/decision.h"
#include "pdp/policy/snapshot.h"
#include "pdp/server/answer_bytes.h"
#include "pdp/server/call_memory.h"

namespace ostiary::pdp {

class DecisionWriter {
 public:
  // Decisions become fields `field` of the answer in `*memory`. Both must outlive the writer.
  DecisionWriter(const PolicySnapshot& snapshot, int field, CallMemory* memory)
      : snapshot_(snapshot), field_(field), memory_(memory) {}

  // `decision` is the snapshot's for `request`, whose texts must outlive the writer.
  void Append(const AccessRequest& request, const Decision& decision);

 private:
  // One that others may be like.
  struct Model {
    bool Fits(const AccessRequest& request, const Decision& other) const;

    Decision decision;
    AccessKind kind = AccessKind::kServer;
    absl::string_view server;
    WrittenDecision written;
  };
  static constexpr size_t kModels = 16;

  const PolicySnapshot& snapshot_;
  const int field_;
  CallMemory* const memory_;
  absl::InlinedVector<Model, kModels> models_;  // no more than that
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_DECISION_WRITER_H_
