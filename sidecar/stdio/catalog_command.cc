#include "sidecar/stdio/catalog_command.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/json/json_document.h"
#include "common/status_macros.h"

namespace ostiary::sidecar {
namespace {

using Environment = std::vector<std::string>;

std::optional<absl::string_view> Lookup(const Environment& environment, absl::string_view name) {
  for (const std::string& variable : environment) {
    absl::string_view rest(variable);
    if (absl::StartsWith(rest, name) && absl::StartsWith(rest.substr(name.size()), "=")) {
      return rest.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::string> Expand(absl::string_view text, const Environment& environment) {
  std::string expanded;
  while (true) {
    const size_t open = text.find("${");
    const size_t close = open == absl::string_view::npos ? open : text.find('}', open);
    if (close == absl::string_view::npos) break;
    absl::StrAppend(&expanded, text.substr(0, open));
    const absl::string_view inside = text.substr(open + 2, close - open - 2);
    const size_t otherwise = inside.find(":-");
    const absl::string_view name = inside.substr(0, otherwise);
    if (const auto value = Lookup(environment, name); value.has_value()) {
      absl::StrAppend(&expanded, *value);
    } else if (otherwise != absl::string_view::npos) {
      absl::StrAppend(&expanded, inside.substr(otherwise + 2));
    } else {
      return absl::NotFoundError(
          absl::StrCat("it needs the environment variable ", name, ", which is not set"));
    }
    text.remove_prefix(close + 1);
  }
  absl::StrAppend(&expanded, text);
  // Neither an argument nor a variable can hold one.
  if (absl::StrContains(expanded, absl::string_view("\0", 1))) {
    return absl::InvalidArgumentError("it has a NUL in a value");
  }
  return expanded;
}

absl::StatusOr<std::string> ExpandValue(const JsonValue& value, absl::string_view what,
                                        const Environment& environment) {
  if (!value.is_string()) return absl::InvalidArgumentError(absl::StrCat(what, " is not a string"));
  return Expand(value.string_copy(), environment);
}

void Set(Environment* environment, absl::string_view name, absl::string_view value) {
  const std::string prefix = absl::StrCat(name, "=");
  environment->erase(std::remove_if(environment->begin(), environment->end(),
                                    [&](const std::string& variable) {
                                      return absl::StartsWith(variable, prefix);
                                    }),
                     environment->end());
  environment->push_back(absl::StrCat(prefix, value));
}

absl::StatusOr<ServerCommand> CommandOf(const JsonValue& entry, const Environment& environment) {
  const auto member = [&entry](absl::string_view key) {
    return entry.is_object() ? entry.Find(key) : std::nullopt;
  };
  const auto program = member("command");
  if (!program.has_value()) {
    return absl::InvalidArgumentError("it has no command: only stdio servers can be started");
  }
  ServerCommand command;
  OSTIARY_ASSIGN_OR_RETURN(std::string path, ExpandValue(*program, "command", environment));
  command.arguments.push_back(std::move(path));
  if (const auto args = member("args"); args.has_value()) {
    if (!args->is_array()) return absl::InvalidArgumentError("args is not a list");
    for (auto arg = args->first_element(); arg; arg = arg->next_element()) {
      OSTIARY_ASSIGN_OR_RETURN(std::string text, ExpandValue(*arg, "an item of args", environment));
      command.arguments.push_back(std::move(text));
    }
  }
  command.environment = environment;
  if (const auto env = member("env"); env.has_value()) {
    if (!env->is_object()) return absl::InvalidArgumentError("env is not an object");
    for (auto key = env->first_key(); key; key = key->next_key()) {
      OSTIARY_ASSIGN_OR_RETURN(std::string text,
                               ExpandValue(key->member_value(), "a value of env", environment));
      Set(&command.environment, key->string_copy(), text);
    }
  }
  return command;
}

}  // namespace

absl::StatusOr<ServerCommand> CommandFromCatalog(absl::string_view catalog,
                                                 absl::string_view server,
                                                 const std::vector<std::string>& environment) {
  JsonDocument document;
  if (!document.Parse(catalog)) {
    return absl::InvalidArgumentError(absl::StrCat("not JSON: ", document.error().message,
                                                   " (byte ", document.error().offset, ")"));
  }
  std::optional<JsonValue> servers;
  if (document.root().is_object()) servers = document.root().Find("mcpServers");
  std::optional<JsonValue> entry;
  if (servers.has_value() && servers->is_object()) entry = servers->Find(server);
  if (!entry.has_value()) {
    return absl::NotFoundError(absl::StrCat("it has no server ", server, " under mcpServers"));
  }
  auto command = CommandOf(*entry, environment);
  if (command.ok()) return command;
  return absl::Status(command.status().code(),
                      absl::StrCat("server ", server, ": ", command.status().message()));
}

}  // namespace ostiary::sidecar
