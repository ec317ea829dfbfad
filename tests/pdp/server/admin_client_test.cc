// What the command line makes of a PDP's answers, of odd ones too, and of none.
#include "pdp/server/admin_client.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/unique_fd.h"
#include "gmock/gmock.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "ostiary/v1/admin.grpc.pb.h"
#include "ostiary/v1/decision.grpc.pb.h"
#include "tests/pdp/reload/scratch_dir.h"

namespace ostiary::pdp {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

// What each call is answered with. Without an answer it lasts until the caller goes.
struct Script {
  const v1::StatusResponse* status = nullptr;
  const v1::ReloadResponse* reload = nullptr;
  const v1::CheckResponse* check = nullptr;
  v1::CheckRequest asked;
};

class Waiting final : public grpc::ServerUnaryReactor {
  void OnCancel() override { Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }
};

template <typename Response>
grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const Response* script,
                                 Response* response) {
  if (script == nullptr) return new Waiting;
  *response = *script;
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

class Admin final : public v1::PolicyAdminService::CallbackService {
 public:
  explicit Admin(const Script& script) : script_(script) {}
  grpc::ServerUnaryReactor* Status(grpc::CallbackServerContext* context,
                                   const v1::StatusRequest* /*request*/,
                                   v1::StatusResponse* response) override {
    return Answer(context, script_.status, response);
  }
  grpc::ServerUnaryReactor* Reload(grpc::CallbackServerContext* context,
                                   const v1::ReloadRequest* /*request*/,
                                   v1::ReloadResponse* response) override {
    return Answer(context, script_.reload, response);
  }

 private:
  const Script& script_;
};

class Decisions final : public v1::PolicyDecisionService::CallbackService {
 public:
  explicit Decisions(Script* script) : script_(*script) {}
  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const v1::CheckRequest* request,
                                  v1::CheckResponse* response) override {
    script_.asked = *request;
    return Answer(context, script_.check, response);
  }

 private:
  Script& script_;
};

class AdminClientTest : public testing::Test {
 protected:
  AdminClientTest() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&admin_);
    builder.RegisterService(&decisions_);
    server_ = builder.BuildAndStart();
    target_.address = absl::StrCat("127.0.0.1:", port);
  }

  Script script_;
  AdminTarget target_;

 private:
  Admin admin_{script_};
  Decisions decisions_{&script_};
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(AdminClientTest, WaitsForEachAnswerAsLongAsItMayTakeAndNoLonger) {
  const absl::Duration brief = absl::Milliseconds(50);
  const absl::Duration ages = absl::Hours(1);
  const AdminTimeouts status{ages, brief, ages};
  const AdminTimeouts reload{ages, ages, brief};
  for (const absl::StatusOr<AdminAnswer>& answer :
       {AskStatus(target_, status), AskReload(target_, reload), AskCheck(target_, {}, status)}) {
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(answer.status().message(), HasSubstr("failed: DEADLINE_EXCEEDED: "));
  }
}

TEST_F(AdminClientTest, StatusIsGoodWhereThePdpServesAndShowsEveryField) {
  for (const auto state : {v1::STATE_UNSPECIFIED, v1::EMPTY, v1::STALE, v1::SERVING}) {
    v1::StatusResponse status;
    status.set_state(state);
    script_.status = &status;
    const absl::StatusOr<AdminAnswer> answer = AskStatus(target_);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->good, state == v1::SERVING) << state;
    EXPECT_THAT(answer->json, HasSubstr("\n \"sidecars_connected\": \"0\",\n"));
    EXPECT_THAT(answer->json, EndsWith("\n}"));
  }
}

// Longer than gRPC takes unless it is told to.
TEST_F(AdminClientTest, StatusMayNameEveryAgent) {
  v1::StatusResponse status;
  for (int i = 0; i < 6; ++i) {
    status.mutable_policy_state()->add_agent_ids(std::string(1 << 20, 'a'));
  }
  script_.status = &status;
  const absl::StatusOr<AdminAnswer> answer = AskStatus(target_);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_GT(answer->json.size(), size_t{6} << 20);
}

TEST_F(AdminClientTest, AReloadIsGoodWhereNothingButWarningsCame) {
  v1::ReloadResponse reload;
  script_.reload = &reload;
  EXPECT_TRUE(AskReload(target_)->good);
  reload.add_issues()->set_severity(v1::WARNING);
  EXPECT_TRUE(AskReload(target_)->good);
  v1::Issue* const issue = reload.add_issues();
  for (const int severity : {int{v1::SEVERITY_UNSPECIFIED}, int{v1::ERROR}, 7}) {
    issue->set_severity(static_cast<v1::Severity>(severity));
    EXPECT_FALSE(AskReload(target_)->good) << severity;
  }
}

TEST_F(AdminClientTest, AnEffectThatIsUnknownIsNoDecision) {
  v1::CheckResponse check;
  script_.check = &check;
  for (const int effect : {int{v1::EFFECT_UNSPECIFIED}, 7}) {
    check.mutable_decision()->set_effect(static_cast<v1::Effect>(effect));
    const absl::StatusOr<AdminAnswer> answer = AskCheck(target_, {});
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable) << effect;
    EXPECT_THAT(answer.status().message(), HasSubstr("neither ALLOW nor DENY"));
  }
  for (const v1::Effect effect : {v1::ALLOW, v1::DENY}) {
    check.mutable_decision()->set_effect(effect);
    const absl::StatusOr<AdminAnswer> answer = AskCheck(target_, {});
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->good, effect == v1::ALLOW);
  }
}

TEST_F(AdminClientTest, AsksForTheAccessThatWasGiven) {
  v1::CheckResponse check;
  check.mutable_decision()->set_effect(v1::DENY);
  script_.check = &check;
  const std::pair<AccessKind, v1::Kind> kinds[] = {{AccessKind::kServer, v1::SERVER},
                                                   {AccessKind::kTool, v1::TOOL},
                                                   {AccessKind::kResource, v1::RESOURCE},
                                                   {AccessKind::kPrompt, v1::PROMPT}};
  for (const auto& [kind, expected] : kinds) {
    ASSERT_TRUE(AskCheck(target_, {"agent", "server", kind, "name"}).ok());
    EXPECT_EQ(script_.asked.agent(), "agent");
    EXPECT_EQ(script_.asked.access().server(), "server");
    EXPECT_EQ(script_.asked.access().kind(), expected);
    EXPECT_EQ(script_.asked.access().name(), "name");
  }
}

TEST_F(AdminClientTest, GoesThroughNoProxy) {
  ASSERT_EQ(::setenv("grpc_proxy", "http://127.0.0.1:1", 1), 0);
  v1::StatusResponse status;
  script_.status = &status;
  EXPECT_TRUE(AskStatus(target_).ok());
  ::unsetenv("grpc_proxy");
}

// A socket of Unix, so that no other process can listen there.
TEST(NobodyTest, IsToldOfAtOnce) {
  const ScratchDir directory;
  const AdminTarget nobody{absl::StrCat("unix:", directory.Path("s")), {}};
  const absl::StatusOr<AdminAnswer> answer =
      AskStatus(nobody, {absl::Hours(1), absl::Hours(1), absl::Hours(1)});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(answer.status().message(), HasSubstr("no PDP answers at "));
}

// The kernel takes the connection, and nobody says a word there.
TEST(NobodyTest, IsNotWaitedForWhereOnlyTheKernelAnswers) {
  const ScratchDir directory;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  directory.Path("s").copy(address.sun_path, sizeof(address.sun_path) - 1);
  const UniqueFd mute(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(mute.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(mute.get(), 1), 0);
  const AdminTarget target{absl::StrCat("unix:", directory.Path("s")), {}};
  const MonoTime asked = Clock::System().Now();
  const absl::StatusOr<AdminAnswer> answer =
      AskStatus(target, {absl::Milliseconds(50), absl::Hours(1), absl::Hours(1)});
  EXPECT_THAT(answer.status().message(), HasSubstr("no PDP answers at "));
  EXPECT_LT(Clock::System().Now() - asked, std::chrono::seconds(15)) << "gRPC's own time was over";
}

}  // namespace
}  // namespace ostiary::pdp
