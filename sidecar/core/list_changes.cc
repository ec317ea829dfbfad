#include "sidecar/core/list_changes.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace ostiary::sidecar {

void ListChanges::OnPolicyChanged(MonoTime now) {
  for (const ListGroup group : kAllListGroups) {
    if (session_.shown.overflowed(group)) {
      Tell(group);
      continue;
    }
    Held held;
    held.what = Held::What::kListChange;
    held.group = group;
    for (const NeededAccess& name : session_.shown.Names(group)) {
      held.Add(name);
    }
    if (held.accesses.empty()) {
      continue;  // the client has not seen this list
    }
    if (const std::optional<Held> decided = session_.decisions.Hold(std::move(held), now)) {
      OnDecided(*decided);
    }
  }
}

void ListChanges::OnDecided(const Held& held) {
  if (held.undecided || session_.shown.Update(held.group, held.accesses, held.allowed())) {
    Tell(held.group);
  }
}

void ListChanges::Tell(ListGroup group) {
  if (session_.server_gone) {
    return;
  }
  if (session_.promised[static_cast<size_t>(group)]) {
    session_.output->ToClient(
        absl::StrCat(R"({"jsonrpc":"2.0","method":")", ListChangedMethod(group), R"("})"));
  }
  for (const std::string& line : session_.listens.Notify(group)) {
    session_.output->ToClient(line);
  }
}

}  // namespace ostiary::sidecar
