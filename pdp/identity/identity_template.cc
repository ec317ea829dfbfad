#include "pdp/identity/identity_template.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "pdp/identity/identity_name.h"
#include "pdp/policy/pattern.h"
#include "pdp/policy/quote.h"

namespace ostiary::pdp {
namespace {

// "a{x}b{y}" is "a", {x, "b"}, {y, ""}.
struct Split {
  struct Capture {
    absl::string_view name;
    absl::string_view behind;
  };
  absl::string_view head;
  std::vector<Capture> captures;
};

bool IsCaptureName(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
  });
}

absl::StatusOr<Split> SplitAtCaptures(absl::string_view text) {
  Split split;
  absl::string_view rest = text;
  absl::string_view* literal = &split.head;
  while (true) {
    const size_t open = rest.find_first_of("{}");
    *literal = rest.substr(0, open);
    if (open == absl::string_view::npos) return split;
    rest.remove_prefix(open);
    const size_t close = rest.find('}');
    const absl::string_view name =
        close == absl::string_view::npos ? absl::string_view() : rest.substr(1, close - 1);
    if (rest[0] == '}' || !IsCaptureName(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("a brace in ", Quote(text),
                       " belongs to no capture: write {name}, with letters, digits and \"_\""));
    }
    split.captures.push_back({name, {}});
    literal = &split.captures.back().behind;
    rest.remove_prefix(close + 1);
  }
}

absl::Status CheckDistinct(absl::string_view text, const Split& split) {
  for (size_t i = 0; i < split.captures.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (split.captures[i].name != split.captures[j].name) continue;
      return absl::InvalidArgumentError(absl::StrCat("{", split.captures[i].name,
                                                     "} comes twice in ", Quote(text),
                                                     ": give each its own name"));
    }
  }
  return absl::OkStatus();
}

// What a template stands for must be an identity, with anything captured.
absl::Status CheckForm(absl::string_view text, const Split& split) {
  std::string example(split.head);
  for (const Split::Capture& capture : split.captures) {
    absl::StrAppend(&example, "x", capture.behind);
  }
  if (const absl::Status status = CheckIdentity(example); !status.ok()) {
    return split.captures.empty() ? status
                                  : absl::InvalidArgumentError(absl::StrCat(
                                        Quote(text), " can match no identity: ", status.message()));
  }
  constexpr absl::string_view kSpiffe = "spiffe://";
  if (!split.captures.empty() && absl::StartsWith(text, kSpiffe) &&
      split.head.find('/', kSpiffe.size()) == absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("the trust domain of ", Quote(text),
                                                   " is a capture: write out whom you trust"));
  }
  return absl::OkStatus();
}

bool IsSeparator(char c) { return c == '/' || c == ':'; }

// Takes the next part off `*rest`, up to the next separator.
absl::string_view TakePart(absl::string_view* rest) {
  const absl::string_view part = rest->substr(0, rest->find_first_of("/:"));
  rest->remove_prefix(part.size());
  return part;
}

}  // namespace

absl::StatusOr<IdentityTemplate> IdentityTemplate::Parse(absl::string_view text) {
  OSTIARY_ASSIGN_OR_RETURN(const Split split, SplitAtCaptures(text));
  OSTIARY_RETURN_IF_ERROR(CheckDistinct(text, split));
  OSTIARY_RETURN_IF_ERROR(CheckForm(text, split));
  IdentityTemplate parsed;
  parsed.text_ = std::string(text);
  parsed.parts_.emplace_back();
  const auto add_literal = [&parsed](absl::string_view literal) {
    for (const char c : literal) {
      if (IsSeparator(c)) {
        parsed.parts_.emplace_back().separator = c;
      } else {
        Part& part = parsed.parts_.back();
        (part.captures ? part.suffix : part.prefix).push_back(c);
      }
    }
  };
  add_literal(split.head);
  for (const Split::Capture& capture : split.captures) {
    Part& part = parsed.parts_.back();
    if (part.captures) {
      return absl::InvalidArgumentError(
          absl::StrCat("{", parsed.names_.back(), "} and {", capture.name, "} of ", Quote(text),
                       " have no \"/\" or \":\" between them: what each takes would be a guess"));
    }
    part.captures = true;
    parsed.names_.emplace_back(capture.name);
    add_literal(capture.behind);
  }
  return parsed;
}

bool IdentityTemplate::Match(absl::string_view identity, Captured* captured) const {
  captured->clear();
  absl::string_view rest = identity;
  for (const Part& part : parts_) {
    if (part.separator != 0) {
      if (rest.empty() || rest[0] != part.separator) return false;
      rest.remove_prefix(1);
    }
    absl::string_view text = TakePart(&rest);
    if (!part.captures) {
      if (text != part.prefix) return false;
      continue;
    }
    if (!absl::ConsumePrefix(&text, part.prefix) || !absl::ConsumeSuffix(&text, part.suffix) ||
        text.empty()) {
      return false;
    }
    captured->push_back(text);
  }
  // What is captured must leave an identity whole: a namespace has no ".", though an account's name
  // may.
  return rest.empty() && (names_.empty() || CheckIdentity(identity).ok());
}

absl::StatusOr<AgentTemplate> AgentTemplate::Parse(absl::string_view text,
                                                   const std::vector<std::string>& names) {
  if (text.empty()) return absl::InvalidArgumentError("an agent's name must not be empty");
  OSTIARY_ASSIGN_OR_RETURN(const Split split, SplitAtCaptures(text));
  AgentTemplate parsed;
  parsed.text_ = std::string(text);
  parsed.head_ = std::string(split.head);
  parsed.is_name_ = split.captures.empty() && !MayBePattern(text);
  parsed.has_wildcards_ = text.find_first_of("*?[") != absl::string_view::npos;
  if (!split.captures.empty() && text.find('[') != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        Quote(text), " has both a capture and a \"[\": write an entry for each, without the set"));
  }
  for (size_t i = 0; i < split.captures.size(); ++i) {
    const Split::Capture& capture = split.captures[i];
    const auto found = std::find(names.begin(), names.end(), capture.name);
    if (found == names.end()) {
      return absl::InvalidArgumentError(absl::StrCat("{", capture.name, "} of ", Quote(text),
                                                     " is not captured by the identity"));
    }
    Piece piece{static_cast<size_t>(found - names.begin()), std::string(capture.behind), 0};
    if (i + 1 < split.captures.size()) {
      if (capture.behind.empty() || capture.behind[0] == '*' || capture.behind[0] == '?') {
        return absl::InvalidArgumentError(
            absl::StrCat("in ", Quote(text), " a literal character must stand right behind {",
                         capture.name, "}, else two identities could give one agent"));
      }
      piece.forbidden = capture.behind[0];
    }
    parsed.pieces_.push_back(std::move(piece));
  }
  ParsedPattern pattern;
  OSTIARY_RETURN_IF_ERROR(ParsePattern(text, &pattern));
  return parsed;
}

bool AgentTemplate::Uses(size_t capture) const {
  return std::any_of(pieces_.begin(), pieces_.end(),
                     [capture](const Piece& piece) { return piece.capture == capture; });
}

std::optional<char> AgentTemplate::doubtful_separator() const {
  for (const Piece& piece : pieces_) {
    if (piece.forbidden == '-' || IsNamespace({&piece.forbidden, 1})) return piece.forbidden;
  }
  return std::nullopt;
}

std::string AgentTemplate::Resolve(absl::Span<const absl::string_view> captured) const {
  std::string pattern = head_;
  for (const Piece& piece : pieces_) {
    absl::StrAppend(&pattern, captured[piece.capture], piece.literal);
  }
  return pattern;
}

bool AgentTemplate::Matches(absl::string_view agent,
                            absl::Span<const absl::string_view> captured) const {
  for (const Piece& piece : pieces_) {
    if (piece.forbidden != 0 &&
        captured[piece.capture].find(piece.forbidden) != absl::string_view::npos) {
      return false;
    }
  }
  const std::string pattern = Resolve(captured);
  if (pieces_.empty() && agent == pattern) return true;
  if (!has_wildcards_) return agent == pattern;
  ParsedPattern parsed;
  return ParsePattern(pattern, &parsed).ok() && parsed.Matches(agent);
}

}  // namespace ostiary::pdp
