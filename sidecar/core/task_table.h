// TaskTable: what made the tasks of this session: mostly a tool; FastMCP makes them of prompts and
// resources as well.
//
// A task is reached by its id alone, so whoever may use it must be known from who made it: the
// calls of this session, and no others. One thread. Bounded: past `capacity` the oldest task is
// forgotten, and then refused.
#ifndef OSTIARY_SIDECAR_CORE_TASK_TABLE_H_
#define OSTIARY_SIDECAR_CORE_TASK_TABLE_H_

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "sidecar/core/access_view.h"
#include "sidecar/core/decision_source.h"

namespace ostiary::sidecar {

class TaskTable {
 public:
  // Longer ids are not kept: real ones have some 36 bytes.
  static constexpr size_t kMaxIdBytes = 1024;
  // More makers with one task id are a server's fault: the further ones are not let near the task.
  static constexpr size_t kMaxMakersOfATask = 4;

  explicit TaskTable(size_t capacity) : capacity_(capacity) {}

  // A request for `maker` made the task `id`. Where one for another made one with this id before,
  // the task belongs to both. False where it is not kept.
  bool Add(absl::string_view id, const AccessView& maker);
  // What made it: all of them are needed to reach it. A resource is here as it came, without its
  // further forms. nullptr where this session made no such task. Valid until the next Add.
  const std::vector<Access>* Find(absl::string_view id) const;

 private:
  const size_t capacity_;
  absl::flat_hash_map<std::string, std::vector<Access>> makers_;
  std::deque<std::string> order_;  // the oldest first
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_TASK_TABLE_H_
