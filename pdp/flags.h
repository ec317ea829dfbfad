// How ostiary-pdp's flags are declared: each can also be given in the environment, and each says
// what is wrong with its value. For main.cc alone, before any thread runs.
#ifndef OSTIARY_PDP_FLAGS_H_
#define OSTIARY_PDP_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "absl/time/time.h"

namespace ostiary::pdp {

// "--mcp-config" can also be given as OSTIARY_MCP_CONFIG. Returns `option`.
CLI::Option* FromEnvironment(CLI::Option* option);

// For texts that must not be empty.
const CLI::Validator& NotEmpty();
// For whole numbers, at least 1. CLI11 by itself would wrap -1 to the largest unsigned number.
const CLI::Validator& Positive();

CLI::Option* AddText(CLI::App* app, const std::string& flag, std::string* value,
                     const std::string& help);

// As Go and Abseil write durations: "5s", "500ms".
CLI::Option* AddDuration(CLI::App* app, const std::string& flag, absl::Duration* value,
                         const std::string& help);

template <typename Number>
CLI::Option* AddNumber(CLI::App* app, const std::string& flag, Number* value,
                       const std::string& help) {
  return FromEnvironment(app->add_option(flag, *value, help))
      ->check(Positive())
      ->capture_default_str();
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_FLAGS_H_
