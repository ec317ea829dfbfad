#include "sidecar/stdio/catalog_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ostiary::sidecar {
namespace {

using ::testing::ElementsAre;

TEST(CommandFromCatalog, TakesCommandArgumentsAndEnvironment) {
  const auto command = CommandFromCatalog(
      R"({"mcpServers": {"fs": {"command": "${RUNNER:-npx}", "args": ["-y", "${HOME}/x", "$HOME"],
          "env": {"TOKEN": "t-${SECRET}", "HOME": "/new"}}}})",
      "fs", {"HOME=/root", "SECRET=s3", "SECRETS=no"});
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_THAT(command->arguments, ElementsAre("npx", "-y", "/root/x", "$HOME"));
  EXPECT_THAT(command->environment,
              ElementsAre("SECRET=s3", "SECRETS=no", "TOKEN=t-s3", "HOME=/new"));
}

TEST(CommandFromCatalog, SaysWhatIsWrong) {
  const struct {
    const char* catalog;
    const char* message;
  } cases[] = {
      {R"({"mcpServers": {}})", "it has no server fs under mcpServers"},
      {R"([])", "it has no server fs under mcpServers"},
      {R"({"mcpServers": {"fs": {"url": "https://x"}}})",
       "server fs: it has no command: only stdio servers can be started"},
      {R"({"mcpServers": {"fs": {"command": 1}}})", "server fs: command is not a string"},
      {R"({"mcpServers": {"fs": {"command": "a", "args": "b"}}})", "server fs: args is not a list"},
      {R"({"mcpServers": {"fs": {"command": "a", "args": [1]}}})",
       "server fs: an item of args is not a string"},
      {R"({"mcpServers": {"fs": {"command": "a", "env": []}}})", "server fs: env is not an object"},
      {R"({"mcpServers": {"fs": {"command": "a", "args": ["${GONE}"]}}})",
       "server fs: it needs the environment variable GONE, which is not set"},
      {R"({"mcpServers": {"fs": {"command": "a\u0000b"}}})", "server fs: it has a NUL in a value"},
  };
  for (const auto& test : cases) {
    const auto command = CommandFromCatalog(test.catalog, "fs", {});
    EXPECT_EQ(command.status().message(), test.message) << test.catalog;
  }
}

}  // namespace
}  // namespace ostiary::sidecar
