#include "sidecar/stdio/line_output.h"

namespace ostiary::sidecar {
namespace {

constexpr absl::string_view kNewline = "\n";

}  // namespace

void LineOutput::Append(absl::string_view line, const LineReader& reader, LineOrigin origin) {
  if (!fd_.open()) return;
  if (origin == LineOrigin::kMadeUp) made_up_bytes_ += line.size() + kNewline.size();
  if (!reader.Contains(line)) {
    queue_.AppendCopy(line);
    queue_.AppendCopy(kNewline);
  } else if (reader.EndsWithNewline(line)) {
    queue_.AppendBorrowed(absl::string_view(line.data(), line.size() + kNewline.size()));
  } else {
    queue_.AppendBorrowed(line);
    queue_.AppendCopy(kNewline);
  }
}

FlushResult LineOutput::Flush() {
  FlushResult result = queue_.Flush(fd_);
  if (result == FlushResult::kBlocked && fd_.MakeRoom()) result = queue_.Flush(fd_);
  if (result == FlushResult::kBroken) Close();
  if (queue_.empty()) made_up_bytes_ = 0;
  return result;
}

void LineOutput::Close() {
  queue_.Clear();
  made_up_bytes_ = 0;
  fd_.Close();
}

void LineOutput::Watch(pollfd* slot) const {
  *slot = {fd_.fd(), queue_.empty() ? short{0} : short{POLLOUT}, 0};
}

}  // namespace ostiary::sidecar
