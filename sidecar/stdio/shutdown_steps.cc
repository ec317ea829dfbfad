#include "sidecar/stdio/shutdown_steps.h"

namespace ostiary::sidecar {
namespace {

void Note(std::optional<MonoTime>* since, bool seen, MonoTime now) {
  if (seen && !since->has_value()) *since = now;
}

}  // namespace

ShutdownStep ShutdownSteps::Next(const ShutdownView& view, MonoTime now) {
  deadline_.reset();
  Observe(view, now);
  if (view.server_started) {
    if (ShouldCloseInput(view, now)) {
      asked_ = now;
      return ShutdownStep::kCloseServerInput;
    }
    if (ShouldTerminate(view, now)) {
      terminated_ = now;
      return ShutdownStep::kTerminateGroup;
    }
    if (ShouldKill(view, now)) {
      killed_ = now;
      return ShutdownStep::kKillGroup;
    }
    if (ShouldAnnounce(view, now)) {
      announced_ = now;
      stalled_ = now;
      return ShutdownStep::kAnnounceServerGone;
    }
  }
  return ShouldLeave(view, now) ? ShutdownStep::kLeave : ShutdownStep::kNone;
}

void ShutdownSteps::Observe(const ShutdownView& view, MonoTime now) {
  const bool client_reads = view.to_client_written != to_client_written_;
  const bool server_reads = view.to_server_written != to_server_written_;
  to_client_written_ = view.to_client_written;
  to_server_written_ = view.to_server_written;
  Note(&client_gone_, view.client_input_closed || view.client_output_broken, now);
  const bool unread = view.client_input_closed && !view.client_input_ended;
  if (unread && !view.client_output_broken && (client_reads || server_reads)) client_gone_ = now;
  Note(&told_, view.told_to_end, now);
  Note(&server_ended_, view.server_ended, now);
  Note(&output_ended_, view.server_output_ended, now);
  // A server that does not read any more is of no use and is asked to go.
  Note(&asked_, view.server_input_broken, now);
  Note(&stalled_, view.server_ended, now);
  if (was_paused_ && last_words_.has_value()) *last_words_ += now - last_;
  Note(&last_words_, view.server_ended, now);
  was_paused_ = view.server_output_paused;
  last_ = now;
  if (stalled_.has_value() && client_reads) stalled_ = now;
}

// Whether `wait` has passed; if not, that moment is one to come back at.
bool ShutdownSteps::Past(const Since& since, MonoDuration wait, MonoTime now) {
  if (!since.has_value()) return false;
  if (now >= *since + wait) return true;
  if (!deadline_.has_value() || *since + wait < *deadline_) deadline_ = *since + wait;
  return false;
}

bool ShutdownSteps::ShouldCloseInput(const ShutdownView& view, MonoTime now) {
  if (!view.server_input_open) return false;
  if (view.told_to_end || view.client_output_broken || view.server_output_ended ||
      view.server_ended) {
    return true;
  }
  if (view.client_input_ended && !view.decisions_wait && !view.to_server_pending) return true;
  return Past(client_gone_, times_.decide, now);
}

bool ShutdownSteps::ShouldTerminate(const ShutdownView& view, MonoTime now) {
  if (terminated_.has_value() || killed_.has_value() || view.server_ended) return false;
  return told_.has_value() || Past(asked_, times_.ask_to_end, now);
}

bool ShutdownSteps::ShouldKill(const ShutdownView& view, MonoTime now) {
  if (killed_.has_value()) return false;
  if (view.server_ended && view.server_output_ended) return true;
  return Past(server_ended_, times_.kill_rest, now) || Past(told_, times_.told_kill, now) ||
         Past(terminated_, times_.kill, now);
}

bool ShutdownSteps::ShouldAnnounce(const ShutdownView& view, MonoTime now) {
  if (announced_.has_value()) return false;
  if (TimeToLeave(now)) return true;
  if (view.server_output_ended) {
    // Mostly because it ended, and how is heard a moment later.
    if (!view.server_ended && !Past(output_ended_, times_.hear_of_end, now)) return false;
    // Its last words first: each decision has its own deadline, which may be far.
    return !view.server_words_wait || view.client_output_broken ||
           Past(last_words_, times_.output_endless, now);
  }
  // While the client does not read, the server's last words still stand in its pipe.
  if (view.server_output_paused) return Past(stalled_, times_.client_stalled, now);
  if (view.server_output_idle && Past(last_words_, times_.output_silent, now)) return true;
  return Past(last_words_, times_.output_endless, now);
}

bool ShutdownSteps::TimeToLeave(MonoTime now) {
  return Past(told_, times_.told_leave, now) || Past(client_gone_, times_.leave, now);
}

bool ShutdownSteps::ShouldLeave(const ShutdownView& view, MonoTime now) {
  if (TimeToLeave(now)) return true;
  if (!view.server_started) {
    if (!told_.has_value() && !client_gone_.has_value()) return false;
    if (view.client_output_broken) return true;
    if (view.to_client_pending) return false;
    return told_.has_value() || (view.client_input_ended && !view.decisions_wait);
  }
  if (!announced_.has_value()) return false;
  // One that survives SIGKILL is in the kernel's hands.
  if (!view.server_ended) return Past(killed_, times_.output_silent, now);
  if (!killed_.has_value()) return false;
  if (view.client_output_broken) return true;
  if (!view.to_client_pending) {
    // Requests that the client sent before it could know get their errors, too.
    return view.client_input_idle || view.client_input_ended || told_.has_value() ||
           Past(announced_, times_.last_requests, now);
  }
  return Past(stalled_, times_.client_stalled, now);
}

}  // namespace ostiary::sidecar
