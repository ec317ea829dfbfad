#include "sidecar/core/held.h"

namespace ostiary::sidecar {

std::vector<bool> Held::allowed() const {
  std::vector<bool> allowed;
  allowed.reserve(marks.size());
  for (const Mark mark : marks) {
    allowed.push_back(mark == Mark::kAllowed);
  }
  return allowed;
}

}  // namespace ostiary::sidecar
