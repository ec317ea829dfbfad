// PdpUnderTest: a real `ostiary-pdp serve` over files of its own in a new folder, and the three
// ways to ask it over the wire. For one thread. The process and the folder go with it.
#ifndef OSTIARY_TESTS_E2E_PDP_UNDER_TEST_H_
#define OSTIARY_TESTS_E2E_PDP_UNDER_TEST_H_

#include <memory>
#include <string>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "ostiary/v1/admin.grpc.pb.h"
#include "ostiary/v1/decision.grpc.pb.h"
#include "tests/support/golden_cases.h"
#include "tests/support/test_process.h"

namespace ostiary {

// A folder with rules.json and mcp.json, removed when destroyed.
class PolicyFolder {
 public:
  PolicyFolder();
  ~PolicyFolder();
  PolicyFolder(const PolicyFolder&) = delete;
  PolicyFolder& operator=(const PolicyFolder&) = delete;

  // An absent catalog is written as one without servers.
  void Write(const GoldenFiles& files) const;
  std::string rules_path() const { return path_ + "/rules.json"; }
  std::string mcp_config_path() const { return path_ + "/mcp.json"; }

 private:
  std::string path_;
};

class PdpUnderTest {
 public:
  // Starts it and waits until it says where it listens. A failure fails the running test, and every
  // question then too.
  explicit PdpUnderTest(const PolicyFolder& folder);

  // Each gives one decision for each access asked, in order, all made for `agent`; fewer, with the
  // test failed, where the PDP errs.
  std::vector<v1::Decision> Check(const std::string& agent,
                                  const std::vector<v1::Access>& accesses);
  std::vector<v1::Decision> BatchCheck(const std::string& agent,
                                       const std::vector<v1::Access>& accesses);
  // One check for each access, all sent before the first answer is read.
  std::vector<v1::Decision> Session(const std::string& agent,
                                    const std::vector<v1::Access>& accesses);

  v1::ReloadResponse Reload();

 private:
  void Connect();

  TestProcess process_;
  std::unique_ptr<v1::PolicyDecisionService::Stub> decisions_;
  std::unique_ptr<v1::PolicyAdminService::Stub> admin_;
};

}  // namespace ostiary

#endif  // OSTIARY_TESTS_E2E_PDP_UNDER_TEST_H_
