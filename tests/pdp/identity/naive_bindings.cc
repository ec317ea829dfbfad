#include "tests/pdp/identity/naive_bindings.h"

#include <regex>

#include "tests/pdp/policy/naive_glob.h"

namespace ostiary::pdp {
namespace {

using Taken = std::map<std::string, std::string>;

// "{x}" at `at`: its name and what stands behind it; an empty name where there is none.
std::string CaptureAt(const std::string& text, size_t at, size_t* behind) {
  if (text[at] != '{') return "";
  const size_t close = text.find('}', at);
  *behind = close + 1;
  return text.substr(at + 1, close - at - 1);
}

void Read(const std::string& form, size_t form_at, const std::string& identity, size_t at,
          Taken taken, std::vector<Taken>* out) {
  if (form_at == form.size()) {
    if (at == identity.size()) out->push_back(taken);
    return;
  }
  size_t behind = 0;
  const std::string name = CaptureAt(form, form_at, &behind);
  if (name.empty()) {
    if (at < identity.size() && form[form_at] == identity[at]) {
      Read(form, form_at + 1, identity, at + 1, taken, out);
    }
    return;
  }
  for (size_t end = at; end < identity.size(); ++end) {
    if (identity[end] == '/' || identity[end] == ':') return;
    taken[name] = identity.substr(at, end + 1 - at);
    Read(form, behind, identity, end + 1, taken, out);
  }
}

// The pattern that an agent entry stands for; false where a capture has the character at which it
// would end.
bool Fill(const std::string& entry, const Taken& taken, std::string* pattern) {
  for (size_t at = 0; at < entry.size();) {
    size_t behind = 0;
    const std::string name = CaptureAt(entry, at, &behind);
    if (name.empty()) {
      *pattern += entry[at++];
      continue;
    }
    const std::string& text = taken.at(name);
    const bool another_follows = entry.find('{', behind) != std::string::npos;
    if (another_follows && text.find(entry[behind]) != std::string::npos) return false;
    for (const char c : text) *pattern += std::string("[") + c + "]";
    at = behind;
  }
  return true;
}

}  // namespace

std::vector<Taken> NaiveReadings(const std::string& form, const std::string& identity) {
  static const std::regex identities(
      "spiffe://[a-z0-9._-]{1,255}(/(?!\\.{1,2}(/|$))[A-Za-z0-9._-]+)+"
      "|system:serviceaccount:[a-z0-9-]{1,63}:[a-z0-9.-]{1,253}"
      "|local:unix|local:loopback");
  std::vector<Taken> readings;
  if (!std::regex_match(identity, identities)) return readings;
  Read(form, 0, identity, 0, {}, &readings);
  return readings;
}

bool NaiveMayActAs(const std::vector<NaiveBinding>& bindings, const std::string& identity,
                   const std::string& agent) {
  for (const NaiveBinding& binding : bindings) {
    for (const Taken& taken : NaiveReadings(binding.identity, identity)) {
      for (const std::string& entry : binding.agents) {
        std::string pattern;
        if (entry == agent && entry.find('{') == std::string::npos) return true;
        if (Fill(entry, taken, &pattern) && NaiveGlobMatch(pattern, agent).value_or(false)) {
          return true;
        }
      }
    }
  }
  return false;
}

}  // namespace ostiary::pdp
