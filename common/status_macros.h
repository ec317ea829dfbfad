// OSTIARY_RETURN_IF_ERROR and OSTIARY_ASSIGN_OR_RETURN: pass an error on. Abseil ships none.
#ifndef OSTIARY_COMMON_STATUS_MACROS_H_
#define OSTIARY_COMMON_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define OSTIARY_RETURN_IF_ERROR(expr)                                 \
  do {                                                                \
    if (absl::Status ostiary_status = (expr); !ostiary_status.ok()) { \
      return ostiary_status;                                          \
    }                                                                 \
  } while (false)

#define OSTIARY_STATUS_CONCAT_INNER(a, b) a##b
#define OSTIARY_STATUS_CONCAT(a, b) OSTIARY_STATUS_CONCAT_INNER(a, b)

#define OSTIARY_ASSIGN_OR_RETURN(lhs, expr) \
  OSTIARY_ASSIGN_OR_RETURN_INNER(OSTIARY_STATUS_CONCAT(ostiary_or_, __LINE__), lhs, expr)
#define OSTIARY_ASSIGN_OR_RETURN_INNER(status_or, lhs, expr) \
  auto status_or = (expr);                                   \
  if (!status_or.ok()) {                                     \
    return std::move(status_or).status();                    \
  }                                                          \
  lhs = *std::move(status_or)

#endif  // OSTIARY_COMMON_STATUS_MACROS_H_
