#include "sidecar/core/access_view.h"

namespace ostiary::sidecar {

bool Suffices(const Verdict& verdict, Need need) {
  return verdict.allowed || (need == Need::kNotDenied && verdict.reason == "RESOURCE_NOT_ALLOWED");
}

}  // namespace ostiary::sidecar
