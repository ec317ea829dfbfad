#include "pdp/policy/json_pointer.h"

#include "absl/strings/str_cat.h"

namespace ostiary::pdp {

void AppendPointerKey(absl::string_view key, std::string* pointer) {
  pointer->push_back('/');
  for (const char c : key) {
    if (c == '~') {
      pointer->append("~0");
    } else if (c == '/') {
      pointer->append("~1");
    } else {
      pointer->push_back(c);
    }
  }
}

std::string JsonPointer::ToString() const {
  std::string out;
  for (const auto& step : steps_) {
    if (const auto* key = std::get_if<absl::string_view>(&step)) {
      AppendPointerKey(*key, &out);
    } else {
      absl::StrAppend(&out, "/", std::get<size_t>(step));
    }
  }
  return out;
}

}  // namespace ostiary::pdp
