// ReloadSubject: something that is read from files and must keep in step with them: the policy
// (Reloader), and what else the process reads while it runs. One WatchLoop serves all of them,
// since a machine has few inotify instances to give.
#ifndef OSTIARY_PDP_RELOAD_RELOAD_SUBJECT_H_
#define OSTIARY_PDP_RELOAD_RELOAD_SUBJECT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "pdp/policy/issue.h"

namespace ostiary::pdp {

enum class ReloadMode : uint8_t {
  kApply,
  kValidateOnly,  // read and check; change nothing, not even the status
  kPoll,          // as kApply, and quiet in the log where nothing is new
};

// Thread-safe: the watch, and whoever asks for a reload, may call at once.
class ReloadSubject {
 public:
  virtual ~ReloadSubject() = default;

  // The files to watch; always the same.
  virtual std::vector<std::string> WatchedPaths() const = 0;

  // Reads the files anew and takes over what is good; when it returns, that is in use. What is not
  // good changes nothing. Says in the log what is new, and returns all that is wrong with the files
  // as they are now.
  virtual std::vector<Issue> Refresh(ReloadMode mode) = 0;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_RELOAD_RELOAD_SUBJECT_H_
