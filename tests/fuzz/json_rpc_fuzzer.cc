// MessageReader on any line: what it lets through, nlohmann reads as the same message, and reading
// it again gives the same.
#include <cstdint>
#include <set>
#include <string>

#include "nlohmann/json.hpp"
#include "sidecar/core/cut_line.h"
#include "sidecar/core/json_rpc.h"
#include "tests/fuzz/fuzz_check.h"

namespace ostiary::sidecar {
namespace {

using nlohmann::json;

std::string Std(absl::string_view text) { return {text.data(), text.size()}; }

// Nothing in an accepted line ends it, or makes it another, for a reader of another language.
void CheckBytes(absl::string_view line) {
  OSTIARY_FUZZ_CHECK(line.find_first_of(absl::string_view("\r\n\0", 3)) == line.npos, line);
  OSTIARY_FUZZ_CHECK(line.front() == '{' && line.back() == '}', line);
}

// Every key of an object once, also for a reader that does not look at case.
bool KeysAreUnique(absl::string_view line) {
  bool unique = true;
  std::set<std::string> seen;
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth == 1 && event == json::parse_event_t::key) {
      unique &= seen.insert(parsed.get<std::string>()).second;
    }
    return true;
  };
  const json parsed = json::parse(line.begin(), line.end(), watch, false);
  return parsed.is_discarded() || unique;
}

void CheckAgainstPeer(const Message& message) {
  OSTIARY_FUZZ_CHECK(KeysAreUnique(message.line), message.line);
  const json peer = json::parse(message.line.begin(), message.line.end(), nullptr, false);
  if (peer.is_discarded()) return;  // a number past its range, or half a surrogate pair deeper down
  OSTIARY_FUZZ_CHECK(peer.is_object(), message.line);
  OSTIARY_FUZZ_CHECK(peer.at("jsonrpc") == "2.0", message.line);
  OSTIARY_FUZZ_CHECK(peer.contains("method") == (message.kind != MessageKind::kResponse),
                     message.line);
  OSTIARY_FUZZ_CHECK(peer.contains("id") == (message.kind != MessageKind::kNotification),
                     message.line);
  OSTIARY_FUZZ_CHECK(peer.contains("result") == message.result().has_value(), message.line);
  OSTIARY_FUZZ_CHECK(peer.contains("error") == message.error().has_value(), message.line);
  if (message.kind != MessageKind::kResponse) {
    OSTIARY_FUZZ_CHECK(peer["method"] == Std(message.method), message.line);
  }
  if (message.id.kind == IdKind::kInteger) {
    OSTIARY_FUZZ_CHECK(peer["id"].is_number_integer() && peer["id"] == message.id.number,
                       message.line);
  } else if (message.id.kind == IdKind::kString) {
    OSTIARY_FUZZ_CHECK(peer["id"] == Std(message.id.text), message.line);
  }
  for (size_t i = 0; i < kParamsKeys; ++i) {
    const auto value = message.params[i];
    OSTIARY_FUZZ_CHECK(value.has_value() == (peer.contains("params") &&
                                             peer["params"].contains(Std(kParamsKeyNames[i]))),
                       message.line);
    if (value && value->is_string() && !value->has_lone_surrogate()) {
      OSTIARY_FUZZ_CHECK(peer["params"][Std(kParamsKeyNames[i])] == value->string_copy(),
                         message.line);
    }
  }
}

}  // namespace
}  // namespace ostiary::sidecar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ostiary::sidecar;  // NOLINT(google-build-using-namespace)
  static MessageReader reader(ostiary::JsonLimits{1U << 20, 64});
  static MessageReader again(ostiary::JsonLimits{1U << 20, 64});
  const absl::string_view line(reinterpret_cast<const char*>(data), size);
  const MessageId of_request = IdOfCutLine(line, line, CutLineShape::kRequest);
  const MessageId of_response = IdOfCutLine(line, line, CutLineShape::kResponse);
  const Message* const message = reader.Read(line);
  if (message == nullptr) {
    const Refusal& refusal = reader.refusal();
    OSTIARY_FUZZ_CHECK(!refusal.why.empty(), line);
    OSTIARY_FUZZ_CHECK(refusal.code == kParseError || refusal.code == kInvalidRequest, line);
    OSTIARY_FUZZ_CHECK(refusal.code != kParseError || refusal.id.kind == IdKind::kNone, line);
    return 0;
  }
  CheckBytes(message->line);
  CheckAgainstPeer(*message);
  for (const MessageId& id : {of_request, of_response}) {
    OSTIARY_FUZZ_CHECK(id.kind == IdKind::kNone || IdEq()(id, message->id), line);
  }
  const Message* const second = again.Read(message->line);
  OSTIARY_FUZZ_CHECK(second != nullptr && second->line == message->line &&
                         second->kind == message->kind && IdEq()(second->id, message->id) &&
                         second->method == message->method,
                     line);
  return 0;
}
