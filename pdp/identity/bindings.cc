#include "pdp/identity/bindings.h"

#include <algorithm>
#include <utility>

namespace ostiary::pdp {

Bindings::Bindings(std::vector<Binding> bindings) {
  for (Binding& binding : bindings) {
    const size_t index = rows_.size();
    if (binding.identity.names().empty()) {
      exact_[binding.identity.text()].push_back(index);
    } else {
      with_captures_.push_back(index);
    }
    Row& row = rows_.emplace_back();
    row.identity = std::move(binding.identity);
    row.is_admin = binding.is_admin;
    for (AgentTemplate& agent : binding.agents) {
      if (agent.is_name()) {
        row.names.insert(agent.text());
      } else {
        row.templates.push_back(std::move(agent));
      }
    }
  }
}

template <typename Visit>
bool Bindings::AnyOf(absl::string_view identity, Visit visit) const {
  Captured captured;
  const auto found = exact_.find(identity);
  if (found != exact_.end()) {
    for (const size_t index : found->second) {
      if (visit(rows_[index], captured)) return true;
    }
  }
  return std::any_of(with_captures_.begin(), with_captures_.end(), [&](size_t index) {
    return rows_[index].identity.Match(identity, &captured) && visit(rows_[index], captured);
  });
}

bool Bindings::MayActAs(absl::string_view identity, absl::string_view agent) const {
  return AnyOf(identity, [agent](const Row& row, const Captured& captured) {
    return row.names.contains(agent) ||
           std::any_of(row.templates.begin(), row.templates.end(),
                       [&](const AgentTemplate& t) { return t.Matches(agent, captured); });
  });
}

bool Bindings::HasRole(absl::string_view identity, Role role) const {
  return role == Role::kAdmin &&
         AnyOf(identity, [](const Row& row, const Captured& /*captured*/) { return row.is_admin; });
}

}  // namespace ostiary::pdp
