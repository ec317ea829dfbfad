// The StatusResponse, built from one SidecarReport, which is from one moment. Pure; any thread.
#ifndef OSTIARY_PDP_SERVER_STATUS_REPORT_H_
#define OSTIARY_PDP_SERVER_STATUS_REPORT_H_

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "ostiary/v1/admin.pb.h"
#include "pdp/reload/reloader.h"
#include "pdp/server/session_registry.h"

namespace ostiary::pdp {

// What Status tells of the process, the same at each call.
struct ServerIdentity {
  PolicyPaths paths;
  std::string version;
  absl::Time start_time;
};

void FillStatus(const SidecarReport& report, const ServerIdentity& identity, size_t max_agent_ids,
                v1::StatusResponse* out);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_STATUS_REPORT_H_
