// Status, Reload and Validate over a real connection.
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/client_context.h"
#include "gtest/gtest.h"
#include "tests/pdp/server/running_pdp.h"
#include "tests/pdp/server/test_session.h"

namespace ostiary::pdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

v1::StatusResponse StatusWithLimits(const RunningPdp& pdp, uint32_t agents, uint32_t sidecars) {
  grpc::ClientContext context;
  v1::StatusRequest request;
  request.set_max_agent_ids(agents);
  request.set_max_sidecars(sidecars);
  v1::StatusResponse response;
  EXPECT_TRUE(pdp.Admin()->Status(&context, request, &response).ok());
  return response;
}

// Names the fields that a message leaves unset, all the way down; "" where there is none.
std::string UnsetFields(const google::protobuf::Message& message, const std::string& path) {
  std::string unset;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = message.GetDescriptor()->field(i);
    const std::string here = path + "." + std::string(field->name());
    const bool is_message = field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE;
    if (field->is_repeated() ? reflection.FieldSize(message, field) == 0
                             : !reflection.HasField(message, field)) {
      unset += here + " ";
    } else if (is_message && field->is_repeated()) {
      unset += UnsetFields(reflection.GetRepeatedMessage(message, field, 0), here);
    } else if (is_message && field->message_type()->full_name() != "google.protobuf.Timestamp") {
      unset += UnsetFields(reflection.GetMessage(message, field), here);
    }
  }
  return unset;
}

// A policy with a warning, a sidecar that applies it, then a load that fails in both files: every
// field of the whole answer has something to say.
TEST(AdminServiceTest, StatusWithEveryField) {
  RunningPdp pdp;
  pdp.directory().WriteInPlace("rules.json", R"({"agents": {
    "researcher": {"allow": {"servers": ["search", "undefined-server"]}}}})");
  ASSERT_THAT(pdp.Reload().issues(), testing::SizeIs(1));
  TestSession session(pdp.Connect());
  session.Hello();
  session.Applied(session.ReadEvent(v1::CURRENT).revision());
  session.Check(1, {});
  session.ReadResult();
  pdp.directory().WriteInPlace("rules.json", "{\n  \"agents\": []}");
  pdp.directory().WriteInPlace("mcp.json", "{");
  pdp.Reload();

  const v1::StatusResponse status = pdp.Status();
  // The catalog has no warnings of its own; a warning has a place, as all issues do.
  EXPECT_EQ(UnsetFields(status, "status"), "status.reload_status.mcp_config.last_warnings ")
      << status.DebugString();
  EXPECT_EQ(status.state(), v1::STALE);
  EXPECT_EQ(status.revision().generation(), 2);
  const v1::FileStatus& rules = status.reload_status().gateway_rules();
  EXPECT_EQ(rules.path(), pdp.rules_path());
  EXPECT_THAT(rules.last_error(), HasSubstr(pdp.rules_path() + ":2:13: error:"));
  EXPECT_EQ(rules.attempt_count(), 3);
  EXPECT_EQ(rules.success_count(), 2);
  EXPECT_THAT(rules.last_warnings(0).message(), HasSubstr("undefined-server"));
  EXPECT_THAT(rules.last_warnings(0).message(), HasSubstr("researcher"));
  EXPECT_EQ(rules.last_warnings(0).severity(), v1::WARNING);
  const v1::FileStatus& catalog = status.reload_status().mcp_config();
  EXPECT_EQ(catalog.path(), pdp.catalog_path());
  EXPECT_THAT(catalog.last_error(), HasSubstr(pdp.catalog_path()));
  EXPECT_EQ(status.policy_state().total_agents(), 1);
  EXPECT_THAT(status.policy_state().agent_ids(), ElementsAre("researcher"));
  EXPECT_TRUE(status.policy_state().defaults().deny_on_missing_agent());
  EXPECT_THAT(status.available_servers(), ElementsAre("notes", "search"));
  EXPECT_EQ(status.config_paths().gateway_rules(), pdp.rules_path());
  EXPECT_EQ(status.config_paths().mcp_config(), pdp.catalog_path());
  EXPECT_THAT(status.message(), HasSubstr("The last load failed, so generation 2 still decides"));
  EXPECT_EQ(status.version(), OSTIARY_VERSION);
  EXPECT_EQ(status.sidecars_connected(), 1);
  EXPECT_EQ(status.sidecars_current(), 1);
  EXPECT_EQ(status.sidecars(0).applied().digest(), status.revision().digest());
}

TEST(AdminServiceTest, StatusOfAnEmptyPdp) {
  RunningPdp pdp({}, StartWith::kNothing);
  const v1::StatusResponse before = pdp.Status();
  EXPECT_EQ(before.state(), v1::EMPTY);
  EXPECT_FALSE(before.has_revision());
  EXPECT_FALSE(before.reload_status().gateway_rules().has_last_attempt());
  pdp.Reload();
  const v1::StatusResponse status = pdp.Status();
  EXPECT_EQ(status.state(), v1::EMPTY);
  EXPECT_TRUE(status.reload_status().gateway_rules().has_last_attempt());
  EXPECT_FALSE(status.reload_status().gateway_rules().has_last_success());
  EXPECT_FALSE(status.reload_status().gateway_rules().has_last_change());
  EXPECT_THAT(status.message(), HasSubstr("No policy has loaded, so nothing is decided: "));
}

TEST(AdminServiceTest, StatusKeepsToItsLimits) {
  RunningPdp pdp;
  TestSession first(pdp.Connect());
  first.Open("researcher", "first");
  TestSession second(pdp.Connect());
  second.Open("researcher", "second");

  v1::StatusResponse status = StatusWithLimits(pdp, 1, 1);
  EXPECT_EQ(status.policy_state().total_agents(), 2);
  EXPECT_THAT(status.policy_state().agent_ids(), ElementsAre("mark-1"));
  EXPECT_EQ(status.sidecars_connected(), 2);
  ASSERT_EQ(status.sidecars_size(), 1);
  EXPECT_EQ(status.sidecars(0).sidecar_id(), "first");

  status = StatusWithLimits(pdp, 0, 0);
  EXPECT_EQ(status.policy_state().agent_ids_size(), 0);
  EXPECT_EQ(status.sidecars_size(), 0);
  EXPECT_EQ(pdp.Status().sidecars_size(), 2);
}

TEST(AdminServiceTest, ReloadTellsWhatChangedWhenItDecides) {
  RunningPdp pdp;
  pdp.directory().WriteInPlace("rules.json", R"({"agents": {
    "researcher": {"allow": {"servers": ["*"]}}, "new": {}},
    "defaults": {"deny_on_missing_agent": false}})");
  const v1::ReloadResponse dry = pdp.Reload(/*validate_only=*/true);
  EXPECT_TRUE(dry.changed());
  EXPECT_EQ(dry.revision().generation(), 1);
  EXPECT_EQ(pdp.Status().revision().generation(), 1);

  const v1::ReloadResponse reload = pdp.Reload();
  EXPECT_TRUE(reload.changed());
  EXPECT_EQ(reload.revision().generation(), 2);
  EXPECT_THAT(reload.added_agents(), ElementsAre("new"));
  EXPECT_THAT(reload.removed_agents(), ElementsAre("mark-1"));
  EXPECT_THAT(reload.modified_agents(), ElementsAre("researcher"));
  EXPECT_TRUE(reload.defaults_changed());
  EXPECT_EQ(pdp.store().Current()->revision.generation, 2);

  const v1::ReloadResponse again = pdp.Reload();
  EXPECT_FALSE(again.changed());
  EXPECT_EQ(again.revision().generation(), 2);
  EXPECT_THAT(again.added_agents(), IsEmpty());
}

TEST(AdminServiceTest, ReloadSaysWhyItDoesNot) {
  RunningPdp pdp;
  pdp.directory().WriteInPlace("rules.json", R"({"agents": {"researcher": {"dney": {}}}})");
  const v1::ReloadResponse reload = pdp.Reload();
  EXPECT_FALSE(reload.changed());
  EXPECT_EQ(reload.revision().generation(), 1);
  ASSERT_EQ(reload.issues_size(), 1);
  EXPECT_EQ(reload.issues(0).severity(), v1::ERROR);
  EXPECT_THAT(reload.issues(0).message(), HasSubstr("dney"));
  EXPECT_EQ(reload.issues(0).file(), pdp.rules_path());
  EXPECT_EQ(reload.issues(0).line(), 1);
}

TEST(AdminServiceTest, AReloadIsOneOfTheBindingsTooAndValidatingAppliesNone) {
  const auto bindings = [](absl::string_view agent) {
    return absl::StrCat(R"({"bindings": [{"identity": "local:unix", "roles": ["admin"],)",
                        R"( "agents": [")", agent, R"("]}]})");
  };
  RunningPdp pdp({}, StartWith::kRules, bindings("researcher"));
  const auto may_ask = [&pdp](const std::string& agent) {
    grpc::ClientContext context;
    v1::CheckRequest request;
    request.set_agent(agent);
    request.mutable_access()->set_kind(v1::SERVER);
    request.mutable_access()->set_server("search");
    v1::CheckResponse response;
    return pdp.Decisions()->Check(&context, request, &response).ok();
  };
  pdp.directory().WriteInPlace("bindings.json", bindings("mark-1"));
  EXPECT_THAT(pdp.Reload(/*validate_only=*/true).issues(), IsEmpty());
  EXPECT_TRUE(may_ask("researcher"));
  EXPECT_FALSE(may_ask("mark-1"));
  EXPECT_THAT(pdp.Reload().issues(), IsEmpty());
  EXPECT_FALSE(may_ask("researcher"));
  EXPECT_TRUE(may_ask("mark-1"));
  pdp.directory().WriteInPlace("bindings.json", "{}");
  EXPECT_THAT(pdp.Reload(/*validate_only=*/true).issues(), SizeIs(1));
  EXPECT_TRUE(may_ask("mark-1"));
}

TEST(AdminServiceTest, ConcurrentReloadsEachGetAnAnswer) {
  RunningPdp pdp;
  const uint64_t before = pdp.Status().reload_status().gateway_rules().attempt_count();
  std::vector<std::thread> callers;
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&pdp] { EXPECT_EQ(pdp.Reload().revision().generation(), 1); });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(pdp.Status().reload_status().gateway_rules().attempt_count(), before + 16);
}

TEST(AdminServiceTest, ValidateChecksTextsAndLoadsNothing) {
  RunningPdp pdp;
  const auto validate = [&pdp](const std::string& rules, const char* catalog) {
    grpc::ClientContext context;
    v1::ValidateRequest request;
    request.set_rules_json(rules);
    if (catalog != nullptr) request.set_mcp_config_json(catalog);
    v1::ValidateResponse response;
    const grpc::Status status = pdp.Admin()->Validate(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  };
  EXPECT_TRUE(validate(RulesMarked(5), nullptr).valid());

  const v1::ValidateResponse warned = validate(RulesMarked(5), R"({"mcpServers": {}})");
  EXPECT_TRUE(warned.valid());
  EXPECT_GT(warned.issues_size(), 0);
  EXPECT_EQ(warned.issues(0).severity(), v1::WARNING);

  const v1::ValidateResponse bad = validate("{\"agents\": 1}", "nonsense");
  EXPECT_FALSE(bad.valid());
  ASSERT_EQ(bad.issues_size(), 2);
  EXPECT_EQ(bad.issues(0).file(), "rules_json");
  EXPECT_EQ(bad.issues(0).pointer(), "/agents");
  EXPECT_EQ(bad.issues(1).file(), "mcp_config_json");

  EXPECT_FALSE(validate("", nullptr).valid());
  EXPECT_EQ(pdp.Status().revision().generation(), 1);
}

}  // namespace
}  // namespace ostiary::pdp
