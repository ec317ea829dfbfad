// LineReader against a naive splitter: any bytes, in reads of any size, with any limit, while some
// of the lines taken stay in use.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sidecar/stdio/line_reader.h"
#include "tests/fuzz/fuzz_check.h"

namespace ostiary::sidecar {
namespace {

using LineKind = LineReader::LineKind;

struct Split {
  std::vector<std::pair<LineKind, std::string>> lines;
  size_t unfinished = 0;
};

// Lines too long without their text: how much of them is shown depends on the reads.
Split SplitNaively(const std::string& bytes, size_t limit) {
  Split split;
  size_t begin = 0;
  for (size_t end; (end = bytes.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const bool whole = end - begin <= limit;
    split.lines.emplace_back(whole ? LineKind::kWhole : LineKind::kTooLong,
                             whole ? bytes.substr(begin, end - begin) : "");
  }
  split.unfinished = bytes.size() - begin;
  if (split.unfinished > limit) {
    split.lines.emplace_back(LineKind::kTooLong, "");
    split.unfinished = 0;
  }
  return split;
}

void Check(size_t limit, size_t step, const std::string& bytes) {
  LineReader reader(limit);
  Split split;
  std::vector<std::pair<absl::string_view, std::string>> in_use;
  for (size_t at = 0, read = 0; at < bytes.size(); ++read) {
    if (read % 5 == 4) in_use.clear();
    const absl::Span<char> room =
        reader.Room(in_use.empty() ? TakenLines::kDone : TakenLines::kInUse);
    if (room.empty()) {
      in_use.clear();
      continue;
    }
    const size_t size = std::min({room.size(), bytes.size() - at, 1 + (step * read) % 37});
    std::copy_n(bytes.data() + at, size, room.data());
    reader.Commit(size);
    while (const auto line = reader.Next()) {
      const bool whole = line->kind == LineKind::kWhole;
      split.lines.emplace_back(line->kind, whole ? std::string(line->text) : "");
      OSTIARY_FUZZ_CHECK(reader.Contains(line->text), line->text);
      OSTIARY_FUZZ_CHECK(!whole || reader.EndsWithNewline(line->text), line->text);
      in_use.emplace_back(line->text, std::string(line->text));
    }
    for (const auto& [view, copy] : in_use) OSTIARY_FUZZ_CHECK(view == copy, copy);
    at += size;
  }
  split.unfinished = reader.unfinished_bytes();
  const Split wanted = SplitNaively(bytes, limit);
  OSTIARY_FUZZ_CHECK(split.lines == wanted.lines, bytes);
  OSTIARY_FUZZ_CHECK(split.unfinished == wanted.unfinished, bytes);
}

}  // namespace
}  // namespace ostiary::sidecar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  ostiary::sidecar::Check(data[0], data[1], bytes);
  return 0;
}
