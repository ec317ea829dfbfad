// ns per decision, by how many agents the policy has and how many patterns each of their lists.
//
// No two agents are alike, so nothing can be stored once for several; but for the last rows, where
// 100,000 agents share 50 policies. Half of the entries of a list are exact names, the rest are
// prefixes, suffixes and, one in sixteen, a wildcard in the middle. Beside it, for the machine's
// own limit, one probe of an absl::flat_hash_map with as many agents for the same queries. The two
// run in turns, and the time is the thread's own CPU time.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "pdp/policy/load.h"
#include "tests/bench/measure.h"

namespace ostiary::bench {
namespace {

// Agents times patterns. Ten times as many are 330 MB of rules, over PolicyLimits::max_file_bytes;
// such a shape is left out.
constexpr size_t kMostPatterns = 1'000'000;
// Agents times patterns, from which on the rules fill more than a core's second cache.
constexpr size_t kPastTheCache = 100'000;
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

// What is measured: how many agents, of how many different policies, with how many patterns a list.
struct Size {
  size_t agents;
  size_t policies;
  size_t patterns;
};

std::string Rules(const Size& size) {
  std::string text = "{\"agents\":{";
  for (size_t agent = 0; agent < size.agents; ++agent) {
    absl::StrAppend(&text, agent == 0 ? "" : ",", "\"agent-", agent,
                    "\":{\"allow\":{\"servers\":[\"files\"],\"tools\":{\"files\":[");
    AppendList(agent % size.policies, 'a', size.patterns, &text);
    text += "]}},\"deny\":{\"tools\":{\"files\":[";
    AppendList(agent % size.policies, 'd', size.patterns, &text);
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

std::vector<Query> Queries(const QueryKind& kind, const Size& size) {
  std::minstd_rand random(1);
  std::vector<Query> queries(kQueries);
  for (Query& query : queries) {
    const size_t agent = random() % size.agents;
    const size_t policy = agent % size.policies;
    query.agent = absl::StrCat("agent-", agent);
    if (kind.list == 0) {
      query.name = absl::StrCat("a", policy, "_none_of_these");
      continue;
    }
    std::string entry;
    do {
      entry = Entry(policy, kind.list, random() % size.patterns);
    } while ((entry.find('*') != std::string::npos) != kind.pattern);
    query.name = Matching(entry);
  }
  return queries;
}

class Shape {
 public:
  explicit Shape(const Size& size) : size_(size) {
    const std::string rules = Rules(size);
    rules_bytes_ = static_cast<double>(rules.size());
    const double before = ResidentBytes();
    const pdp::LoadedPolicy loaded = pdp::LoadPolicy({{"rules.json", rules}, {}});
    snapshot_bytes_ = ResidentBytes() - before;
    snapshot_ = loaded.snapshot;
    if (snapshot_ == nullptr) {
      std::fprintf(stderr, "the rules did not load: %s\n", loaded.issues.front().message.c_str());
      std::exit(1);
    }
    for (size_t agent = 0; agent < size.agents; ++agent) {
      probe_[absl::StrCat("agent-", agent)] = agent;
    }
  }

  const Size& size() const { return size_; }
  double rules_bytes() const { return rules_bytes_; }
  double snapshot_bytes() const { return snapshot_bytes_; }

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

 private:
  const Size size_;
  double rules_bytes_ = 0;
  double snapshot_bytes_ = 0;
  std::shared_ptr<const pdp::PolicySnapshot> snapshot_;
  absl::flat_hash_map<std::string, size_t> probe_;
};

// Two times that are measured in turns, and their ratio, for each kind of query.
class Comparison {
 public:
  void Add(const QueryKind& kind, std::vector<double> measured, const std::vector<double>& base) {
    std::vector<double> ratios;
    for (size_t i = 0; i < base.size(); ++i) ratios.push_back(measured[i] / base[i]);
    const double ratio = SpreadOf(ratios).median;
    worst_ = std::max(worst_, ratio);
    const char* const comma = measured_.empty() ? "" : ", ";
    absl::StrAppend(&measured_, comma, kind.name, " ", Show(SpreadOf(std::move(measured))));
    absl::StrAppend(&ratios_, comma, kind.name, " ", Show(ratio));
    base_.insert(base_.end(), base.begin(), base.end());
  }

  void Print(const std::string& what, double limit, const char* against) const {
    PrintRow({what, AtMost(worst_, limit), measured_,
              absl::StrCat(against, " ", Show(SpreadOf(base_))), ratios_});
  }

 private:
  double worst_ = 0;
  std::string measured_;
  std::string ratios_;
  std::vector<double> base_;
};

void CompareWithProbe(const Shape& shape, double limit) {
  Comparison comparison;
  for (const QueryKind& kind : kKinds) {
    const std::vector<Query> queries = Queries(kind, shape.size());
    std::vector<double> decides;
    std::vector<double> probes;
    for (int round = 0; round < kRounds; ++round) {
      decides.push_back(shape.TimeDecide(queries, kind.effect));
      probes.push_back(shape.TimeProbe(queries));
    }
    comparison.Add(kind, decides, probes);
  }
  const Size& size = shape.size();
  const std::string shared =
      size.policies == size.agents ? "" : absl::StrFormat(" of %d policies", size.policies);
  comparison.Print(absl::StrFormat("ns per decision, %d agents%s, %d patterns a list (%.1f MB)",
                                   size.agents, shared, size.patterns, shape.rules_bytes() / 1e6),
                   limit, "hash map probe");
}

// For orientation, where the rules fill more than the cache: how long it takes just to find one
// name among as many, if nothing of one search waits for another.
void TimeNames(const Size& size) {
  absl::flat_hash_set<std::string> names;
  for (size_t agent = 0; agent < size.agents; ++agent) {
    for (size_t k = 0; k < size.patterns; ++k) {
      for (const char list : {'a', 'd'}) names.insert(Matching(Entry(agent, list, k)));
    }
  }
  const std::vector<Query> queries = Queries(kKinds[0], size);
  std::vector<double> runs;
  for (int round = 0; round < kRounds; ++round) {
    size_t found = 0;
    const double start = ThreadCpuNanoseconds();
    for (const Query& query : queries) found += names.contains(query.name) ? 1 : 0;
    const double took = ThreadCpuNanoseconds() - start;
    if (found != queries.size()) std::exit(1);
    runs.push_back(took / static_cast<double>(queries.size()));
  }
  PrintRow({absl::StrFormat("ns per probe of a hash set of all names, %d agents, "
                            "%d patterns a list",
                            size.agents, size.patterns),
            "", Show(SpreadOf(runs)), "", ""});
}

// What many patterns add.
void CompareSizes(const Shape& small, const Shape& large) {
  Comparison comparison;
  for (const QueryKind& kind : kKinds) {
    const std::vector<Query> small_queries = Queries(kind, small.size());
    const std::vector<Query> large_queries = Queries(kind, large.size());
    std::vector<double> of_small;
    std::vector<double> of_large;
    for (int round = 0; round < kRounds; ++round) {
      of_large.push_back(large.TimeDecide(large_queries, kind.effect));
      of_small.push_back(small.TimeDecide(small_queries, kind.effect));
    }
    comparison.Add(kind, of_large, of_small);
  }
  comparison.Print(absl::StrFormat("ns per decision, %d agents, %d patterns a list",
                                   large.size().agents, large.size().patterns),
                   1.5, absl::StrFormat("%d patterns", small.size().patterns).c_str());
}

void Run() {
  for (const size_t agents : {10, 1'000, 100'000}) {
    for (const size_t patterns : {10, 100, 1'000}) {
      if (agents * patterns > kMostPatterns) {
        PrintRow(
            {absl::StrFormat("ns per decision, %d agents, %d patterns a list", agents, patterns),
             "", "left out: more rules than a PDP takes", "", ""});
        continue;
      }
      CompareWithProbe(Shape({agents, agents, patterns}), 4);
      if (agents * patterns >= kPastTheCache) TimeNames({agents, agents, patterns});
    }
  }
  for (const size_t agents : {10, 1'000}) {
    CompareSizes(Shape({agents, agents, 10}), Shape({agents, agents, 1'000}));
  }
  const Shape shared({100'000, 50, 10});
  CompareWithProbe(shared, 3);
  const double ratio = shared.snapshot_bytes() / shared.rules_bytes();
  PrintRow({"memory of a snapshot, 100000 agents of 50 policies", AtMost(ratio, 2),
            absl::StrFormat("%.1f MB", shared.snapshot_bytes() / 1e6),
            absl::StrFormat("the file %.1f MB", shared.rules_bytes() / 1e6), Show(ratio)});
}

}  // namespace
}  // namespace ostiary::bench

int main() { ostiary::bench::Run(); }
