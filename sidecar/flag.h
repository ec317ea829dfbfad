// What the subcommands' flags have in common: the variable beside each, and their types.
#ifndef OSTIARY_SIDECAR_FLAG_H_
#define OSTIARY_SIDECAR_FLAG_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace ostiary::sidecar {

// The words behind `ostiary-sidecar`: those before the first --, and those behind it.
struct Words {
  std::vector<std::string> arguments;
  std::vector<std::string> command;
};

// --max-line-bytes can come as OSTIARY_MAX_LINE_BYTES.
inline std::string VariableName(absl::string_view flag) {
  return absl::StrCat("OSTIARY_", absl::AsciiStrToUpper(absl::StrReplaceAll(flag, {{"-", "_"}})));
}

// Adds --`flag`, which may also come from the environment.
template <typename T>
CLI::Option* AddFlag(CLI::App* app, const std::string& flag, T* value, const std::string& help) {
  return app->add_option("--" + flag, *value, help)->envname(VariableName(flag));
}

// More than nothing, and at most an hour.
CLI::Validator IsDuration();

// Whether --`flag` stands on the command line, and did not come from the environment.
bool GivenAsFlag(absl::string_view flag, const Words& words);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_FLAG_H_
