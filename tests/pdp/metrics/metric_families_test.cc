// Every metric that the README promises, with exact values, in text that a strict reader takes.
#include "pdp/metrics/metric_families.h"

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pdp/policy/load.h"
#include "prometheus/text_serializer.h"
#include "re2/re2.h"
#include "tests/pdp/metrics/exposition.h"

namespace ostiary::pdp {
namespace {

using testing::HasSubstr;

std::string Text(const Metrics& metrics, const PdpFigures& figures) {
  return prometheus::TextSerializer().Serialize(MetricFamilies(metrics, figures, "1.2.3"));
}

Samples Read(const Metrics& metrics, const PdpFigures& figures) {
  const std::string text = Text(metrics, figures);
  const absl::StatusOr<Samples> samples = ReadExposition(text);
  EXPECT_TRUE(samples.ok()) << samples.status() << "\n" << text;
  return samples.value_or(Samples());
}

// A policy of one agent that decides under generation 7.
PdpFigures Serving() {
  PdpFigures figures;
  figures.policy.state = ServingState::kServing;
  const LoadedPolicy loaded = LoadPolicy(
      {{"rules.json", R"({"agents": {"a": {"allow": {"servers": ["s"]}}}})"}, std::nullopt});
  EXPECT_NE(loaded.snapshot, nullptr);
  figures.policy.policy = std::make_shared<const PublishedPolicy>(
      PublishedPolicy{loaded.snapshot, {"epoch-1", 7, "sha256:ab"}});
  FileStatus& rules = figures.policy.status.gateway_rules;
  rules.path = "rules.json";
  rules.last_success = absl::FromUnixMillis(1'700'000'000'250);
  rules.last_attempt = absl::FromUnixSeconds(1'700'000'060);
  rules.last_warnings.resize(2);
  figures.policy.status.counts = {3, 40, 5};
  figures.sessions = 12;
  figures.sessions_current = 11;
  return figures;
}

TEST(MetricFamiliesTest, EveryValueIsExact) {
  Metrics metrics;
  for (int i = 0; i < 3; ++i) metrics.decisions.Count({Effect::kDeny, Reason::kPatternDeny, {}});
  metrics.decisions.Count({Effect::kAllow, Reason::kServerAllowed, {}});
  metrics.calls.Count(Rpc::kSessionCheck, std::chrono::microseconds(4));
  metrics.calls.Count(Rpc::kSessionCheck, std::chrono::seconds(2));
  metrics.cache_hits.Add(1'000);
  metrics.cache_misses.Add(10);
  metrics.bindings.loaded = 4;
  metrics.bindings.failed = 1;
  metrics.refused.Count(Refusal::kNotBound);
  PdpFigures figures = Serving();
  figures.certificate = {2, 9, absl::FromUnixSeconds(1'800'000'000)};
  const struct {
    const char* series;
    double value;
  } cases[] = {
      {R"(ostiary_build_info{version="1.2.3"})", 1},
      {R"(ostiary_decisions_total{effect="DENY",reason="PATTERN_DENY"})", 3},
      {R"(ostiary_decisions_total{effect="ALLOW",reason="SERVER_ALLOWED"})", 1},
      {R"(ostiary_decisions_total{effect="DENY",reason="UNKNOWN_AGENT"})", 0},
      {R"(ostiary_check_duration_seconds_bucket{rpc="SessionCheck",le="2.5e-06"})", 0},
      {R"(ostiary_check_duration_seconds_bucket{rpc="SessionCheck",le="5e-06"})", 1},
      {R"(ostiary_check_duration_seconds_bucket{rpc="SessionCheck",le="1"})", 1},
      {R"(ostiary_check_duration_seconds_bucket{rpc="SessionCheck",le="+Inf"})", 2},
      {R"(ostiary_check_duration_seconds_count{rpc="SessionCheck"})", 2},
      {R"(ostiary_check_duration_seconds_sum{rpc="SessionCheck"})", 2.000004},
      {R"(ostiary_check_duration_seconds_count{rpc="Check"})", 0},
      {R"(ostiary_check_duration_seconds_count{rpc="BatchCheck"})", 0},
      {R"(ostiary_check_duration_seconds_count{rpc="ListServers"})", 0},
      {"ostiary_policy_generation", 7},
      {R"(ostiary_policy_info{epoch="epoch-1",digest="sha256:ab"})", 1},
      {R"(ostiary_policy_state{state="SERVING"})", 1},
      {R"(ostiary_policy_state{state="STALE"})", 0},
      {R"(ostiary_policy_state{state="EMPTY"})", 0},
      {"ostiary_policy_agents", 1},
      {R"(ostiary_policy_warnings{file="gateway_rules"})", 2},
      {R"(ostiary_reload_last_success_timestamp_seconds{file="gateway_rules"})", 1'700'000'000.25},
      {R"(ostiary_reload_last_attempt_timestamp_seconds{file="gateway_rules"})", 1'700'000'060},
      {R"(ostiary_reloads_total{outcome="changed"})", 3},
      {R"(ostiary_reloads_total{outcome="unchanged"})", 40},
      {R"(ostiary_reloads_total{outcome="failed"})", 5},
      {"ostiary_sessions", 12},
      {"ostiary_sessions_current", 11},
      {"ostiary_sidecar_cache_hits_total", 1'000},
      {"ostiary_sidecar_cache_misses_total", 10},
      {R"(ostiary_certificate_loads_total{outcome="loaded"})", 2},
      {R"(ostiary_certificate_loads_total{outcome="failed"})", 9},
      {"ostiary_certificate_not_after_timestamp_seconds", 1'800'000'000},
      {R"(ostiary_bindings_loads_total{outcome="loaded"})", 4},
      {R"(ostiary_bindings_loads_total{outcome="failed"})", 1},
      {R"(ostiary_refused_callers_total{reason="NOT_BOUND"})", 1},
  };
  const Samples samples = Read(metrics, figures);
  for (const auto& c : cases) {
    const auto found = samples.find(c.series);
    ASSERT_NE(found, samples.end()) << c.series;
    EXPECT_DOUBLE_EQ(found->second, c.value) << c.series;
  }
}

TEST(MetricFamiliesTest, TheReadmeNamesExactlyTheMetricsThatThereAre) {
  std::ifstream file("pdp/metrics/README.md");
  std::stringstream readme;
  readme << file.rdbuf();
  PdpFigures figures = Serving();
  figures.certificate.not_after = absl::FromUnixSeconds(1);
  std::set<std::string> shown, named;
  for (const auto& family : MetricFamilies({}, figures, "1")) shown.insert(family.name);
  const std::string text = readme.str();
  re2::StringPiece rest(text);
  std::string name;
  while (RE2::FindAndConsume(&rest, R"(\| `(ostiary_\w+)` \|)", &name)) named.insert(name);
  EXPECT_EQ(named, shown);
}

TEST(MetricFamiliesTest, WithoutAPolicyAllIsThereAndSaysSo) {
  PdpFigures figures;
  figures.policy.status.gateway_rules.path = "rules.json";
  const Samples samples = Read({}, figures);
  EXPECT_EQ(samples.at(R"(ostiary_policy_state{state="EMPTY"})"), 1);
  EXPECT_EQ(samples.at("ostiary_policy_generation"), 0);
  EXPECT_EQ(samples.at("ostiary_policy_agents"), 0);
  EXPECT_EQ(samples.at(R"(ostiary_reload_last_success_timestamp_seconds{file="gateway_rules"})"),
            0);
  for (const auto& [series, value] : samples) {
    EXPECT_FALSE(absl::StartsWith(series, "ostiary_policy_info")) << series;
    EXPECT_FALSE(absl::StrContains(series, "mcp_config")) << series;
    EXPECT_FALSE(absl::StartsWith(series, "ostiary_certificate_not_after")) << series;
  }
}

TEST(MetricFamiliesTest, TheCatalogIsAFileOfItsOwnWhereThereIsOne) {
  PdpFigures figures = Serving();
  figures.policy.status.mcp_config.path = ".mcp.json";
  figures.policy.status.mcp_config.last_success = absl::FromUnixSeconds(5);
  const Samples samples = Read({}, figures);
  EXPECT_EQ(samples.at(R"(ostiary_reload_last_success_timestamp_seconds{file="mcp_config"})"), 5);
  EXPECT_EQ(samples.at(R"(ostiary_policy_warnings{file="mcp_config"})"), 0);
}

TEST(MetricFamiliesTest, EveryReasonHasItsEffect) {
  // A decision of any reason shows up, so the sum of the series is the number of decisions.
  Metrics metrics;
  size_t made = 0;
  for (int reason = 1; reason <= static_cast<int>(Reason::kPromptNotAllowed); ++reason) {
    // The contract's convention, by which the sidecar reads reasons too.
    const std::string name(ReasonName(static_cast<Reason>(reason)));
    const bool allows = name == "EXPLICIT_ALLOW" || name == "PATTERN_ALLOW" ||
                        name == "IMPLICIT_GRANT" || name == "SERVER_ALLOWED" ||
                        name == "UNKNOWN_AGENT_ALLOWED";
    metrics.decisions.Count(
        {allows ? Effect::kAllow : Effect::kDeny, static_cast<Reason>(reason), {}});
    ++made;
  }
  double sum = 0;
  for (const auto& [series, value] : Read(metrics, Serving())) {
    if (!absl::StartsWith(series, "ostiary_decisions_total")) continue;
    EXPECT_EQ(value, 1) << series;
    sum += value;
  }
  EXPECT_EQ(sum, made);
}

TEST(ExpositionTest, ReadsOnlyWhatIsRight) {
  const struct {
    const char* text;
    const char* error;
  } cases[] = {
      {"# HELP a_total x\n# TYPE a_total counter\na_total 1", "does not end"},
      {"a 1\n", "before its TYPE"},
      {"# HELP a x\n# TYPE a counter\na 1\n", "does not end in _total"},
      {"# HELP a x\n# TYPE a gauge\na 1\na 1\n", "a series twice"},
      {"# HELP a x\n# TYPE a gauge\n# HELP a x\n", "a family twice"},
      {"# HELP a x\n# TYPE a gauge\nb 1\n", "another family"},
      {"# HELP a x\n# TYPE a gauge\nab 1\n", "another family"},
      {"# HELP a x\n# TYPE a gauge\na{b=\"c} 1\n", "nor a sample"},
      {"# HELP a x\n# TYPE a gauge\na one\n", "no number"},
      {"# HELP a_total x\n# TYPE a_total counter\na_total -1\n", "does not count"},
      {"# HELP a x\n# TYPE a histogram\na_bucket{r=\"1\",le=\"1\"} "
       "2\na_bucket{r=\"1\",le=\"+Inf\"} "
       "1\n",
       "buckets fall"},
      {"# HELP a x\n# TYPE a histogram\na_count{r=\"1\"} 2\na_bucket{r=\"1\",le=\"+Inf\"} 3\n",
       "not its +Inf"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(ReadExposition(c.text).status().ToString(), HasSubstr(c.error)) << c.text;
  }
}

}  // namespace
}  // namespace ostiary::pdp
