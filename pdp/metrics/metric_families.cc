#include "pdp/metrics/metric_families.h"

#include <initializer_list>
#include <limits>
#include <string>
#include <utility>

#include "absl/time/time.h"

namespace ostiary::pdp {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using Families = std::vector<MetricFamily>;
using Labels = std::initializer_list<std::pair<absl::string_view, absl::string_view>>;

// Every reason of a decision, with the effect that it has.
constexpr std::pair<Effect, Reason> kOutcomes[] = {
    {Effect::kDeny, Reason::kExplicitDeny},         {Effect::kDeny, Reason::kPatternDeny},
    {Effect::kAllow, Reason::kExplicitAllow},       {Effect::kAllow, Reason::kPatternAllow},
    {Effect::kAllow, Reason::kImplicitGrant},       {Effect::kAllow, Reason::kServerAllowed},
    {Effect::kDeny, Reason::kServerDenied},         {Effect::kDeny, Reason::kServerNotAllowed},
    {Effect::kDeny, Reason::kToolNotAllowed},       {Effect::kDeny, Reason::kUnknownAgent},
    {Effect::kAllow, Reason::kUnknownAgentAllowed}, {Effect::kDeny, Reason::kResourceNotAllowed},
    {Effect::kDeny, Reason::kPromptNotAllowed},
};

constexpr std::pair<ServingState, absl::string_view> kStates[] = {
    {ServingState::kServing, "SERVING"},
    {ServingState::kStale, "STALE"},
    {ServingState::kEmpty, "EMPTY"},
};

class Family {
 public:
  Family(Families* families, MetricType type, absl::string_view name, absl::string_view help)
      : family_(families->emplace_back()) {
    family_.name = std::string(name);
    family_.help = std::string(help);
    family_.type = type;
  }

  // Prometheus has floating-point numbers only.
  template <typename Number>
  Family& Add(Labels labels, Number value) {
    ClientMetric& metric = AddMetric(labels);
    (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
        static_cast<double>(value);
    return *this;
  }

  ClientMetric& AddMetric(Labels labels) {
    ClientMetric& metric = family_.metric.emplace_back();
    for (const auto& [name, value] : labels) {
      metric.label.push_back({std::string(name), std::string(value)});
    }
    return metric;
  }

 private:
  MetricFamily& family_;  // valid until the next family
};

Family Counter(Families* families, absl::string_view name, absl::string_view help) {
  return {families, MetricType::Counter, name, help};
}

Family Gauge(Families* families, absl::string_view name, absl::string_view help) {
  return {families, MetricType::Gauge, name, help};
}

// Seconds since 1970; 0 for what never was, so that its age is too great for every alert.
double UnixSeconds(absl::Time time) {
  return time == absl::InfinitePast() ? 0 : static_cast<double>(absl::ToUnixMillis(time)) / 1e3;
}

void AddDecisions(const DecisionTally& tally, Families* families) {
  Family family =
      Counter(families, "ostiary_decisions_total",
              "Decisions given by Check, BatchCheck and sessions, by effect and reason.");
  for (const auto& [effect, reason] : kOutcomes) {
    family.Add({{"effect", EffectName(effect)}, {"reason", ReasonName(reason)}},
               tally.Of(effect, reason));
  }
}

void AddCallTimes(const CallTimes& times, Families* families) {
  Family family = {families, MetricType::Histogram, "ostiary_check_duration_seconds",
                   "Time that the PDP itself took for a call, answered or refused, by rpc."};
  for (const Rpc rpc : kRpcs) {
    const CallHistogram histogram = times.Read(rpc);
    ClientMetric::Histogram& out = family.AddMetric({{"rpc", RpcName(rpc)}}).histogram;
    for (size_t i = 0; i < histogram.buckets.size(); ++i) {
      out.sample_count += histogram.buckets[i];
      if (i == kCallTimeBounds.size()) break;  // the last has no bound: it is the count itself
      out.bucket.push_back(
          {out.sample_count, std::chrono::duration<double>(kCallTimeBounds[i]).count()});
    }
    out.bucket.push_back({out.sample_count, std::numeric_limits<double>::infinity()});
    out.sample_sum = std::chrono::duration<double>(histogram.sum).count();
  }
}

void AddPolicy(const PolicyState& policy, Families* families) {
  const PublishedPolicy* const present = policy.policy.get();
  Gauge(families, "ostiary_policy_generation",
        "Generation of the policy that decides, counted from the start of the process; 0: none.")
      .Add({}, present == nullptr ? 0 : present->revision.generation);
  Family info = Gauge(families, "ostiary_policy_info",
                      "1 for the policy that decides: the process's epoch, and the digest by which "
                      "replicas with the same files agree.");
  if (present != nullptr) {
    info.Add({{"epoch", present->revision.epoch}, {"digest", present->revision.digest}}, 1);
  }
  Family state = Gauge(families, "ostiary_policy_state",
                       "1 for the state that the policy is in: SERVING, STALE (the last load "
                       "failed, an older policy decides) or EMPTY (nothing is decided).");
  for (const auto& [value, name] : kStates) state.Add({{"state", name}}, value == policy.state);
  Gauge(families, "ostiary_policy_agents", "Agents that have an entry in the policy that decides.")
      .Add({}, present == nullptr ? 0 : present->snapshot->agent_count());
}

void AddReloads(const ReloadStatus& status, Families* families) {
  std::vector<std::pair<absl::string_view, const FileStatus*>> files = {
      {"gateway_rules", &status.gateway_rules}};
  if (!status.mcp_config.path.empty()) files.emplace_back("mcp_config", &status.mcp_config);
  const auto add = [&](absl::string_view name, absl::string_view help, auto value) {
    Family family = Gauge(families, name, help);
    for (const auto& [label, file] : files) family.Add({{"file", label}}, value(*file));
  };
  add("ostiary_reload_last_success_timestamp_seconds",
      "When the file was last found to load, in seconds since 1970; 0: never.",
      [](const FileStatus& file) { return UnixSeconds(file.last_success); });
  add("ostiary_reload_last_attempt_timestamp_seconds",
      "When the file was last read, or tried to be, in seconds since 1970; 0: never.",
      [](const FileStatus& file) { return UnixSeconds(file.last_attempt); });
  add("ostiary_policy_warnings", "Warnings about the file at its last successful load.",
      [](const FileStatus& file) { return file.last_warnings.size(); });
  Counter(families, "ostiary_reloads_total",
          "Loads of the files, which load as one, by what came of it.")
      .Add({{"outcome", "changed"}}, status.counts.changed)
      .Add({{"outcome", "unchanged"}}, status.counts.unchanged)
      .Add({{"outcome", "failed"}}, status.counts.failed);
}

void AddSessions(const Metrics& metrics, const PdpFigures& figures, Families* families) {
  Gauge(families, "ostiary_sessions", "Sidecars that have a session.").Add({}, figures.sessions);
  Gauge(families, "ostiary_sessions_current",
        "Sidecars that said that they apply the policy that decides.")
      .Add({}, figures.sessions_current);
  Counter(families, "ostiary_sidecar_cache_hits_total",
          "Accesses that sidecars decided from their caches, as they report it.")
      .Add({}, metrics.cache_hits.Read());
  Counter(families, "ostiary_sidecar_cache_misses_total",
          "Accesses for which sidecars had to wait for a PDP, as they report it.")
      .Add({}, metrics.cache_misses.Read());
}

void AddLoads(absl::string_view name, absl::string_view help, uint64_t loaded, uint64_t failed,
              Families* families) {
  Counter(families, name, help)
      .Add({{"outcome", "loaded"}}, loaded)
      .Add({{"outcome", "failed"}}, failed);
}

void AddCertificate(const CertificateFigures& certificate, Families* families) {
  AddLoads(
      "ostiary_certificate_loads_total",
      "Readings of the PDP's TLS certificate and key: pairs taken over, and readings that left "
      "the pair before in use.",
      certificate.loaded, certificate.failed, families);
  if (certificate.not_after == absl::InfiniteFuture()) return;
  Gauge(families, "ostiary_certificate_not_after_timestamp_seconds",
        "When the TLS certificate in use expires, in seconds since 1970.")
      .Add({}, UnixSeconds(certificate.not_after));
}

void AddCallers(const Metrics& metrics, Families* families) {
  AddLoads("ostiary_bindings_loads_total",
           "Loads of the bindings; after one that failed, those before it are still in use.",
           metrics.bindings.loaded.load(std::memory_order_relaxed),
           metrics.bindings.failed.load(std::memory_order_relaxed), families);
  Family refused = Counter(families, "ostiary_refused_callers_total",
                           "Calls and sessions refused for who asked, by reason.");
  for (const Refusal why : kRefusals) {
    refused.Add({{"reason", RefusalName(why)}}, metrics.refused.Read(why));
  }
}

}  // namespace

std::vector<MetricFamily> MetricFamilies(const Metrics& metrics, const PdpFigures& figures,
                                         absl::string_view version) {
  Families families;
  Gauge(&families, "ostiary_build_info", "1, with the version of the PDP.")
      .Add({{"version", version}}, 1);
  AddDecisions(metrics.decisions.Read(), &families);
  AddCallTimes(metrics.calls, &families);
  AddPolicy(figures.policy, &families);
  AddReloads(figures.policy.status, &families);
  AddSessions(metrics, figures, &families);
  AddCertificate(figures.certificate, &families);
  AddCallers(metrics, &families);
  return families;
}

}  // namespace ostiary::pdp
