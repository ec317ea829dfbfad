// Reads a server's answer that holds a list, and says what to cut out of it. All other bytes stay
// as they came: order, cursor, `_meta`, blanks.
//
// What cannot be read alike by every peer is not read at all: the whole list is then withheld,
// since an element that is left out here might be read there.
#ifndef OSTIARY_SIDECAR_CORE_LIST_FILTER_H_
#define OSTIARY_SIDECAR_CORE_LIST_FILTER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/json/json_document.h"
#include "sidecar/core/access_view.h"
#include "sidecar/core/decision_source.h"
#include "sidecar/core/line_edits.h"
#include "sidecar/core/methods.h"
#include "sidecar/core/task_table.h"

namespace ostiary::sidecar {

// More elements are an error. The longest real list has some 30.
inline constexpr size_t kMaxListElements = 10'000;
// A PDP may refuse longer names, and with one all that is asked at once: a list hides them.
inline constexpr size_t kMaxDecidedNameBytes = 4096;

// Where the elements of a list stand in the line, and what each needs.
struct ListPlan {
  struct Element {
    size_t begin;  // offsets into the line
    size_t end;
    // Indexes of the accesses that it needs, all of them: a resource has several forms. Empty: it
    // is never shown, as a task of another session, or a name that no decision can be had of.
    absl::InlinedVector<uint32_t, 3> accesses;
  };
  std::vector<Element> elements;
  std::vector<Need> needs;  // of each access
  LineEdits edits;          // what else is to be changed
};

// How long the client may keep the list: in revision 2026-07-28 the server says so, and the policy
// may change before.
enum class ListCaching : uint8_t { kAsItCame, kForbid };

// Reads `result` of an answer to a request for `kind`. `*accesses` gets one entry for each
// different name and need: elements with the same name share it. An error says what could not be
// read.
absl::StatusOr<ListPlan> ReadList(const JsonValue& result, ListKind kind, ListCaching caching,
                                  const TaskTable& tasks, absl::string_view line,
                                  std::vector<Access>* accesses);

// The edits of `plan` with those that take out the elements of which `keep` says no to an access.
template <typename Keep>
LineEdits FilterEdits(const ListPlan& plan, Keep keep) {
  LineEdits edits = plan.edits;
  bool kept_any = false;
  for (size_t i = 0; i < plan.elements.size(); ++i) {
    const ListPlan::Element& element = plan.elements[i];
    if (!element.accesses.empty() &&
        std::all_of(element.accesses.begin(), element.accesses.end(), keep)) {
      kept_any = true;
    } else if (kept_any) {  // with the comma and blanks before it
      edits.push_back({plan.elements[i - 1].end, element.end, ""});
    } else {  // with those behind it, if another one follows
      const bool is_last = i + 1 == plan.elements.size();
      edits.push_back({element.begin, is_last ? element.end : plan.elements[i + 1].begin, ""});
    }
  }
  return edits;
}

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_LIST_FILTER_H_
