// How ostiary-pdp's flags are declared: each can also be given in the environment, and each says
// what is wrong with its value. For main.cc alone, before any thread runs.
#ifndef OSTIARY_PDP_FLAGS_H_
#define OSTIARY_PDP_FLAGS_H_

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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

// One of these words, and no number of one, as CLI11's own transformers take; the default is the
// one whose value `*value` has.
template <typename Value>
CLI::Option* AddChoice(CLI::App* app, const std::string& flag, Value* value,
                       const std::vector<std::pair<std::string, Value>>& choices,
                       const std::string& help) {
  const std::string words = absl::StrJoin(
      choices, "|", [](std::string* out, const auto& choice) { out->append(choice.first); });
  const auto read = [=](const std::string& word) {
    for (const auto& [name, meant] : choices) {
      if (name != word) continue;
      *value = meant;
      return;
    }
    throw CLI::ValidationError(absl::StrCat(flag, " is ", words));
  };
  const auto chosen = std::find_if(choices.begin(), choices.end(),
                                   [value](const auto& choice) { return choice.second == *value; });
  return FromEnvironment(app->add_option_function<std::string>(flag, read, help))
      ->type_name(words)
      ->default_str(chosen->first);
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_FLAGS_H_
