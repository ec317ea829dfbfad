// intruder: a library that writes /tmp/intruder when anything loads it: as a preload, as a module
// that looks up names, or under the name of a library that a program wants.
#include <fcntl.h>
#include <unistd.h>

namespace {

[[gnu::constructor]] void Intrude() {
  const int fd = ::open("/tmp/intruder", O_WRONLY | O_CREAT, 0644);
  if (fd >= 0) ::close(fd);
}

}  // namespace
