#include "pdp/server/decision_writer.h"

#include "pdp/policy/quote.h"

namespace ostiary::pdp {

bool DecisionWriter::Model::Fits(const AccessRequest& request, const Decision& other) const {
  return decision == other && kind == request.kind && server == request.server;
}

void DecisionWriter::Append(const AccessRequest& request, const Decision& decision) {
  for (const Model& model : models_) {
    if (!model.Fits(request, decision)) continue;
    std::string* const name = memory_->quoted();
    name->clear();
    if (request.kind != AccessKind::kServer) AppendQuote(request.name, name);
    AppendAlike(field_, model.written, *name, memory_->answer());
    return;
  }
  Explanation* const explanation = memory_->explanation();
  snapshot_.Explain(request, decision, explanation);
  const WrittenDecision written = AppendDecision(field_, decision, *explanation, memory_->answer());
  if (models_.size() < kModels) {
    models_.push_back({decision, request.kind, request.server, written});
  }
}

}  // namespace ostiary::pdp
