#include "pdp/policy/json_pointer.h"

#include <cstddef>

#include "absl/strings/str_cat.h"

namespace ostiary::pdp {

void AppendPointerKey(absl::string_view key, std::string* pointer) {
  pointer->push_back('/');
  size_t written = 0;
  for (size_t i = 0; i < key.size(); ++i) {
    if (key[i] != '~' && key[i] != '/') continue;
    pointer->append(key.data() + written, i - written);
    pointer->append(key[i] == '~' ? "~0" : "~1");
    written = i + 1;
  }
  pointer->append(key.data() + written, key.size() - written);
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
