#include "sidecar/stdio/line_reader.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace ostiary::sidecar {
namespace {

// While taken lines are in use, no byte is put behind this.
constexpr size_t kWindowBytes = size_t{2} << 20;
// So much of a line is moved wherever that is of use: it takes little beside a read.
constexpr size_t kCheapMoveBytes = size_t{64} << 10;
// Of more, such a part of what was returned since the last move.
constexpr size_t kLongMoveShare = 4;
// Where a read took so much, the end of what came is put on such a boundary for the next one. A
// pipe's data mostly starts with a page, and to copy a page to 1 to 15 bytes behind such a boundary
// takes three times as long on some machines (REP MOVSB, AMD's Zen 4).
constexpr size_t kBulkBytes = size_t{4} << 10;
constexpr size_t kAlignment = 64;

// From `end` to the next such boundary.
size_t Padding(const char* end) { return -reinterpret_cast<uintptr_t>(end) % kAlignment; }

}  // namespace

LineReader::LineReader(size_t max_line_bytes)
    : max_line_bytes_(max_line_bytes),
      capacity_(std::max(max_line_bytes + 1, kWindowBytes) + kRoomBytes + kAlignment),
      // Not initialised, so that pages which no line needs never become resident.
      buffer_(new char[capacity_]) {}

absl::Span<char> LineReader::Room(TakenLines taken) {
  const size_t begun = end_ - begin_;
  if (taken == TakenLines::kDone) {
    // Moving less than was returned since the last move keeps the cost of moving below that of
    // reading, and the buffer's working set near its front. Of a long line that is begun a quarter
    // at most: a line as long as the one before it is written from where it was read.
    const bool worth_it = begun <= kCheapMoveBytes
                              ? begun <= begin_
                              : end_ > kWindowBytes && begun <= begin_ / kLongMoveShare;
    if (worth_it || capacity_ - end_ < kRoomBytes + kAlignment) {
      MoveTo(Padding(buffer_.get() + begun));
    }
  } else if (!HasRoomBehind()) {
    return {};
  }
  if (in_bulk_ && begun <= kCheapMoveBytes) MoveTo(begin_ + Padding(buffer_.get() + end_));
  return absl::MakeSpan(buffer_.get() + end_, kRoomBytes);
}

bool LineReader::HasRoomBehind() const { return end_ + kRoomBytes <= kWindowBytes; }

void LineReader::Commit(size_t size) {
  end_ += size;
  in_bulk_ = size >= kBulkBytes;
  touched_ = std::max(touched_, end_);
}

std::optional<LineReader::Line> LineReader::Next() {
  const char* const data = buffer_.get();
  const void* const found = std::memchr(data + scanned_, '\n', end_ - scanned_);
  if (found == nullptr) {
    scanned_ = end_;
    if (skipping_ || end_ - begin_ > max_line_bytes_) {
      Skip(absl::string_view(data + begin_, end_ - begin_));
      begin_ = end_;
    }
    return std::nullopt;
  }
  const size_t line_end = static_cast<size_t>(static_cast<const char*>(found) - data);
  const absl::string_view text(data + begin_, line_end - begin_);
  begin_ = scanned_ = line_end + 1;
  if (!skipping_ && text.size() <= max_line_bytes_) return Line{LineKind::kWhole, text, ""};
  Skip(text);
  return TakeSkipped();
}

std::optional<LineReader::Line> LineReader::NextAtEnd() {
  if (!skipping_) return std::nullopt;
  return TakeSkipped();
}

// More of a line too long, or its first part.
void LineReader::Skip(absl::string_view bytes) {
  if (!skipping_) {
    skipping_ = true;
    head_.clear();
    tail_.clear();
  }
  // With a low limit the first part is shorter than what is shown.
  const size_t missing = std::min(bytes.size(), kShownBytes - head_.size());
  head_.append(bytes.data(), missing);
  const size_t size = std::min(bytes.size(), kShownBytes);
  if (tail_.size() + size > kShownBytes) tail_.erase(0, tail_.size() + size - kShownBytes);
  tail_.append(bytes.data() + bytes.size() - size, size);
}

LineReader::Line LineReader::TakeSkipped() {
  skipping_ = false;
  return Line{LineKind::kTooLong, head_, tail_};
}

// Moves the line that is begun.
void LineReader::MoveTo(size_t place) {
  const size_t size = end_ - begin_;
  if (size > 0 && place != begin_) {
    std::memmove(buffer_.get() + place, buffer_.get() + begin_, size);
  }
  scanned_ = place + (scanned_ - begin_);
  begin_ = place;
  end_ = place + size;
  touched_ = std::max(touched_, end_);
  // A line of many megabytes is rare: what it took goes back to the machine.
  if (touched_ > 2 * kWindowBytes && end_ < kRoomBytes) ReleaseMemory();
}

void LineReader::ReleaseMemory() {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto first = reinterpret_cast<uintptr_t>(buffer_.get() + kRoomBytes);
  const auto last = reinterpret_cast<uintptr_t>(buffer_.get() + touched_);
  const uintptr_t from = (first + page - 1) / page * page;
  const uintptr_t to = last / page * page;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): madvise wants whole pages.
  if (from < to) ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
  touched_ = end_;
}

}  // namespace ostiary::sidecar
