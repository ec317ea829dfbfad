#include "sidecar/stdio/close_fds.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <vector>

namespace ostiary::sidecar {
namespace {

// From here on close_range(2) fails with `error`, as on an old kernel or in an old container.
void RefuseCloseRange(int error) {
  sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {4, steps};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    std::_Exit(3);
  }
  if (::close_range(1000, 1000, 0) == 0 || errno != error) std::_Exit(4);
}

bool IsOpen(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

// In a process of its own, whose status is 0 where all is as it has to be.
[[noreturn]] void CloseAndLook(int error) {
  const int low = ::open("/dev/null", O_RDONLY);
  std::vector<int> fds;
  for (const int number : {100, 101, 102, 103, 900}) fds.push_back(::dup2(low, number));
  if (error != 0) RefuseCloseRange(error);
  CloseAllBut({103, 101});
  const bool right = IsOpen(0) && IsOpen(1) && IsOpen(2) && !IsOpen(low) && !IsOpen(100) &&
                     IsOpen(101) && !IsOpen(102) && IsOpen(103) && !IsOpen(900);
  std::_Exit(right ? 0 : 2);
}

TEST(CloseFdsTest, ClosesWhatIsNotKept) {
  for (const int error : {0, ENOSYS, EPERM}) {
    EXPECT_EXIT(CloseAndLook(error), ::testing::ExitedWithCode(0), "") << error;
  }
}

}  // namespace
}  // namespace ostiary::sidecar
