// Session: what the two sides of an enforcer share. Owned by the Enforcer, used by its thread.
#ifndef OSTIARY_SIDECAR_CORE_SESSION_H_
#define OSTIARY_SIDECAR_CORE_SESSION_H_

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/log.h"
#include "sidecar/core/decision_source.h"
#include "sidecar/core/decisions.h"
#include "sidecar/core/enforcer.h"
#include "sidecar/core/line_edits.h"
#include "sidecar/core/listen_streams.h"
#include "sidecar/core/methods.h"
#include "sidecar/core/open_requests.h"
#include "sidecar/core/shown_lists.h"
#include "sidecar/core/task_table.h"

namespace ostiary::sidecar {

struct Session {
  static constexpr size_t kMaxTasks = 10'000;

  Session(EnforcerOptions options, DecisionSource* source, EnforcerOutput* output, const Log& log)
      : options(std::move(options)),
        output(output),
        log(log),
        decisions({this->options.decision_timeout, this->options.max_waiting_bytes,
                   this->options.max_cached_decisions},
                  source),
        client_requests(this->options.max_open_requests),
        server_requests(this->options.max_open_requests) {}

  // The agent may use the server: starts it unless it was started.
  void EnsureServer() {
    if (!server_started) {
      server_started = true;
      output->StartServer();
    }
  }

  // Sends the client `line` with these edits; as it came where there are none.
  void ToClient(absl::string_view line, LineEdits edits) {
    if (edits.empty()) {
      output->ToClient(line);
    } else {
      output->ToClient(ApplyEdits(line, std::move(edits)));
    }
  }

  const EnforcerOptions options;
  EnforcerOutput* const output;
  const Log& log;

  Decisions decisions;
  OpenRequests client_requests;  // sent by the client
  OpenRequests server_requests;  // sent by the server
  bool server_started = false;
  std::optional<std::string> server_gone;  // why

  TaskTable tasks{kMaxTasks};  // made by calls of this session
  ShownLists shown;
  ListenStreams listens;
  // By ListGroup: the server has such a list, as far as it has said; and the client was told, in
  // the answer to initialize, that it will hear when it changes. In 2026-07-28 a client may have
  // heard what the server has from another process of its kind.
  std::array<bool, kListGroups> has_list = {true, true, true};
  std::array<bool, kListGroups> promised = {};
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_SESSION_H_
