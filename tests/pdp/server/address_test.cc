#include "pdp/server/address.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pdp/server/server_options.h"

namespace ostiary::pdp {
namespace {

using testing::HasSubstr;

struct GoodCase {
  const char* text;
  const char* target;
  bool local;
};

TEST(AddressTest, ReadsWhatPeopleWrite) {
  const GoodCase cases[] = {
      {"127.0.0.1:7443", "dns:///127.0.0.1:7443", true},
      {"127.9.9.9:0", "dns:///127.9.9.9:0", true},
      {"localhost:7443", "dns:///localhost:7443", true},
      {"[::1]:65535", "dns:///[::1]:65535", true},
      {"[::]:1", "dns:///[::]:1", false},
      {"0.0.0.0:7443", "dns:///0.0.0.0:7443", false},
      {"pdp-7.example.com:1", "dns:///pdp-7.example.com:1", false},
      {"7.example:1", "dns:///7.example:1", false},
      {"pdp.cluster.local.:1", "dns:///pdp.cluster.local.:1", false},
      {"128.0.0.1:7443", "dns:///128.0.0.1:7443", false},
      {"pdp.ostiary.svc:7443", "dns:///pdp.ostiary.svc:7443", false},
      {"localhost.example.com:1", "dns:///localhost.example.com:1", false},
      {"unix:/run/pdp.sock", "unix:/run/pdp.sock", true},
      {"unix:relative", "unix:relative", true},
  };
  for (const GoodCase& c : cases) {
    const absl::StatusOr<Address> address = Address::Parse(c.text);
    ASSERT_TRUE(address.ok()) << c.text << ": " << address.status();
    EXPECT_EQ(address->ToString(), c.text);
    EXPECT_EQ(address->ChannelTarget(), c.target);
    EXPECT_EQ(address->IsLocal(), c.local) << c.text;
  }
}

TEST(AddressTest, RefusesTheRestAndSaysWhy) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "the port is missing"},
      {"localhost", "the port is missing"},
      {":7443", "the host is none"},
      {"::1:7443", "the host is none"},
      {"[::1:7443", "the host is none"},
      {"[localhost]:7443", "the host is none"},
      {"999.1.1.1:7443", "the host is none"},
      {"999.1.1.1.:7443", "the host is none"},
      {"127.1:7443", "the host is none"},
      {"010.0.0.1:7443", "the host is none"},
      {"pdp.7:7443", "the host is none"},
      {"7:7443", "the host is none"},
      {"dns:///localhost:7443", "the host is none"},
      {"local host:7443", "the host is none"},
      {"localhost:", "the port is no number"},
      {"localhost:x", "the port is no number"},
      {"localhost:+1", "the port is no number"},
      {"localhost: 1", "the port is no number"},
      {"localhost:-1", "the port is no number"},
      {"localhost:65536", "the port is no number"},
      {"localhost:99999999999", "the port is no number"},
      {"unix:", "the path is empty"},
      {"unix:" + std::string(108, 'a'), "at most 107 bytes"},
  };
  for (const auto& [text, why] : cases) {
    const absl::StatusOr<Address> address = Address::Parse(text);
    EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(address.status().message()), HasSubstr(why)) << text;
  }
}

struct OptionsCase {
  const char* name;
  void (*change)(ServerOptions*);
  const char* error;  // nullptr: fine
};

TEST(ServerOptionsTest, AreCheckedBeforeAnyPortOpens) {
  const OptionsCase cases[] = {
      {"the defaults", [](ServerOptions*) {}, nullptr},
      {"no address", [](ServerOptions* o) { o->listen.clear(); }, "at least one address"},
      {"plaintext to all", [](ServerOptions* o) { o->listen = {"0.0.0.0:7443"}; },
       "--allow-insecure-tcp"},
      {"plaintext to all, spelt out",
       [](ServerOptions* o) {
         o->listen = {"0.0.0.0:7443"};
         o->plaintext_tcp = PlaintextTcp::kAnywhere;
       },
       nullptr},
      {"one address twice",
       [](ServerOptions* o) {
         o->listen = {"unix:a", "unix:a"};
       },
       "given twice"},
      {"two free ports",
       [](ServerOptions* o) {
         o->listen = {"[::1]:0", "[::1]:0"};
       },
       nullptr},
      {"not an address", [](ServerOptions* o) { o->listen = {"7443"}; }, "is no address"},
      {"a short lease", [](ServerOptions* o) { o->sessions.lease = absl::Seconds(9); }, "lease"},
      {"no heartbeat",
       [](ServerOptions* o) { o->sessions.heartbeat_interval = absl::ZeroDuration(); },
       "heartbeat"},
      {"an endless grace", [](ServerOptions* o) { o->drain_grace = absl::InfiniteDuration(); },
       "drain-grace"},
      {"no batch", [](ServerOptions* o) { o->requests.max_accesses = 0; }, "max-batch"},
      {"tiny messages", [](ServerOptions* o) { o->max_message_bytes = 1; }, "max-message-bytes"},
  };
  for (const OptionsCase& c : cases) {
    ServerOptions options;
    c.change(&options);
    const absl::Status status = options.Validate();
    if (c.error == nullptr) {
      EXPECT_TRUE(status.ok()) << c.name << ": " << status;
    } else {
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.name;
      EXPECT_THAT(std::string(status.message()), HasSubstr(c.error)) << c.name;
    }
  }
}

}  // namespace
}  // namespace ostiary::pdp
