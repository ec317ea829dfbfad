// IdentityTemplate and AgentTemplate: the two sides of a binding, where `{x}` on the left captures
// a part of an identity and stands for that part on the right.
//
// A capture takes one non-empty run of characters without "/" and ":", and there is at most one
// between two of these, so an identity matches a template in one way at most. Identities have none
// of the characters of a pattern, so what was captured stands for itself. And no two identities
// give one agent by a shifted boundary: of "{namespace}.{name}", a namespace with a "." in it
// matches no agent.
//
// Plain values, never changed after Parse; any thread may match.
#ifndef OSTIARY_PDP_IDENTITY_IDENTITY_TEMPLATE_H_
#define OSTIARY_PDP_IDENTITY_IDENTITY_TEMPLATE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ostiary::pdp {

// What an identity gave for each capture, in the order of the template; views of the identity.
using Captured = std::vector<absl::string_view>;

class IdentityTemplate {
 public:
  // INVALID_ARGUMENT for a bad brace, a capture that comes twice, two captures in one part, and
  // what CheckIdentity refuses whatever is captured. A trust domain must be written out.
  static absl::StatusOr<IdentityTemplate> Parse(absl::string_view text);

  const std::string& text() const { return text_; }
  // The names of the captures; empty where the template is one identity.
  const std::vector<std::string>& names() const { return names_; }

  // Whether `identity` is one (CheckIdentity) and of this form; if so, `*captured` is what it gave.
  bool Match(absl::string_view identity, Captured* captured) const;

 private:
  // What stands between two of "/" and ":".
  struct Part {
    char separator = 0;  // that stands before it; 0 for the first
    std::string prefix;  // all of it, where there is no capture
    std::string suffix;
    bool captures = false;
  };

  std::string text_;
  std::vector<std::string> names_;
  std::vector<Part> parts_;
};

class AgentTemplate {
 public:
  // `names` are the captures that there are. INVALID_ARGUMENT for an empty text, a bad brace, a
  // capture that is not among `names`, a bad pattern, a "[" beside a capture, and two captures
  // with no literal character right behind the first.
  static absl::StatusOr<AgentTemplate> Parse(absl::string_view text,
                                             const std::vector<std::string>& names);

  const std::string& text() const { return text_; }
  // Whether it is one agent's name: no captures and nothing that might be a pattern.
  bool is_name() const { return is_name_; }
  // Whether the capture's text is part of it. The number is the place of its name.
  bool Uses(size_t capture) const;
  // A character that names of namespaces have and that here parts two captures: identities whose
  // capture has it match nothing, which the author may not expect.
  std::optional<char> doubtful_separator() const;

  // Whether it stands for `agent`, given what an identity captured (IdentityTemplate::Match).
  bool Matches(absl::string_view agent, absl::Span<const absl::string_view> captured) const;

 private:
  // A capture, and the pattern's text behind it.
  struct Piece {
    size_t capture = 0;
    std::string literal;
    char forbidden = 0;  // may not be in what is captured; 0: anything may
  };

  std::string Resolve(absl::Span<const absl::string_view> captured) const;

  std::string text_;
  std::string head_;  // what stands before the first capture
  std::vector<Piece> pieces_;
  bool is_name_ = false;
  bool has_wildcards_ = false;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_IDENTITY_TEMPLATE_H_
