#include "tests/e2e/pdp_under_test.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <utility>

#include "nlohmann/json.hpp"

namespace ostiary {
namespace {

// TestProcess has a pipe on stdout; the log goes to stderr.
std::vector<std::string> WithLogOnStdout(const std::vector<std::string>& command) {
  std::vector<std::string> words = {"/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&1"};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

// Every call ends.
std::unique_ptr<grpc::ClientContext> BoundedContext() {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + TestProcess::kPatience);
  return context;
}

void ExpectOk(const grpc::Status& status) {
  EXPECT_TRUE(status.ok()) << status.error_code() << ": " << status.error_message();
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  ASSERT_TRUE(file.good()) << path;
}

}  // namespace

PolicyFolder::PolicyFolder() : path_(testing::TempDir() + "/ostiary_golden_XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) std::abort();
}

PolicyFolder::~PolicyFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void PolicyFolder::Write(const GoldenFiles& files) const {
  WriteFile(mcp_config_path(), files.mcp_config.value_or(R"({"mcpServers": {}})"));
  WriteFile(rules_path(), files.rules);
}

PdpUnderTest::PdpUnderTest(const PolicyFolder& folder)
    : process_(
          WithLogOnStdout({OSTIARY_PDP, "serve", "--rules", folder.rules_path(), "--mcp-config",
                           folder.mcp_config_path(), "--listen", "127.0.0.1:0"})) {
  Connect();
}

void PdpUnderTest::Connect() {
  std::string address;
  std::string said;
  while (address.empty()) {
    const std::optional<std::string> line = process_.ReadLine();
    if (!line.has_value()) break;
    said += *line + "\n";
    const auto entry = nlohmann::json::parse(*line, nullptr, /*allow_exceptions=*/false);
    if (entry.is_object() && entry.value("event", "") == "listening") {
      address = entry.value("address", "");
    }
  }
  EXPECT_NE(address, "") << "it never said where it listens:\n" << said;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto channel =
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  decisions_ = v1::PolicyDecisionService::NewStub(channel);
  admin_ = v1::PolicyAdminService::NewStub(channel);
}

std::vector<v1::Decision> PdpUnderTest::Check(const std::string& agent,
                                              const std::vector<v1::Access>& accesses) {
  std::vector<v1::Decision> decisions;
  for (const v1::Access& access : accesses) {
    v1::CheckRequest request;
    request.set_agent(agent);
    *request.mutable_access() = access;
    v1::CheckResponse response;
    ExpectOk(decisions_->Check(BoundedContext().get(), request, &response));
    EXPECT_GT(response.revision().generation(), 0u);
    decisions.push_back(std::move(*response.mutable_decision()));
  }
  return decisions;
}

std::vector<v1::Decision> PdpUnderTest::BatchCheck(const std::string& agent,
                                                   const std::vector<v1::Access>& accesses) {
  v1::BatchCheckRequest request;
  request.set_agent(agent);
  request.mutable_accesses()->Add(accesses.begin(), accesses.end());
  v1::BatchCheckResponse response;
  ExpectOk(decisions_->BatchCheck(BoundedContext().get(), request, &response));
  EXPECT_GT(response.revision().generation(), 0u);
  return {response.decisions().begin(), response.decisions().end()};
}

std::vector<v1::Decision> PdpUnderTest::Session(const std::string& agent,
                                                const std::vector<v1::Access>& accesses) {
  const auto context = BoundedContext();
  const auto stream = decisions_->Session(context.get());
  v1::SessionRequest request;
  request.mutable_hello()->set_sidecar_id("golden");
  request.mutable_hello()->set_agent(agent);
  request.mutable_hello()->set_server(accesses.front().server());
  stream->Write(request);
  for (size_t index = 0; index < accesses.size(); ++index) {
    v1::SessionCheck* const check = request.mutable_check();
    check->Clear();
    check->set_id(1000 + index);
    *check->add_accesses() = accesses[index];
    stream->Write(request);
  }

  v1::SessionResponse response;
  EXPECT_TRUE(stream->Read(&response) && response.event().kind() == v1::CURRENT)
      << "the first message is the current revision, not: " << response.ShortDebugString();
  std::map<uint64_t, v1::Decision> by_id;
  while (by_id.size() < accesses.size() && stream->Read(&response)) {
    if (!response.has_result()) continue;
    EXPECT_EQ(response.result().decisions_size(), 1) << response.ShortDebugString();
    if (response.result().decisions_size() == 1) {
      by_id[response.result().id()] = response.result().decisions(0);
    }
  }
  stream->WritesDone();
  context->TryCancel();
  stream->Finish();

  std::vector<v1::Decision> decisions;
  decisions.reserve(by_id.size());
  for (auto& [id, decision] : by_id) decisions.push_back(std::move(decision));
  return decisions;
}

v1::ReloadResponse PdpUnderTest::Reload() {
  v1::ReloadResponse response;
  ExpectOk(admin_->Reload(BoundedContext().get(), {}, &response));
  return response;
}

}  // namespace ostiary
