#include "sidecar/core/listen_streams.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sidecar/core/known_keys.h"

namespace ostiary::sidecar {
namespace {

std::string Stamped(ListGroup group, const StoredId& id) {
  return absl::StrCat(R"({"jsonrpc":"2.0","method":")", ListChangedMethod(group),
                      R"(","params":{"_meta":{")", kMetaKeyNames[kSubscriptionId], R"(":)",
                      id.json(), "}}}");
}

}  // namespace

ListenStreams::Groups ListenStreams::Wanted(const std::optional<JsonValue>& notifications) {
  Groups wanted = {};
  if (notifications && notifications->is_object()) {
    for (const ListGroup group : kAllListGroups) {
      const auto index = static_cast<size_t>(group);
      const std::optional<JsonValue> asked = notifications->Find(kListenKeyNames[index]);
      wanted[index] = asked && asked->is_bool() && asked->bool_value();
    }
  }
  return wanted;
}

void ListenStreams::Open(const StoredId& id, const Groups& wanted) {
  if (streams_.size() < kMaxStreams) {
    streams_.push_back({id, wanted});
  }
}

ListenStreams::Stream* ListenStreams::FindStream(const MessageId& id) {
  const auto found = std::find_if(streams_.begin(), streams_.end(),
                                  [&id](const Stream& s) { return IdEq()(s.id, id); });
  return found == streams_.end() ? nullptr : &*found;
}

void ListenStreams::Close(const MessageId& id) {
  if (const Stream* const stream = FindStream(id)) {
    streams_.erase(streams_.begin() + (stream - streams_.data()));
  }
}

const ListenStreams::Groups* ListenStreams::Find(const MessageId& id) const {
  const auto found = std::find_if(streams_.begin(), streams_.end(),
                                  [&id](const Stream& s) { return IdEq()(s.id, id); });
  return found == streams_.end() ? nullptr : &found->wanted;
}

std::vector<std::string> ListenStreams::Acknowledge(const MessageId& id, const Groups& honoured) {
  std::vector<std::string> lines;
  Stream* const stream = FindStream(id);
  if (stream == nullptr) {
    return lines;
  }
  stream->acknowledged = true;
  stream->wanted = honoured;
  for (const ListGroup group : kAllListGroups) {
    const auto index = static_cast<size_t>(group);
    if (std::exchange(stream->owed[index], false) && honoured[index]) {
      lines.push_back(Stamped(group, stream->id));
    }
  }
  return lines;
}

std::vector<std::string> ListenStreams::Notify(ListGroup group) {
  std::vector<std::string> lines;
  for (Stream& stream : streams_) {
    if (!stream.wanted[static_cast<size_t>(group)]) {
      continue;
    }
    if (stream.acknowledged) {
      lines.push_back(Stamped(group, stream.id));
    } else {
      stream.owed[static_cast<size_t>(group)] = true;
    }
  }
  return lines;
}

}  // namespace ostiary::sidecar
