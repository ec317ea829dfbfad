// lend_stdio PATH: an MCP server without a mind of its own. Sends its stdin and stdout to the Unix
// socket at PATH, so that the test that listens there is the server, and stays until it is killed
// or the test hangs up.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (argc != 2 || std::strlen(argv[1]) >= sizeof(address.sun_path)) return 64;
  std::strcpy(address.sun_path, argv[1]);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    std::perror("lend_stdio: connect");
    return 69;
  }
  const int lent[] = {STDIN_FILENO, STDOUT_FILENO};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(lent))] = {};
  char byte = 0;
  iovec text = {&byte, 1};
  msghdr message = {};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(lent));
  std::memcpy(CMSG_DATA(header), lent, sizeof(lent));
  if (::sendmsg(socket, &message, 0) != 1) return 69;
  // The test's alone from now on.
  ::close(STDIN_FILENO);
  ::close(STDOUT_FILENO);
  while (::read(socket, &byte, 1) > 0) {
  }
  return 0;
}
