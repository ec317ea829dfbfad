#include "sidecar/stdio/write_queue.h"

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

namespace ostiary::sidecar {
namespace {

constexpr int kMaxVectors = 64;
// Memory that an empty queue may keep.
constexpr size_t kKeptBytes = size_t{64} << 10;

}  // namespace

void WriteQueue::AppendBorrowed(absl::string_view bytes) {
  if (bytes.empty()) return;
  pending_bytes_ += bytes.size();
  borrowed_bytes_ += bytes.size();
  if (!pieces_.empty()) {
    Piece& last = pieces_.back();
    if (last.borrowed != nullptr && last.borrowed + last.size == bytes.data()) {
      last.size += bytes.size();
      return;
    }
  }
  pieces_.push_back({bytes.data(), bytes.size()});
}

void WriteQueue::AppendCopy(absl::string_view bytes) {
  if (bytes.empty()) return;
  pending_bytes_ += bytes.size();
  copies_.append(bytes.data(), bytes.size());
  if (!pieces_.empty() && pieces_.back().borrowed == nullptr) {
    pieces_.back().size += bytes.size();
    return;
  }
  pieces_.push_back({nullptr, bytes.size()});
}

FlushResult WriteQueue::Flush(const OutputFd& output) {
  while (!empty()) {
    iovec vectors[kMaxVectors];
    size_t total = 0;
    const int count = Gather(vectors, kMaxVectors, &total);
    const ssize_t written = output.Write(vectors, count);
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return FlushResult::kBlocked;
      Clear();
      return FlushResult::kBroken;
    }
    Advance(static_cast<size_t>(written));
    // A write that took a part would take nothing now: poll tells when to go on.
    if (static_cast<size_t>(written) < total) return FlushResult::kBlocked;
  }
  return FlushResult::kEmpty;
}

void WriteQueue::Clear() {
  pieces_.clear();
  first_piece_ = 0;
  copies_begin_ = 0;
  pending_bytes_ = 0;
  borrowed_bytes_ = 0;
  copies_.clear();
  if (copies_.capacity() > kKeptBytes) copies_.shrink_to_fit();
}

int WriteQueue::Gather(iovec* vectors, int max, size_t* total) const {
  int count = 0;
  size_t copied = copies_begin_;
  for (size_t i = first_piece_; i < pieces_.size() && count < max; ++i) {
    const Piece& piece = pieces_[i];
    const char* data = piece.borrowed;
    if (data == nullptr) {
      data = copies_.data() + copied;
      copied += piece.size;
    }
    // writev(2) does not write to its buffers.
    vectors[count++] = {const_cast<char*>(data), piece.size};
    *total += piece.size;
  }
  return count;
}

void WriteQueue::Advance(size_t size) {
  written_bytes_ += size;
  pending_bytes_ -= size;
  if (pending_bytes_ == 0) {
    Clear();
    return;
  }
  while (size > 0) {
    Piece& piece = pieces_[first_piece_];
    const size_t step = std::min(size, piece.size);
    if (piece.borrowed != nullptr) {
      piece.borrowed += step;
      borrowed_bytes_ -= step;
    } else {
      copies_begin_ += step;
    }
    piece.size -= step;
    size -= step;
    if (piece.size == 0) ++first_piece_;
  }
  // Given back once it is the larger part, so that moving the rest costs less than was written.
  if (copies_begin_ > copies_.size() / 2) {
    copies_.erase(0, copies_begin_);
    copies_begin_ = 0;
  }
  if (first_piece_ > pieces_.size() / 2) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<ptrdiff_t>(first_piece_));
    first_piece_ = 0;
  }
}

}  // namespace ostiary::sidecar
