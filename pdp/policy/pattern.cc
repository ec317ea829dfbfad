#include "pdp/policy/pattern.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pdp/policy/quote.h"
#include "pdp/policy/utf8.h"
#include "pdp/policy/wildcards.h"

namespace ostiary::pdp {
namespace {

constexpr size_t kNpos = absl::string_view::npos;

bool InRanges(uint32_t code_point, absl::Span<const CharRange> ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [code_point](const CharRange& range) {
    return range.first <= code_point && code_point <= range.last;
  });
}

// The end of the part of `name` that starts at `at` and that `token` (not kAnyRun) matches, or
// kNpos.
size_t MatchToken(const Glob& glob, const GlobToken& token, absl::string_view name, size_t at) {
  if (token.kind == GlobToken::Kind::kText) {
    const absl::string_view text = glob.text.substr(token.begin, token.end - token.begin);
    return absl::StartsWith(name.substr(at), text) ? at + text.size() : kNpos;
  }
  if (at == name.size()) return kNpos;
  const Utf8Char c = CharAt(name, at);
  if (token.kind != GlobToken::Kind::kAnyChar) {
    const bool in_set =
        InRanges(c.code_point, glob.ranges.subspan(token.begin, token.end - token.begin));
    if (in_set != (token.kind == GlobToken::Kind::kOneOf)) return kNpos;
  }
  return at + c.size;
}

// The first place from `at` on where the tokens behind a "*" can match: where they start with
// text, the next place that has it. kNpos where there is none.
size_t NextStart(const Glob& glob, const GlobToken& behind_run, absl::string_view name, size_t at) {
  if (behind_run.kind != GlobToken::Kind::kText) return at;
  return name.find(glob.text.substr(behind_run.begin, behind_run.end - behind_run.begin), at);
}

// Turns a pattern's text into tokens.
class PatternReader {
 public:
  explicit PatternReader(ParsedPattern* out) : out_(*out), text_(out->text) {}

  absl::Status Read() {
    size_t at = 0;
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == '*') {
        EndText(at);
        // "**" is "*".
        if (out_.tokens.empty() || out_.tokens.back().kind != GlobToken::Kind::kAnyRun) {
          out_.tokens.push_back({GlobToken::Kind::kAnyRun, 0, 0});
        }
        text_begin_ = ++at;
      } else if (c == '?') {
        EndText(at);
        out_.tokens.push_back({GlobToken::Kind::kAnyChar, 0, 0});
        text_begin_ = ++at;
      } else if (const size_t close = c == '[' ? FindClose(at) : kNpos; close != kNpos) {
        EndText(at);
        if (absl::Status status = ReadSet(at + 1, close); !status.ok()) return status;
        text_begin_ = at = close + 1;
      } else {
        ++at;
      }
    }
    EndText(at);
    return absl::OkStatus();
  }

 private:
  void EndText(size_t end) {
    if (end == text_begin_) return;
    out_.tokens.push_back(
        {GlobToken::Kind::kText, static_cast<uint32_t>(text_begin_), static_cast<uint32_t>(end)});
  }

  // The "]" that closes the "[" at `open`. One that comes first, also behind "!", is a member.
  size_t FindClose(size_t open) {
    // A "[" that nothing closes has no "]" behind what may be its first member, so neither has any
    // later "[": looking once keeps a row of them linear.
    if (unclosed_) return kNpos;
    size_t at = open + 1;
    if (at < text_.size() && text_[at] == '!') ++at;
    if (at < text_.size() && text_[at] == ']') ++at;
    const size_t close = text_.find(']', at);
    unclosed_ = close == kNpos;
    return close;
  }

  // The set's members are [begin, end) of the text.
  absl::Status ReadSet(size_t begin, size_t end) {
    const bool negated = text_[begin] == '!';
    const auto first_range = static_cast<uint32_t>(out_.ranges.size());
    const absl::string_view members = text_.substr(0, end);
    for (size_t at = negated ? begin + 1 : begin; at < end;) {
      const Utf8Char first = CharAt(members, at);
      const size_t dash = at + first.size;
      if (dash + 1 >= end || members[dash] != '-') {
        out_.ranges.push_back({first.code_point, first.code_point});
        at = dash;
        continue;
      }
      const Utf8Char last = CharAt(members, dash + 1);
      const size_t next = dash + 1 + last.size;
      if (last.code_point < first.code_point) return Backwards(members.substr(at, next - at));
      out_.ranges.push_back({first.code_point, last.code_point});
      at = next;
    }
    out_.tokens.push_back({negated ? GlobToken::Kind::kNoneOf : GlobToken::Kind::kOneOf,
                           first_range, static_cast<uint32_t>(out_.ranges.size())});
    return absl::OkStatus();
  }

  absl::Status Backwards(absl::string_view range) const {
    return absl::InvalidArgumentError(
        absl::StrCat("bad pattern ", Quote(text_), ": the range ", Quote(range),
                     " runs backwards, so nothing is in it; write its smaller end first"));
  }

  ParsedPattern& out_;
  const absl::string_view text_;
  size_t text_begin_ = 0;
  bool unclosed_ = false;
};

PatternShape ShapeOf(absl::Span<const GlobToken> tokens) {
  const auto is = [&](size_t i, GlobToken::Kind kind) { return tokens[i].kind == kind; };
  if (tokens.size() == 1 && is(0, GlobToken::Kind::kText)) return PatternShape::kLiteral;
  if (tokens.size() == 1 && is(0, GlobToken::Kind::kAnyRun)) return PatternShape::kAny;
  if (tokens.size() == 2 && is(0, GlobToken::Kind::kText) && is(1, GlobToken::Kind::kAnyRun)) {
    return PatternShape::kPrefix;
  }
  if (tokens.size() == 2 && is(0, GlobToken::Kind::kAnyRun) && is(1, GlobToken::Kind::kText)) {
    return PatternShape::kSuffix;
  }
  return PatternShape::kGlob;
}

}  // namespace

bool Glob::Matches(absl::string_view name) const {
  // Only the last "*" seen is ever widened: what an earlier one took is the shortest that lets the
  // tokens between them match, and a longer one can only leave less for the rest.
  std::optional<size_t> behind_run;
  size_t run_end = 0;
  size_t token = 0;
  size_t at = 0;
  while (true) {
    if (token == tokens.size()) {
      if (at == name.size()) return true;
    } else if (tokens[token].kind == GlobToken::Kind::kAnyRun) {
      if (++token == tokens.size()) return true;
      behind_run = token;
      run_end = at = NextStart(*this, tokens[token], name, at);
      if (at == kNpos) return false;
      continue;
    } else if (const size_t end = MatchToken(*this, tokens[token], name, at); end != kNpos) {
      at = end;
      ++token;
      continue;
    }
    if (!behind_run.has_value() || run_end == name.size()) return false;
    run_end = NextStart(*this, tokens[*behind_run], name, run_end + CharAt(name, run_end).size);
    if (run_end == kNpos) return false;
    at = run_end;
    token = *behind_run;
  }
}

bool ParsedPattern::Matches(absl::string_view name) const {
  switch (shape) {
    case PatternShape::kLiteral:
      return name == literal;
    case PatternShape::kAny:
      return true;
    case PatternShape::kPrefix:
      return absl::StartsWith(name, literal);
    case PatternShape::kSuffix:
      return absl::EndsWith(name, literal);
    case PatternShape::kGlob:
      return glob().Matches(name);
  }
  return false;
}

bool MayBePattern(absl::string_view text) { return FindWildcards(text).any != 0; }

absl::Status ParsePattern(absl::string_view text, ParsedPattern* parsed) {
  parsed->text = text;
  parsed->tokens.clear();
  parsed->ranges.clear();
  if (MayBePattern(text)) {
    if (absl::Status status = PatternReader(parsed).Read(); !status.ok()) return status;
    parsed->shape = ShapeOf(parsed->tokens);
  } else {
    parsed->shape = PatternShape::kLiteral;
  }
  parsed->literal = text;
  for (const GlobToken& token : parsed->tokens) {
    if (token.kind == GlobToken::Kind::kText) {
      parsed->literal = text.substr(token.begin, token.end - token.begin);
    }
  }
  return absl::OkStatus();
}

}  // namespace ostiary::pdp
