// ns per decision, by how many agents the policy has and how many patterns each of their lists.
//
// No two agents are alike, so nothing can be stored once for several. Half of the entries of a list
// are exact names, the rest are prefixes, suffixes and, one in sixteen, a wildcard in the middle.
// Beside it, for the machine's own limit, one probe of an absl::flat_hash_map with as many agents
// for the same queries. The two run in turns, and the time is the thread's own CPU time.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "pdp/policy/load.h"
#include "tests/bench/measure.h"

namespace ostiary::bench {
namespace {

// Agents times patterns. Ten times as many are 330 MB of rules, over PolicyLimits::max_file_bytes;
// such a shape is left out.
constexpr size_t kMostPatterns = 1'000'000;
constexpr size_t kQueries = 20'000;
constexpr int kRounds = 7;

// The entry `k` of an agent's list; `list` tells the allow list from the deny list.
std::string Entry(size_t agent, char list, size_t k) {
  const std::string stem = absl::StrCat(std::string(1, list), agent, "_", k);
  if (k % 16 == 15) return absl::StrCat(stem, "_*_mid");
  if (k % 4 == 2) return absl::StrCat(stem, "_*");
  if (k % 4 == 3) return absl::StrCat("*_", stem);
  return stem;
}

// A name that the entry matches.
std::string Matching(const std::string& entry) {
  std::string name = entry;
  if (const size_t star = name.find('*'); star != std::string::npos) name.replace(star, 1, "read");
  return name;
}

void AppendList(size_t agent, char list, size_t patterns, std::string* out) {
  for (size_t k = 0; k < patterns; ++k) {
    absl::StrAppend(out, k == 0 ? "\"" : ",\"", Entry(agent, list, k), "\"");
  }
}

std::string Rules(size_t agents, size_t patterns) {
  std::string text = "{\"agents\":{";
  for (size_t agent = 0; agent < agents; ++agent) {
    absl::StrAppend(&text, agent == 0 ? "" : ",", "\"agent-", agent,
                    "\":{\"allow\":{\"servers\":[\"files\"],\"tools\":{\"files\":[");
    AppendList(agent, 'a', patterns, &text);
    text += "]}},\"deny\":{\"tools\":{\"files\":[";
    AppendList(agent, 'd', patterns, &text);
    text += "]}}}";
  }
  return text + "}}";
}

struct Query {
  std::string agent;
  std::string name;
};

// What is asked: which list has the name and by what kind of entry.
struct QueryKind {
  const char* name;
  char list;           // 0: in none
  bool pattern;        // the entry that matches has a wildcard
  pdp::Effect effect;  // as it must be decided
};

constexpr QueryKind kKinds[] = {
    {"exact allow", 'a', false, pdp::Effect::kAllow},
    {"pattern allow", 'a', true, pdp::Effect::kAllow},
    {"exact deny", 'd', false, pdp::Effect::kDeny},
    {"pattern deny", 'd', true, pdp::Effect::kDeny},
    {"no match", 0, false, pdp::Effect::kDeny},
};

std::vector<Query> Queries(const QueryKind& kind, size_t agents, size_t patterns) {
  std::minstd_rand random(1);
  std::vector<Query> queries(kQueries);
  for (Query& query : queries) {
    const size_t agent = random() % agents;
    query.agent = absl::StrCat("agent-", agent);
    if (kind.list == 0) {
      query.name = absl::StrCat("a", agent, "_none_of_these");
      continue;
    }
    std::string entry;
    do {
      entry = Entry(agent, kind.list, random() % patterns);
    } while ((entry.find('*') != std::string::npos) != kind.pattern);
    query.name = Matching(entry);
  }
  return queries;
}

class Shape {
 public:
  Shape(size_t agents, size_t patterns) : agents_(agents), patterns_(patterns) {
    const std::string rules = Rules(agents, patterns);
    rules_bytes_ = rules.size();
    const pdp::LoadedPolicy loaded = pdp::LoadPolicy({{"rules.json", rules}, {}});
    snapshot_ = loaded.snapshot;
    if (snapshot_ == nullptr) {
      std::fprintf(stderr, "the rules did not load: %s\n", loaded.issues.front().message.c_str());
      std::exit(1);
    }
    for (size_t agent = 0; agent < agents; ++agent) probe_[absl::StrCat("agent-", agent)] = agent;
  }

  void Measure() {
    std::string figures;
    std::vector<double> probes;
    double worst = 0;
    for (const QueryKind& kind : kKinds) {
      const std::vector<Query> queries = Queries(kind, agents_, patterns_);
      std::vector<double> decides;
      for (int round = 0; round < kRounds; ++round) {
        decides.push_back(TimeDecide(queries, kind.effect));
        probes.push_back(TimeProbe(queries));
      }
      const double median = SpreadOf(decides).median;
      worst = std::max(worst, median);
      absl::StrAppend(&figures, figures.empty() ? "" : ", ", kind.name, " ",
                      Show(SpreadOf(decides)));
    }
    const Spread probe = SpreadOf(probes);
    const double ratio = worst / probe.median;
    PrintRow({absl::StrFormat("ns per decision, %d agents, %d patterns a list (%.1f MB)", agents_,
                              patterns_, static_cast<double>(rules_bytes_) / 1e6),
              AtMost(ratio, 4), figures, absl::StrCat("hash map probe ", Show(probe)),
              absl::StrCat("worst ", Show(ratio))});
  }

 private:
  double TimeDecide(const std::vector<Query>& queries, pdp::Effect expected) const {
    size_t right = 0;
    const double start = ThreadCpuNanoseconds();
    for (const Query& query : queries) {
      const pdp::Decision decision =
          snapshot_->Decide({query.agent, "files", pdp::AccessKind::kTool, query.name});
      right += decision.effect == expected ? 1 : 0;
    }
    const double took = ThreadCpuNanoseconds() - start;
    if (right != queries.size()) {
      std::fprintf(stderr, "%zu decisions are wrong\n", queries.size() - right);
      std::exit(1);
    }
    return took / static_cast<double>(queries.size());
  }

  double TimeProbe(const std::vector<Query>& queries) const {
    size_t found = 0;
    const double start = ThreadCpuNanoseconds();
    for (const Query& query : queries) found += probe_.contains(query.agent) ? 1 : 0;
    const double took = ThreadCpuNanoseconds() - start;
    if (found != queries.size()) std::exit(1);
    return took / static_cast<double>(queries.size());
  }

  const size_t agents_;
  const size_t patterns_;
  size_t rules_bytes_ = 0;
  std::shared_ptr<const pdp::PolicySnapshot> snapshot_;
  absl::flat_hash_map<std::string, size_t> probe_;
};

void Run() {
  for (const size_t agents : {10, 1'000, 100'000}) {
    for (const size_t patterns : {10, 100, 1'000}) {
      if (agents * patterns > kMostPatterns) {
        PrintRow(
            {absl::StrFormat("ns per decision, %d agents, %d patterns a list", agents, patterns),
             "", "left out: more rules than a PDP takes", "", ""});
        continue;
      }
      Shape(agents, patterns).Measure();
    }
  }
}

}  // namespace
}  // namespace ostiary::bench

int main() { ostiary::bench::Run(); }
