#include "sidecar/core/decision_source.h"

#include "absl/strings/string_view.h"

namespace ostiary::sidecar {

absl::string_view AccessKindName(AccessKind kind) {
  switch (kind) {
    case AccessKind::kServer:
      return "SERVER";
    case AccessKind::kTool:
      return "TOOL";
    case AccessKind::kResource:
      return "RESOURCE";
    case AccessKind::kPrompt:
      return "PROMPT";
  }
  return "SERVER";
}

}  // namespace ostiary::sidecar
