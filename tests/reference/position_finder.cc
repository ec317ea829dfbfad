#include "tests/reference/position_finder.h"

#include <cstddef>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"

namespace ostiary::reference {
namespace {

// A finger on the text.
class Walker {
 public:
  explicit Walker(const std::string& text) : text_(text) {}

  size_t at() const { return at_; }

  // Goes from the start of a value to the start of the child with this key or index.
  bool EnterChild(const std::string& step) {
    const char open = Peek();
    if (open != '{' && open != '[') return false;
    ++at_;
    for (size_t index = 0; Peek() != '}' && Peek() != ']'; ++index) {
      std::string name = absl::StrCat(index);
      if (open == '{') {
        name = ReadString();
        Expect(':');
      }
      Peek();  // skips the blanks before the value
      if (name == step) return true;
      SkipValue();
      if (Peek() == ',') ++at_;
    }
    return false;
  }

  void SkipBlanks() {
    while (at_ < text_.size() && std::strchr(" \t\r\n", text_[at_]) != nullptr) ++at_;
  }

 private:
  char Peek() {
    SkipBlanks();
    return at_ < text_.size() ? text_[at_] : '}';
  }

  void Expect(char wanted) {
    if (Peek() == wanted) ++at_;
  }

  std::string ReadString() {
    Peek();
    const size_t begin = at_;
    SkipValue();
    const auto value = nlohmann::json::parse(text_.substr(begin, at_ - begin), nullptr,
                                             /*allow_exceptions=*/false);
    return value.is_string() ? value.get<std::string>() : "";
  }

  // A string, a number or a word to its end; a list or an object to its closing bracket.
  void SkipValue() {
    Peek();
    size_t depth = 0;
    bool in_string = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (in_string) {
        if (c == '\\') {
          ++at_;
        } else if (c == '"') {
          in_string = false;
        }
        continue;
      }
      if (depth == 0 && std::strchr(",:]} \t\r\n", c) != nullptr) return;
      if (c == '"') in_string = true;
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
    }
  }

  const std::string& text_;
  size_t at_ = 0;
};

}  // namespace

std::optional<Position> FindPosition(const std::string& text, const std::string& pointer) {
  Walker walker(text);
  walker.SkipBlanks();
  std::vector<std::string> steps = absl::StrSplit(pointer, '/');
  for (size_t index = 1; index < steps.size(); ++index) {
    const std::string step = absl::StrReplaceAll(steps[index], {{"~1", "/"}, {"~0", "~"}});
    if (!walker.EnterChild(step)) return std::nullopt;
  }
  Position position = {1, 1};
  for (size_t index = 0; index < walker.at(); ++index) {
    ++position.column;
    if (text[index] == '\n') position = {position.line + 1, 1};
  }
  return position;
}

}  // namespace ostiary::reference
