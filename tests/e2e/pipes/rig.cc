#include "tests/e2e/pipes/rig.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"

namespace ostiary {
namespace {

constexpr char kRules[] =
    R"({"agents": {"a": {"allow": {"servers": ["s"]}, "deny": {"tools": {"s": ["denied_*"]}}}}})";

UniqueFd Listen(const std::string& path) {
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  EXPECT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  return listener;
}

}  // namespace

RulesFolder::RulesFolder() {
  std::string path = ::testing::TempDir() + "/ostiary_pipes_XXXXXX";
  folder_ = ::mkdtemp(path.data());
  std::ofstream(Path("rules.json")) << kRules;
}

RulesFolder::~RulesFolder() { std::filesystem::remove_all(folder_); }

std::string RulesFolder::Path(absl::string_view name) const {
  return absl::StrCat(folder_, "/", name);
}

std::vector<std::string> RulesFolder::Sidecar(const std::vector<std::string>& command,
                                              const std::vector<std::string>& flags) const {
  const char* const other = std::getenv("OSTIARY_TEST_SIDECAR");
  std::vector<std::string> arguments = {other == nullptr ? SIDECAR : other,
                                        "run",
                                        "--agent",
                                        "a",
                                        "--server",
                                        "s",
                                        "--rules",
                                        Path("rules.json")};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), command.begin(), command.end());
  return arguments;
}

Rig::Rig(const std::vector<std::string>& flags) {
  const UniqueFd listener = Listen(folder_.Path("socket"));
  sidecar_ =
      std::make_unique<TestProcess>(folder_.Sidecar({LEND_STDIO, folder_.Path("socket")}, flags));
  Borrow(listener.get());
  client_ = std::make_unique<LineEnd>(sidecar_->output_fd(), sidecar_->input_fd());
  server_ = std::make_unique<LineEnd>(server_input_.get(), server_output_.get());
}

void Rig::Borrow(int listener) {
  pollfd slot = {listener, POLLIN, 0};
  ASSERT_EQ(::poll(&slot, 1, 20'000), 1) << "the server was not started";
  lender_.Reset(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  int lent[2];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(lent))] = {};
  char byte = 0;
  iovec text = {&byte, 1};
  msghdr message = {};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ASSERT_EQ(::recvmsg(lender_.get(), &message, MSG_CMSG_CLOEXEC), 1);
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  ASSERT_NE(header, nullptr);
  std::memcpy(lent, CMSG_DATA(header), sizeof(lent));
  server_input_.Reset(lent[0]);
  server_output_.Reset(lent[1]);
}

void Rig::Ping() {
  const std::string request = R"({"jsonrpc":"2.0","id":"ping","method":"ping"})";
  const std::string answer = R"({"jsonrpc":"2.0","id":"ping","result":{}})";
  ASSERT_TRUE(client().Write(absl::StrCat(request, "\n")));
  ASSERT_EQ(server().ReadLine().value_or("(nothing)"), request);
  ASSERT_TRUE(server().Write(absl::StrCat(answer, "\n")));
  ASSERT_EQ(client().ReadLine().value_or("(nothing)"), answer);
}

}  // namespace ostiary
