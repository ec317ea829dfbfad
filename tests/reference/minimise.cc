#include "tests/reference/minimise.h"

#include <string>
#include <vector>

namespace ostiary::reference {
namespace {

using Json = RandomPolicy::Json;

// Every text that is `text` without one character.
std::vector<std::string> WithoutOneCharacter(const std::string& text) {
  const auto continues = [&text](size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  std::vector<std::string> shorter;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin + 1;
    while (continues(end)) ++end;
    shorter.push_back(text.substr(0, begin) + text.substr(end));
    begin = end;
  }
  return shorter;
}

// Every value that is `value` with one thing less anywhere within it.
std::vector<Json> Smaller(const Json& value) {
  std::vector<Json> smaller;
  if (value.is_string()) {
    for (const std::string& text : WithoutOneCharacter(value.get<std::string>())) {
      smaller.emplace_back(text);
    }
  }
  if (!value.is_structured()) return smaller;
  for (const auto& [key, child] : value.items()) {
    Json without = value;
    if (value.is_object()) {
      without.erase(key);
    } else {
      without.erase(std::stoul(key));
    }
    smaller.push_back(without);
  }
  for (const auto& [key, child] : value.items()) {
    for (const Json& replacement : Smaller(child)) {
      Json changed = value;
      (value.is_object() ? changed[key] : changed[std::stoul(key)]) = replacement;
      smaller.push_back(changed);
    }
  }
  return smaller;
}

std::vector<Repro> Smaller(const Repro& repro) {
  std::vector<Repro> smaller;
  for (const Json& rules : Smaller(repro.rules)) smaller.push_back({rules, repro.request});
  for (std::string Request::*part : {&Request::server, &Request::name}) {
    for (const std::string& text : WithoutOneCharacter(repro.request.*part)) {
      smaller.push_back(repro);
      smaller.back().request.*part = text;
    }
  }
  return smaller;
}

}  // namespace

Repro Minimise(Repro repro, const std::function<bool(const Repro&)>& fails) {
  bool is_smallest = false;
  while (!is_smallest) {
    is_smallest = true;
    for (const Repro& smaller : Smaller(repro)) {
      if (!fails(smaller)) continue;
      repro = smaller;
      is_smallest = false;
      break;
    }
  }
  return repro;
}

}  // namespace ostiary::reference
