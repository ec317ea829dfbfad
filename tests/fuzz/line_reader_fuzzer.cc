// LineReader against a naive splitter: any bytes, in reads of any size, with any limit, while some
// of the lines taken stay in use.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sidecar/stdio/line_reader.h"
#include "tests/fuzz/fuzz_check.h"

namespace ostiary::sidecar {
namespace {

using LineKind = LineReader::LineKind;

struct Split {
  std::vector<std::pair<LineKind, std::string>> lines;
  size_t unfinished = 0;
};

// A line as it is to be reported: a line too long by its ends.
std::pair<LineKind, std::string> Reported(const std::string& line, size_t limit) {
  if (line.size() <= limit) return {LineKind::kWhole, line};
  const size_t shown = std::min(line.size(), LineReader::kShownBytes);
  return {LineKind::kTooLong, line.substr(0, shown) + line.substr(line.size() - shown)};
}

Split SplitNaively(const std::string& bytes, size_t limit) {
  Split split;
  size_t begin = 0;
  for (size_t end; (end = bytes.find('\n', begin)) != std::string::npos; begin = end + 1) {
    split.lines.push_back(Reported(bytes.substr(begin, end - begin), limit));
  }
  split.unfinished = bytes.size() - begin;
  if (split.unfinished > limit) {
    split.lines.push_back(Reported(bytes.substr(begin), limit));
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
      split.lines.emplace_back(line->kind, absl::StrCat(line->text, line->tail));
      if (line->kind == LineKind::kTooLong) continue;
      OSTIARY_FUZZ_CHECK(reader.Contains(line->text), line->text);
      OSTIARY_FUZZ_CHECK(reader.EndsWithNewline(line->text), line->text);
      in_use.emplace_back(line->text, std::string(line->text));
    }
    for (const auto& [view, copy] : in_use) OSTIARY_FUZZ_CHECK(view == copy, copy);
    at += size;
  }
  if (const auto line = reader.NextAtEnd()) {
    split.lines.emplace_back(line->kind, absl::StrCat(line->text, line->tail));
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
