#include "tests/pdp/metrics/exposition.h"

#include <cmath>
#include <set>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "re2/re2.h"

namespace ostiary::pdp {
namespace {

constexpr char kSample[] =
    R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*")*\})? (\S+))";

class Reader {
 public:
  absl::Status Line(absl::string_view line) {
    std::string name, rest;
    if (RE2::FullMatch(std::string(line), R"(# HELP (\w+) (\S.*))", &name, &rest)) {
      if (!families_.insert(name).second) return absl::InvalidArgumentError("a family twice");
      OSTIARY_RETURN_IF_ERROR(EndFamily());
      family_ = name;
      type_.clear();
      return absl::OkStatus();
    }
    if (RE2::FullMatch(std::string(line), R"(# TYPE (\w+) (counter|gauge|histogram|summary))",
                       &name, &rest)) {
      if (name != family_ || !type_.empty()) {
        return absl::InvalidArgumentError("TYPE does not follow its HELP");
      }
      if (rest == "counter" && !absl::EndsWith(name, "_total")) {
        return absl::InvalidArgumentError("a counter whose name does not end in _total");
      }
      type_ = rest;
      return absl::OkStatus();
    }
    return Sample(line);
  }

  absl::Status EndFamily() {
    for (const auto& [labels, last] : last_bucket_) {
      if (counts_[labels] != last) return absl::InvalidArgumentError("count is not its +Inf");
    }
    last_bucket_.clear();
    counts_.clear();
    return absl::OkStatus();
  }

  Samples samples;

 private:
  absl::Status Sample(absl::string_view line) {
    static const RE2* const sample = new RE2(kSample);
    std::string name, labels, number;
    if (!RE2::FullMatch(std::string(line), *sample, &name, &labels, &number)) {
      return absl::InvalidArgumentError("neither HELP, TYPE nor a sample");
    }
    double value = 0;
    if (!absl::SimpleAtod(number, &value)) return absl::InvalidArgumentError("no number");
    if (type_.empty()) return absl::InvalidArgumentError("a sample before its TYPE");
    absl::string_view suffix = name;
    if (!absl::ConsumePrefix(&suffix, family_)) {
      return absl::InvalidArgumentError("a sample of another family");
    }
    if (!samples.emplace(absl::StrCat(name, labels), value).second) {
      return absl::InvalidArgumentError("a series twice");
    }
    if (type_ == "counter" && (value < 0 || value != std::floor(value))) {
      return absl::InvalidArgumentError("a counter that does not count");
    }
    if (type_ == "histogram") return HistogramSample(suffix, labels, value);
    if (type_ != "summary" && !suffix.empty()) {
      return absl::InvalidArgumentError("a sample of another family");
    }
    return absl::OkStatus();
  }

  absl::Status HistogramSample(absl::string_view suffix, std::string labels, double value) {
    if (suffix == "_sum") return absl::OkStatus();
    if (suffix == "_count") {
      counts_[labels] = value;
      return absl::OkStatus();
    }
    std::string bound;
    if (suffix != "_bucket" || !RE2::PartialMatch(labels, R"re(,le="([^"]+)"})re", &bound)) {
      return absl::InvalidArgumentError("no sample of a histogram");
    }
    RE2::Replace(&labels, R"re(,le="[^"]+")re", "");
    const auto [last, is_first] = last_bucket_.emplace(labels, value);
    if (!is_first && value < last->second) return absl::InvalidArgumentError("buckets fall");
    last->second = value;
    return absl::OkStatus();
  }

  std::set<std::string> families_;
  std::string family_;
  std::string type_;
  std::map<std::string, double> last_bucket_;  // by labels without le
  std::map<std::string, double> counts_;
};

}  // namespace

absl::StatusOr<Samples> ReadExposition(absl::string_view text) {
  if (!absl::ConsumeSuffix(&text, "\n")) {
    return absl::InvalidArgumentError("the last line does not end");
  }
  Reader reader;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (const absl::Status status = reader.Line(line); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(status.message(), ": ", line));
    }
  }
  OSTIARY_RETURN_IF_ERROR(reader.EndFamily());
  return std::move(reader.samples);
}

}  // namespace ostiary::pdp
