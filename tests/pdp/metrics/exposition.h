// A strict reader of Prometheus' text format, for tests: what it takes, every scraper takes.
#ifndef OSTIARY_TESTS_PDP_METRICS_EXPOSITION_H_
#define OSTIARY_TESTS_PDP_METRICS_EXPOSITION_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ostiary::pdp {

// By series as it is written, such as `name{label="value"}`.
using Samples = std::map<std::string, double>;

// INVALID_ARGUMENT says which line breaks which rule: every line ends; HELP, TYPE, then samples of
// that family and of no other, each family once, each series once; names and labels are such; a
// counter's name ends in _total and its value is whole and not negative; a histogram's buckets do
// not fall and its +Inf is its count.
absl::StatusOr<Samples> ReadExposition(absl::string_view text);

}  // namespace ostiary::pdp

#endif  // OSTIARY_TESTS_PDP_METRICS_EXPOSITION_H_
