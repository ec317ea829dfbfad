// SessionSource and a name that has several addresses, of which the first swallows what it is sent.
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/log.h"
#include "common/unique_fd.h"
#include "gtest/gtest.h"
#include "sidecar/pdp_client/channel.h"
#include "sidecar/pdp_client/session_source.h"
#include "tests/support/fake_pdp.h"
#include "tests/support/recording_sink.h"

namespace {

constexpr char kName[] = "several.pdp.test";
constexpr char kFirst[] = "127.0.0.2";
constexpr char kSecond[] = "127.0.0.3";

}  // namespace

// In place of the C library's, which gRPC's resolver calls: one name more.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  using Resolve = int(const char*, const char*, const addrinfo*, addrinfo**);
  static Resolve* const resolve = reinterpret_cast<Resolve*>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (node == nullptr || std::strcmp(node, kName) != 0) {
    return resolve(node, service, hints, result);
  }
  if (const int error = resolve(kFirst, service, hints, result); error != 0) return error;
  addrinfo* last = *result;
  while (last->ai_next != nullptr) last = last->ai_next;
  return resolve(kSecond, service, hints, &last->ai_next);
}

namespace ostiary::sidecar {
namespace {

// Accepts, as the kernel does for a stopped process, and never says a word.
UniqueFd ListenSilently(int port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(fd.get(), 16) != 0) {
    ADD_FAILURE() << "no listener at " << kFirst << ":" << port;
  }
  return fd;
}

TEST(SeveralAddresses, OneThatNeverAnswersDoesNotKeepTheOthersFromBeingAsked) {
  SetGrpcEnvironment();
  FakePdp pdp(absl::StrCat(kSecond, ":0"), FakePdp::Answering());
  const std::string port = pdp.address().substr(pdp.address().rfind(':') + 1);
  int number = 0;
  ASSERT_TRUE(absl::SimpleAtoi(port, &number)) << pdp.address();
  const UniqueFd silent = ListenSilently(number);

  SessionSourceOptions options;
  options.address = absl::StrCat(kName, ":", port);
  options.tls.insecure_tcp = InsecureTcp::kAllowed;
  options.agent = "researcher";
  options.server = "files";
  RecordingSink sink;
  const Log log(-1, LogLevel::kError, Clock::System());
  const MonoTime start = Clock::System().Now();
  const auto source = SessionSource::Create(options, &sink, Clock::System(), log);
  ASSERT_TRUE(source.ok()) << source.status();
  int attempts = 1;
  for (auto event = sink.Next(); event && std::holds_alternative<SourceLost>(*event);
       event = sink.Next()) {
    ASSERT_LT(++attempts, 4) << std::get<SourceLost>(*event).status;
  }
  const MonoDuration took = Clock::System().Now() - start;
  std::printf("a session with the second address at attempt %d, after %.0f ms\n", attempts,
              std::chrono::duration<double, std::milli>(took).count());
}

}  // namespace
}  // namespace ostiary::sidecar
