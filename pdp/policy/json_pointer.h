// JsonPointer: the way from a file's root to a value, as RFC 6901 writes it.
//
// A value that one thread uses. Steps are views: what they point to must outlive the pointer.
#ifndef OSTIARY_PDP_POLICY_JSON_POINTER_H_
#define OSTIARY_PDP_POLICY_JSON_POINTER_H_

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace ostiary::pdp {

// Appends "/" and `key`, escaped ("~" is "~0", "/" is "~1").
void AppendPointerKey(absl::string_view key, std::string* pointer);

class JsonPointer {
 public:
  // Steps into a member or an element for the life of this object.
  class Step {
   public:
    Step(JsonPointer* pointer, absl::string_view key) : pointer_(pointer) {
      pointer_->steps_.emplace_back(key);
    }
    Step(JsonPointer* pointer, size_t index) : pointer_(pointer) {
      pointer_->steps_.emplace_back(index);
    }
    ~Step() { pointer_->steps_.pop_back(); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    JsonPointer* const pointer_;
  };

  std::string ToString() const;

 private:
  std::vector<std::variant<absl::string_view, size_t>> steps_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_JSON_POINTER_H_
