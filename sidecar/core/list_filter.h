// Reads a server's answer that holds a list, and cuts out of it what may not be seen. All other
// bytes stay as they came: order, cursor, `_meta`, blanks.
//
// What cannot be read alike by every peer is not read at all: the whole list is then withheld,
// since an element that is left out here might be read there.
#ifndef OSTIARY_SIDECAR_CORE_LIST_FILTER_H_
#define OSTIARY_SIDECAR_CORE_LIST_FILTER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/json/json_document.h"
#include "sidecar/core/decision_source.h"

namespace ostiary::sidecar {

// More elements are an error. The longest real list has some 30.
inline constexpr size_t kMaxListElements = 10'000;

// Where the elements of a list stand in the line, and what each needs.
struct ListPlan {
  struct Element {
    uint32_t begin;  // offsets into the line
    uint32_t end;
    uint32_t access;  // index into the accesses
  };
  std::vector<Element> elements;
};

// Reads `result` of a tools/list answer. `*accesses` gets one entry for each different name:
// elements with the same name share it. An error says what could not be read.
absl::StatusOr<ListPlan> ReadToolList(const JsonValue& result, absl::string_view line,
                                      std::vector<Access>* accesses);

// The line without the elements whose access `keep` says no to.
template <typename Keep>
std::string FilterList(absl::string_view line, const ListPlan& plan, Keep keep) {
  std::string out;
  out.reserve(line.size());
  size_t copied_to = 0;
  bool kept_any = false;
  for (size_t i = 0; i < plan.elements.size(); ++i) {
    const ListPlan::Element& element = plan.elements[i];
    if (i == 0) {
      out.append(line.data(), element.begin);  // up to the list, with the blanks in it
    }
    if (keep(element.access)) {
      // With the comma and blanks before it, unless it comes first.
      const size_t from = kept_any ? plan.elements[i - 1].end : element.begin;
      out.append(line.data() + from, element.end - from);
      kept_any = true;
    }
    copied_to = element.end;
  }
  out.append(line.data() + copied_to, line.size() - copied_to);
  return out;
}

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_LIST_FILTER_H_
