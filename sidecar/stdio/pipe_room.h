// PipeRoom: how much a pipe holds. A pipe between two processes that move much is widened, once it
// was full, so that they take turns less often; one that never was stays as it came.
#ifndef OSTIARY_SIDECAR_STDIO_PIPE_ROOM_H_
#define OSTIARY_SIDECAR_STDIO_PIPE_ROOM_H_

#include <cstddef>

namespace ostiary::sidecar {

// One for each descriptor; one thread.
class PipeRoom {
 public:
  // Whoever reads so much at once has emptied a pipe that its writer had waited for.
  static constexpr size_t kFullBytes = size_t{60} << 10;
  // What a widened pipe holds. The machine's maximum (1 MiB) times four pipes would use up a user's
  // share (pipe-user-pages-soft, 64 MiB) with 16 sessions that move much, and every later pipe of
  // that user would be tiny.
  static constexpr size_t kWideBytes = size_t{256} << 10;

  // To be called where the pipe was full; `fd` is either end of it. True where there is more room
  // from now on. Not where it was asked before, where `fd` is no pipe, where somebody has made
  // the pipe smaller than pipes are, or where the user has too many wide ones (pipe(7)).
  bool Widen(int fd);

 private:
  bool asked_ = false;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_PIPE_ROOM_H_
