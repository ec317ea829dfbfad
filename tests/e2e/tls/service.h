// TestService: what a Service of Kubernetes is to its clients: one address, behind which each new
// connection goes to the next of the backends that there are now, and stays there. Runs in threads
// of the test's process; loopback only. Thread-safe.
#ifndef OSTIARY_TESTS_E2E_TLS_SERVICE_H_
#define OSTIARY_TESTS_E2E_TLS_SERVICE_H_

#include <memory>
#include <string>
#include <vector>

namespace ostiary {

class TestService {
 public:
  TestService();
  // Cuts what is left.
  ~TestService();
  TestService(const TestService&) = delete;
  TestService& operator=(const TestService&) = delete;

  // "127.0.0.1:PORT".
  const std::string& address() const;
  // Each "127.0.0.1:PORT". Connections that stand stay where they are.
  void SetBackends(std::vector<std::string> backends);

 private:
  struct Rep;
  const std::unique_ptr<Rep> rep_;
};

}  // namespace ostiary

#endif  // OSTIARY_TESTS_E2E_TLS_SERVICE_H_
