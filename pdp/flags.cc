#include "pdp/flags.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace ostiary::pdp {

CLI::Option* FromEnvironment(CLI::Option* option) {
  const std::string name = option->get_name().substr(2);
  return option->envname(
      absl::AsciiStrToUpper(absl::StrCat("OSTIARY_", absl::StrReplaceAll(name, {{"-", "_"}}))));
}

const CLI::Validator& NotEmpty() {
  static const CLI::Validator* const validator = new CLI::Validator(
      [](std::string& value) { return value.empty() ? "must not be empty" : std::string(); }, "");
  return *validator;
}

const CLI::Validator& Positive() {
  static const CLI::Validator* const validator = new CLI::Validator(
      [](std::string& value) {
        int64_t number = 0;
        const bool good = absl::SimpleAtoi(value, &number) && number > 0;
        return good ? std::string() : "is a whole number, at least 1";
      },
      "");
  return *validator;
}

CLI::Option* AddText(CLI::App* app, const std::string& flag, std::string* value,
                     const std::string& help) {
  return FromEnvironment(app->add_option(flag, *value, help))->check(NotEmpty());
}

CLI::Option* AddDuration(CLI::App* app, const std::string& flag, absl::Duration* value,
                         const std::string& help) {
  const auto read = [value, flag](const std::string& text) {
    if (!absl::ParseDuration(text, value)) {
      throw CLI::ValidationError(flag, "is a duration, such as 5s or 500ms");
    }
  };
  return FromEnvironment(app->add_option_function<std::string>(flag, read, help))
      ->type_name("DURATION")
      ->default_str(absl::FormatDuration(*value));
}

}  // namespace ostiary::pdp
