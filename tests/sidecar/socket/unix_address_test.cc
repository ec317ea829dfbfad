// unix:PATH, as people write it.
#include "sidecar/socket/unix_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace ostiary::sidecar {
namespace {

using ::testing::HasSubstr;

TEST(UnixAddressTest, IsAPathBehindUnix) {
  for (const std::string path : {"/run/mcp/s.sock", "relative.sock", "with space", "unix:"}) {
    const absl::StatusOr<std::string> parsed = ParseUnixAddress("unix:" + path);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, path);
    EXPECT_EQ(std::string(UnixAddress(*parsed).sun_path), path);
  }
}

TEST(UnixAddressTest, SaysWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "write unix:PATH"},
      {"/run/mcp/s.sock", "write unix:PATH"},
      {"unix:", "write unix:PATH"},
      {"UNIX:/s", "write unix:PATH"},
      {"127.0.0.1:7443", "write unix:PATH"},
      {std::string("unix:\0abstract", 14), "there is a NUL"},
      {"unix:/" + std::string(107, 'x'), "the path has 108 bytes, and a socket's can have 107"},
  };
  for (const auto& [text, says] : cases) {
    const absl::Status status = ParseUnixAddress(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(says));
  }
  EXPECT_TRUE(ParseUnixAddress("unix:/" + std::string(106, 'x')).ok());
}

}  // namespace
}  // namespace ostiary::sidecar
