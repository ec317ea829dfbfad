#include "sidecar/core/shown_lists.h"

#include <algorithm>

namespace ostiary::sidecar {
namespace {

constexpr ListKind kToolLists[] = {ListKind::kTools};
constexpr ListKind kPromptLists[] = {ListKind::kPrompts};
constexpr ListKind kResourceLists[] = {ListKind::kResources, ListKind::kTemplates};

}  // namespace

absl::Span<const ListKind> ShownLists::KindsOf(ListGroup group) const {
  switch (group) {
    case ListGroup::kTools:
      return kToolLists;
    case ListGroup::kPrompts:
      return kPromptLists;
    case ListGroup::kResources:
      break;
  }
  return kResourceLists;
}

void ShownLists::Record(ListKind kind, Page page, absl::Span<const Access> accesses,
                        absl::Span<const Need> needs, const std::vector<bool>& allowed) {
  if (kind == ListKind::kTasks) {
    return;  // nobody is told of those
  }
  List& list = lists_[static_cast<size_t>(kind)];
  if (page == Page::kFirst) {
    list = List();
  }
  for (size_t i = 0; i < accesses.size() && !list.overflowed; ++i) {
    list.kind = accesses[i].kind;
    const Shown shown = {needs[i], allowed[i]};
    const auto [entry, is_new] = list.names.emplace(accesses[i].name, shown);
    if (is_new) {
      list.bytes += accesses[i].name.size();
    } else if (shown.need == Need::kAllowed || entry->second.need == Need::kNotDenied) {
      entry->second = shown;  // the stricter need is told of
    }
    list.overflowed = list.names.size() > kMaxNames || list.bytes > kMaxNameBytes;
  }
  if (list.overflowed) {
    list.names.clear();
  }
}

std::vector<NeededAccess> ShownLists::Names(ListGroup group) const {
  std::vector<NeededAccess> names;
  for (const ListKind kind : KindsOf(group)) {
    const List& list = lists_[static_cast<size_t>(kind)];
    for (const auto& [name, shown] : list.names) {
      names.push_back({{list.kind, name}, shown.need});
    }
  }
  return names;
}

bool ShownLists::overflowed(ListGroup group) const {
  const absl::Span<const ListKind> kinds = KindsOf(group);
  return std::any_of(kinds.begin(), kinds.end(), [this](ListKind kind) {
    return lists_[static_cast<size_t>(kind)].overflowed;
  });
}

bool ShownLists::Update(ListGroup group, absl::Span<const Access> accesses,
                        const std::vector<bool>& allowed) {
  bool changed = false;
  for (const ListKind kind : KindsOf(group)) {
    List& list = lists_[static_cast<size_t>(kind)];
    for (size_t i = 0; i < accesses.size(); ++i) {
      const auto known = list.names.find(accesses[i].name);
      if (known != list.names.end() && known->second.allowed != allowed[i]) {
        known->second.allowed = allowed[i];
        changed = true;
      }
    }
  }
  return changed;
}

}  // namespace ostiary::sidecar
