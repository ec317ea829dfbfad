#include "sidecar/pdp_client/wire.h"

#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_pdp.h"

namespace ostiary::sidecar {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

v1::SessionResult GoodResult() {
  v1::SessionResult result;
  result.set_id(5);
  *result.mutable_revision() = TestRevision(2);
  *result.add_decisions() = TestDecision(v1::ALLOW, v1::PATTERN_ALLOW);
  *result.add_decisions() = TestDecision(v1::DENY, v1::EXPLICIT_DENY);
  return result;
}

Revision Present(uint64_t generation) {
  return Revision{"epoch-1", generation, absl::StrCat("sha256:", generation)};
}

TEST(FromWireResult, CarriesEveryField) {
  const SourceAnswer answer = FromWire(GoodResult(), 2, Present(2));
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(answer.id, 5u);
  EXPECT_EQ(answer.revision, Present(2));
  ASSERT_EQ(answer.verdicts.size(), 2u);
  const Verdict& allow = answer.verdicts[0];
  EXPECT_TRUE(allow.allowed);
  EXPECT_EQ(allow.reason, "PATTERN_ALLOW");
  EXPECT_EQ(allow.message, "as the test says");
  EXPECT_EQ(allow.rule_file, "rules.json");
  EXPECT_EQ(allow.rule_pointer, "/agents/a/allow/tools/s/0");
  EXPECT_EQ(allow.rule_pattern, "read_*");
  EXPECT_EQ(allow.rule_line, 7u);
  EXPECT_EQ(allow.rule_column, 11u);
  EXPECT_FALSE(answer.verdicts[1].allowed);
  EXPECT_EQ(answer.verdicts[1].reason, "EXPLICIT_DENY");
}

TEST(FromWireResult, EveryReasonGoesWithOneEffectOnly) {
  for (int number = 0; number < v1::Reason_ARRAYSIZE; ++number) {
    const auto reason = static_cast<v1::Reason>(number);
    const std::string name = v1::Reason_Name(reason);
    const bool allows =
        name.find("ALLOW") != std::string::npos && name.find("NOT_ALLOWED") == std::string::npos;
    const bool may_allow = allows || reason == v1::IMPLICIT_GRANT;
    v1::SessionResult result = GoodResult();
    *result.mutable_decisions(0) = TestDecision(v1::ALLOW, reason);
    EXPECT_EQ(FromWire(result, 2, Present(2)).status.ok(), may_allow) << "ALLOW for " << name;
    *result.mutable_decisions(0) = TestDecision(v1::DENY, reason);
    EXPECT_EQ(FromWire(result, 2, Present(2)).status.ok(), !may_allow) << "DENY for " << name;
  }
}

TEST(FromWireResult, ADenyForAReasonOfALaterContractIsADeny) {
  v1::SessionResult result = GoodResult();
  *result.mutable_decisions(0) = TestDecision(v1::DENY, static_cast<v1::Reason>(77));
  const SourceAnswer answer = FromWire(result, 2, Present(2));
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_FALSE(answer.verdicts[0].allowed);
  EXPECT_EQ(answer.verdicts[0].reason, "REASON_77");
}

TEST(FromWireResult, AnotherRevisionThanThePresentOnePassesAsItIs) {
  v1::SessionResult result = GoodResult();
  for (const v1::Revision& revision :
       {TestRevision(3), TestRevision(1, "epoch-2"), TestRevision(9, "epoch-2")}) {
    *result.mutable_revision() = revision;
    const SourceAnswer answer = FromWire(result, 2, Present(2));
    ASSERT_TRUE(answer.status.ok()) << answer.status;
    EXPECT_EQ(answer.revision.generation, revision.generation());
    EXPECT_EQ(answer.revision.epoch, revision.epoch());
  }
}

TEST(FromWireResult, OddAnswersAreErrorsThatSayWhy) {
  struct Case {
    const char* name;
    std::function<void(v1::SessionResult&)> spoil;
    const char* says;
  };
  const Case cases[] = {
      {"nothing", [](auto& r) { r.Clear(); }, "0 decisions for 2 accesses"},
      {"too few", [](auto& r) { r.mutable_decisions()->RemoveLast(); }, "1 decisions for 2"},
      {"too many", [](auto& r) { *r.add_decisions() = r.decisions(0); }, "3 decisions for 2"},
      {"no effect", [](auto& r) { r.mutable_decisions(1)->clear_effect(); }, "the effect 0"},
      {"unknown effect",
       [](auto& r) { r.mutable_decisions(1)->set_effect(static_cast<v1::Effect>(3)); },
       "the effect 3"},
      {"empty decision", [](auto& r) { r.mutable_decisions(0)->Clear(); }, "the effect 0"},
      {"allow without reason", [](auto& r) { r.mutable_decisions(0)->clear_reason(); },
       "ALLOW for the reason REASON_UNSPECIFIED"},
      {"allow for an unknown reason",
       [](auto& r) { r.mutable_decisions(0)->set_reason(static_cast<v1::Reason>(99)); },
       "ALLOW for the reason REASON_99"},
      {"allow for a reason that denies",
       [](auto& r) { r.mutable_decisions(0)->set_reason(v1::EXPLICIT_DENY); },
       "ALLOW for the reason EXPLICIT_DENY"},
      {"no revision", [](auto& r) { r.clear_revision(); }, "a revision without"},
      {"no epoch", [](auto& r) { r.mutable_revision()->clear_epoch(); }, "a revision without"},
      {"no generation", [](auto& r) { r.mutable_revision()->clear_generation(); },
       "a revision without"},
      {"no digest", [](auto& r) { r.mutable_revision()->clear_digest(); }, "a revision without"},
      {"an older revision", [](auto& r) { *r.mutable_revision() = TestRevision(1); },
       "a revision older than the one announced"},
  };
  for (const Case& test : cases) {
    v1::SessionResult result = GoodResult();
    test.spoil(result);
    const SourceAnswer answer = FromWire(result, 2, Present(2));
    EXPECT_EQ(answer.status.code(), absl::StatusCode::kInternal) << test.name;
    EXPECT_THAT(answer.status.message(), HasSubstr(test.says)) << test.name;
    EXPECT_TRUE(answer.verdicts.empty()) << test.name;
  }
}

TEST(FromWireResult, EveryErrorCodeIsAnErrorEvenBesideDecisions) {
  for (const int code : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, -1}) {
    v1::SessionResult result = GoodResult();
    result.mutable_error()->set_code(code);
    const SourceAnswer answer = FromWire(result, 2, Present(2));
    const bool known = code >= 1 && code <= 16;
    EXPECT_EQ(answer.status.code(),
              known ? static_cast<absl::StatusCode>(code) : absl::StatusCode::kUnknown);
    EXPECT_EQ(answer.status.message(), "the PDP gave no reason");
    EXPECT_TRUE(answer.verdicts.empty());
  }
}

v1::SessionEvent GoodEvent() {
  v1::SessionEvent event;
  event.set_kind(v1::HEARTBEAT);
  *event.mutable_revision() = TestRevision(4);
  event.mutable_lease()->set_seconds(15);
  event.mutable_lease()->set_nanos(500'000'000);
  return event;
}

TEST(FromWireEvent, CarriesKindRevisionAndLease) {
  const absl::StatusOr<SessionEvent> event = FromWire(GoodEvent(), minutes(10));
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->kind, v1::HEARTBEAT);
  EXPECT_EQ(event->revision, Present(4));
  EXPECT_EQ(event->lease, milliseconds(15'500));
}

TEST(FromWireEvent, CutsALongLease) {
  for (const int64_t lease : {int64_t{30}, int64_t{3600}, int64_t{315'576'000'000}}) {
    v1::SessionEvent event = GoodEvent();
    event.mutable_lease()->set_seconds(lease);
    const absl::StatusOr<SessionEvent> got = FromWire(event, seconds(30));
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->lease, seconds(30));
  }
}

TEST(FromWireEvent, OddEventsAreErrorsThatSayWhy) {
  struct Case {
    const char* name;
    std::function<void(v1::SessionEvent&)> spoil;
    const char* says;
  };
  const Case cases[] = {
      {"no kind", [](auto& e) { e.clear_kind(); }, "an event of the kind 0"},
      {"unknown kind", [](auto& e) { e.set_kind(static_cast<v1::EventKind>(4)); },
       "an event of the kind 4"},
      {"no revision", [](auto& e) { e.clear_revision(); }, "a revision without"},
      {"no lease", [](auto& e) { e.clear_lease(); }, "an event without a lease"},
      {"lease of nothing", [](auto& e) { e.mutable_lease()->Clear(); }, "0 s and 0 ns"},
      {"negative", [](auto& e) { e.mutable_lease()->set_seconds(-1); }, "-1 s"},
      {"negative nanos", [](auto& e) { e.mutable_lease()->set_nanos(-1); }, "-1 ns"},
      {"nanos over a second", [](auto& e) { e.mutable_lease()->set_nanos(1'000'000'000); },
       "1000000000 ns"},
      {"over 10,000 years", [](auto& e) { e.mutable_lease()->set_seconds(315'576'000'001); },
       "315576000001 s"},
  };
  for (const Case& test : cases) {
    v1::SessionEvent event = GoodEvent();
    test.spoil(event);
    const absl::StatusOr<SessionEvent> got = FromWire(event, minutes(10));
    EXPECT_EQ(got.status().code(), absl::StatusCode::kInternal) << test.name;
    EXPECT_THAT(got.status().message(), HasSubstr(test.says)) << test.name;
  }
}

TEST(FromGrpc, IsNeverOk) {
  EXPECT_EQ(FromGrpc(grpc::Status::OK), absl::UnavailableError("the PDP ended the session"));
  for (int code = 1; code <= 16; ++code) {
    EXPECT_EQ(FromGrpc(grpc::Status(static_cast<grpc::StatusCode>(code), "why")),
              absl::Status(static_cast<absl::StatusCode>(code), "why"));
  }
}

TEST(ToAppliedRequest, CarriesTheRevision) {
  const v1::SessionRequest request = ToAppliedRequest(Present(8));
  EXPECT_EQ(request.applied().epoch(), "epoch-1");
  EXPECT_EQ(request.applied().generation(), 8u);
  EXPECT_EQ(request.applied().digest(), "sha256:8");
  EXPECT_FALSE(request.has_usage());
}

TEST(ToAppliedRequest, CarriesUsageBesideTheRevisionNeverAlone) {
  const v1::SessionRequest request = ToAppliedRequest(Present(8), {3, 0});
  EXPECT_EQ(request.applied().generation(), 8u);
  ASSERT_TRUE(request.has_usage());
  EXPECT_EQ(request.usage().cache_hits(), 3u);
  EXPECT_EQ(request.usage().cache_misses(), 0u);
}

}  // namespace
}  // namespace ostiary::sidecar
