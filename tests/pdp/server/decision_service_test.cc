// Check, BatchCheck and ListServers over a real connection.
#include <functional>
#include <future>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "tests/pdp/server/running_pdp.h"
#include "tests/pdp/server/test_session.h"

namespace ostiary::pdp {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;

v1::CheckRequest ResearcherAsks(const std::string& server, v1::Kind kind, const std::string& name) {
  v1::CheckRequest request;
  request.set_agent("researcher");
  request.mutable_access()->set_server(server);
  request.mutable_access()->set_kind(kind);
  request.mutable_access()->set_name(name);
  return request;
}

TEST(CheckTest, DecidesAndNamesTheRuleAndTheRevision) {
  RunningPdp pdp;
  grpc::ClientContext context;
  v1::CheckResponse response;
  const grpc::Status status =
      pdp.Decisions()->Check(&context, ResearcherAsks("search", v1::TOOL, "web_search"), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.decision().effect(), v1::ALLOW);
  EXPECT_EQ(response.decision().reason(), v1::EXPLICIT_ALLOW);
  EXPECT_EQ(response.decision().rule().file(), pdp.rules_path());
  EXPECT_EQ(response.decision().rule().pointer(), "/agents/researcher/allow/tools/search/0");
  EXPECT_EQ(response.decision().rule().pattern(), "web_search");
  EXPECT_EQ(response.decision().rule().line(), 2);
  EXPECT_EQ(response.decision().rule().column(), 72);
  EXPECT_THAT(response.decision().message(), HasSubstr("web_search"));
  EXPECT_EQ(response.revision().epoch(), "test-epoch");
  EXPECT_EQ(response.revision().generation(), 1);
  EXPECT_THAT(response.revision().digest(), HasSubstr("sha256:"));
}

TEST(CheckTest, ADenyIsAnAnswer) {
  RunningPdp pdp;
  grpc::ClientContext context;
  v1::CheckResponse response;
  const grpc::Status status =
      pdp.Decisions()->Check(&context, ResearcherAsks("notes", v1::SERVER, ""), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.decision().effect(), v1::DENY);
  EXPECT_EQ(response.decision().reason(), v1::SERVER_NOT_ALLOWED);
  EXPECT_FALSE(response.decision().has_rule());
}

struct BadRequestCase {
  const char* name;
  v1::CheckRequest request;
  StatusCode code;
  const char* message;
};

std::vector<BadRequestCase> BadRequests() {
  const std::string long_name(65'537, 'a');
  v1::CheckRequest no_agent = ResearcherAsks("search", v1::TOOL, "t");
  no_agent.clear_agent();
  v1::CheckRequest long_agent = ResearcherAsks("search", v1::TOOL, "t");
  long_agent.set_agent(long_name);
  v1::CheckRequest no_access = ResearcherAsks("search", v1::TOOL, "t");
  no_access.clear_access();
  v1::CheckRequest no_kind = ResearcherAsks("search", v1::KIND_UNSPECIFIED, "t");
  v1::CheckRequest new_kind = ResearcherAsks("search", static_cast<v1::Kind>(99), "t");
  return {
      {"no agent", no_agent, StatusCode::INVALID_ARGUMENT, "agent is missing"},
      {"a long agent", long_agent, StatusCode::RESOURCE_EXHAUSTED, "agent has 65537 bytes"},
      {"no access", no_access, StatusCode::INVALID_ARGUMENT, "access is missing"},
      {"no server", ResearcherAsks("", v1::TOOL, "t"), StatusCode::INVALID_ARGUMENT,
       "server is missing"},
      {"no kind", no_kind, StatusCode::INVALID_ARGUMENT, "kind is missing"},
      {"a kind of the future", new_kind, StatusCode::INVALID_ARGUMENT, "kind is missing"},
      {"a name for a server", ResearcherAsks("search", v1::SERVER, "t"),
       StatusCode::INVALID_ARGUMENT, "name is set"},
      {"no tool", ResearcherAsks("search", v1::TOOL, ""), StatusCode::INVALID_ARGUMENT,
       "kind TOOL needs one"},
      {"no resource", ResearcherAsks("search", v1::RESOURCE, ""), StatusCode::INVALID_ARGUMENT,
       "kind RESOURCE needs one"},
      {"no prompt", ResearcherAsks("search", v1::PROMPT, ""), StatusCode::INVALID_ARGUMENT,
       "kind PROMPT needs one"},
      {"a long server", ResearcherAsks(long_name, v1::TOOL, "t"), StatusCode::RESOURCE_EXHAUSTED,
       "server has 65537 bytes"},
      {"a long name", ResearcherAsks("search", v1::TOOL, long_name), StatusCode::RESOURCE_EXHAUSTED,
       "name has 65537 bytes"},
  };
}

TEST(CheckTest, RefusesWhatIsMalformedAndSaysWhatIsMissing) {
  RunningPdp pdp;
  const auto stub = pdp.Decisions();
  for (const BadRequestCase& c : BadRequests()) {
    grpc::ClientContext context;
    v1::CheckResponse response;
    const grpc::Status status = stub->Check(&context, c.request, &response);
    EXPECT_EQ(status.error_code(), c.code) << c.name;
    EXPECT_THAT(status.error_message(), HasSubstr(c.message)) << c.name;
  }
}

TEST(CheckTest, DecidesAboutTheLongestNames) {
  RunningPdp pdp;
  const std::string longest(65'536, 'a');
  v1::CheckRequest request = ResearcherAsks(longest, v1::TOOL, longest);
  request.set_agent(longest);
  grpc::ClientContext context;
  v1::CheckResponse response;
  const grpc::Status status = pdp.Decisions()->Check(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.decision().effect(), v1::DENY);
}

// A call of any bytes.
grpc::Status AskInBytes(const RunningPdp& pdp, const std::string& method, const std::string& bytes,
                        grpc::ByteBuffer* response) {
  grpc::GenericStub stub(pdp.Connect());
  grpc::ClientContext context;
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  std::promise<grpc::Status> ended;
  stub.UnaryCall(&context, "/ostiary.v1.PolicyDecisionService/" + method, {}, &request, response,
                 [&](grpc::Status status) { ended.set_value(std::move(status)); });
  return ended.get_future().get();
}

TEST(CheckTest, RefusesWhatIsNoMessage) {
  RunningPdp pdp;
  const std::pair<const char*, const char*> methods[] = {{"Check", "CheckRequest"},
                                                         {"BatchCheck", "BatchCheckRequest"}};
  for (const auto& [method, message] : methods) {
    for (const std::string bytes : {"\x0A", "\xFF\xFF", "\x0A\x02\xC3\x28", "\x12\x7F\x0A"}) {
      grpc::ByteBuffer response;
      const grpc::Status status = AskInBytes(pdp, method, bytes, &response);
      EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << method;
      EXPECT_THAT(status.error_message(), HasSubstr(message));
    }
    grpc::ByteBuffer response;
    const grpc::Status status = AskInBytes(pdp, method, "", &response);
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << method;
    EXPECT_THAT(status.error_message(), HasSubstr("agent is missing"));
  }
}

// Protobuf's own line about it waits for whoever reads stderr, on the thread that answers.
TEST(CheckTest, WritesNothingOfItsOwnAboutWhatIsNoUtf8) {
  RunningPdp pdp;
  testing::internal::CaptureStderr();
  for (const char* const method : {"Check", "BatchCheck", "ListServers"}) {
    grpc::ByteBuffer response;
    EXPECT_FALSE(AskInBytes(pdp, method, "\x0A\x02\xC3\x28", &response).ok());
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(CheckTest, RefusesAMessageOverTheLimit) {
  ServerOptions options;
  options.max_message_bytes = 2000;
  RunningPdp pdp(options);
  grpc::ClientContext context;
  v1::CheckResponse response;
  const grpc::Status status = pdp.Decisions()->Check(
      &context, ResearcherAsks("search", v1::TOOL, std::string(2000, 'a')), &response);
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
}

TEST(EmptyPdpTest, DecidesNothing) {
  RunningPdp pdp({}, StartWith::kNothing);
  const auto stub = pdp.Decisions();
  const auto expect_refusal = [](const grpc::Status& status) {
    EXPECT_EQ(status.error_code(), StatusCode::FAILED_PRECONDITION);
    EXPECT_THAT(status.error_message(), HasSubstr("no policy has loaded"));
  };
  {
    grpc::ClientContext context;
    v1::CheckResponse response;
    expect_refusal(
        stub->Check(&context, ResearcherAsks("search", v1::TOOL, "web_search"), &response));
  }
  {
    grpc::ClientContext context;
    v1::BatchCheckRequest request;
    request.set_agent("researcher");
    v1::BatchCheckResponse response;
    expect_refusal(stub->BatchCheck(&context, request, &response));
  }
  {
    grpc::ClientContext context;
    v1::ListServersRequest request;
    request.set_agent("researcher");
    v1::ListServersResponse response;
    expect_refusal(stub->ListServers(&context, request, &response));
  }
}

grpc::Status Batch(const RunningPdp& pdp, const v1::BatchCheckRequest& request,
                   v1::BatchCheckResponse* response) {
  grpc::ClientContext context;
  return pdp.Decisions()->BatchCheck(&context, request, response);
}

TEST(BatchCheckTest, AnswersInTheOrderAsked) {
  RunningPdp pdp;
  v1::BatchCheckRequest request;
  request.set_agent("researcher");
  *request.add_accesses() = ToolAccess("search", "other");
  *request.add_accesses() = ToolAccess("search", "web_search");
  *request.add_accesses() = ToolAccess("notes", "web_search");
  v1::BatchCheckResponse response;
  ASSERT_TRUE(Batch(pdp, request, &response).ok());
  ASSERT_EQ(response.decisions_size(), 3);
  EXPECT_EQ(response.decisions(0).reason(), v1::TOOL_NOT_ALLOWED);
  EXPECT_EQ(response.decisions(1).reason(), v1::EXPLICIT_ALLOW);
  EXPECT_EQ(response.decisions(2).reason(), v1::SERVER_NOT_ALLOWED);
  EXPECT_EQ(response.revision().generation(), 1);
}

TEST(BatchCheckTest, NoAccessesAreNoDecisions) {
  RunningPdp pdp;
  v1::BatchCheckRequest request;
  request.set_agent("researcher");
  v1::BatchCheckResponse response;
  ASSERT_TRUE(Batch(pdp, request, &response).ok());
  EXPECT_EQ(response.decisions_size(), 0);
}

TEST(BatchCheckTest, HasALimit) {
  RunningPdp pdp;
  v1::BatchCheckRequest request;
  request.set_agent("researcher");
  for (int i = 0; i < 1000; ++i) *request.add_accesses() = ToolAccess("search", "web_search");
  v1::BatchCheckResponse response;
  EXPECT_TRUE(Batch(pdp, request, &response).ok());
  EXPECT_EQ(response.decisions_size(), 1000);

  *request.add_accesses() = ToolAccess("search", "web_search");
  const grpc::Status status = Batch(pdp, request, &response);
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("1001 entries; at most 1000"));
}

TEST(BatchCheckTest, NamesTheAccessThatIsMalformed) {
  RunningPdp pdp;
  v1::BatchCheckRequest request;
  request.set_agent("researcher");
  *request.add_accesses() = ToolAccess("search", "web_search");
  *request.add_accesses() = ToolAccess("", "web_search");
  v1::BatchCheckResponse response;
  const grpc::Status status = Batch(pdp, request, &response);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("accesses[1]: server is missing"));
}

TEST(ListServersTest, ListsTheCatalogAsTheAgentMayUseIt) {
  RunningPdp pdp;
  const auto stub = pdp.Decisions();
  {
    grpc::ClientContext context;
    v1::ListServersRequest request;
    request.set_agent("researcher");
    v1::ListServersResponse response;
    ASSERT_TRUE(stub->ListServers(&context, request, &response).ok());
    ASSERT_EQ(response.servers_size(), 1);
    EXPECT_EQ(response.servers(0).name(), "search");
    EXPECT_EQ(response.servers(0).description(), "Looks things up");
    EXPECT_EQ(response.servers(0).transport(), v1::STDIO);
    EXPECT_EQ(response.revision().generation(), 1);
  }
  {
    grpc::ClientContext context;
    v1::ListServersRequest request;
    request.set_agent("nobody");
    v1::ListServersResponse response;
    ASSERT_TRUE(stub->ListServers(&context, request, &response).ok());
    EXPECT_EQ(response.servers_size(), 0);
  }
  {
    grpc::ClientContext context;
    v1::ListServersResponse response;
    const grpc::Status status = stub->ListServers(&context, {}, &response);
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr("agent is missing"));
  }
}

}  // namespace
}  // namespace ostiary::pdp
