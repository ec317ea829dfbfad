#include "pdp/identity/jwk_set.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pdp/identity/base64url.h"
#include "pdp/identity/public_key.h"
#include "pdp/policy/issue_log.h"
#include "pdp/policy/json_reader.h"
#include "pdp/policy/parse_file.h"
#include "pdp/policy/quote.h"

namespace ostiary::pdp {
namespace {

// The members of a key that count, as texts.
struct KeyMembers {
  std::string kty, kid, use, alg, crv, n, e, x, y;
  bool has_use = false;
  bool has_alg = false;
};

class JwkSetReader {
 public:
  explicit JwkSetReader(IssueLog* log) : log_(*log), reader_(log) {}

  std::vector<Jwk> Read(JsonValue root) {
    std::vector<Jwk> keys;
    if (!reader_.Expect(JsonType::kObject, root, "the key set")) return keys;
    bool found = false;
    reader_.ForEachMember(root, [&](absl::string_view key, JsonValue, JsonValue value) {
      // Issuers put other members beside it.
      if (key != "keys") {
        reader_.CheckIgnored(value);
        return;
      }
      found = true;
      if (!reader_.Expect(JsonType::kArray, value, "\"keys\"")) return;
      if (value.size() > kMaxJwks) {
        reader_.Error(value, absl::StrCat("there are ", value.size(), " keys; at most ", kMaxJwks,
                                          " are taken"));
        return;
      }
      reader_.ForEachElement(value, [&](size_t, JsonValue element) { ReadKey(element, &keys); });
    });
    if (!found) reader_.Error(root, "\"keys\" is missing: a key set is {\"keys\": [...]}");
    if (found && keys.empty() && log_.error_count() == 0) {
      reader_.Error(root, "there is no key for RS256 or ES256 in it");
    }
    return keys;
  }

 private:
  void ReadKey(JsonValue value, std::vector<Jwk>* keys) {
    if (!reader_.Expect(JsonType::kObject, value, "a key")) return;
    KeyMembers members;
    if (!ReadMembers(value, &members)) return;
    if (members.has_use && members.use != "sig")
      return LeaveOut(value, "its \"use\" is not \"sig\"");
    absl::StatusOr<PublicKey> key = absl::InvalidArgumentError("");
    JwsAlgorithm algorithm = JwsAlgorithm::kRs256;
    if (members.kty == "RSA") {
      key = RsaPublicKey(members.n, members.e);
    } else if (members.kty == "EC" && members.crv == "P-256") {
      algorithm = JwsAlgorithm::kEs256;
      key = P256PublicKey(members.x, members.y);
    } else {
      return LeaveOut(value, "it is neither RSA nor EC with P-256");
    }
    if (members.has_alg && members.alg != JwsAlgorithmName(algorithm)) {
      return LeaveOut(value, absl::StrCat("its \"alg\" is not ", JwsAlgorithmName(algorithm)));
    }
    if (!key.ok()) return LeaveOut(value, key.status().message());
    keys->emplace_back(std::move(members.kid), algorithm, std::move(key->key),
                       key->signature_bytes);
  }

  // False, with an error, where the key cannot be taken for one.
  bool ReadMembers(JsonValue key, KeyMembers* out) {
    bool good = true;
    reader_.ForEachMember(key, [&](absl::string_view name, JsonValue at, JsonValue value) {
      if (name == "d" || name == "p" || name == "q" || name == "k") {
        reader_.Error(at, absl::StrCat("the key has ", Quote(name),
                                       ", which is secret: take it out of this file, and replace "
                                       "the key wherever it signs"));
        good = false;
        return;
      }
      std::string* const text = MemberOf(name, out);
      if (text == nullptr) {
        reader_.CheckIgnored(value);
        return;
      }
      if (!reader_.Expect(JsonType::kString, value, Quote(name))) {
        good = false;
        return;
      }
      *text = std::string(reader_.Text(value));
      if (name == "use") out->has_use = true;
      if (name == "alg") out->has_alg = true;
    });
    return good;
  }

  static std::string* MemberOf(absl::string_view name, KeyMembers* members) {
    const std::pair<absl::string_view, std::string*> known[] = {
        {"kty", &members->kty}, {"kid", &members->kid}, {"use", &members->use},
        {"alg", &members->alg}, {"crv", &members->crv}, {"n", &members->n},
        {"e", &members->e},     {"x", &members->x},     {"y", &members->y}};
    for (const auto& [key, text] : known) {
      if (key == name) return text;
    }
    return nullptr;
  }

  void LeaveOut(JsonValue key, absl::string_view why) {
    reader_.Warning(key, absl::StrCat("this key is left out: ", why));
  }

  IssueLog& log_;
  JsonReader reader_;
};

}  // namespace

std::optional<JwsAlgorithm> JwsAlgorithmFromName(absl::string_view name) {
  if (name == "RS256") return JwsAlgorithm::kRs256;
  if (name == "ES256") return JwsAlgorithm::kEs256;
  return std::nullopt;
}

absl::string_view JwsAlgorithmName(JwsAlgorithm algorithm) {
  return algorithm == JwsAlgorithm::kRs256 ? "RS256" : "ES256";
}

bool Jwk::Verify(absl::string_view signed_text, absl::string_view signature) const {
  if (signature.size() != signature_bytes_) return false;
  return algorithm_ == JwsAlgorithm::kRs256 ? VerifyRs256(key_.get(), signed_text, signature)
                                            : VerifyEs256(key_.get(), signed_text, signature);
}

std::vector<const Jwk*> JwkSet::Find(const std::optional<std::string>& kid) const {
  std::vector<const Jwk*> found;
  for (const Jwk& key : keys_) {
    if (!kid.has_value() || key.kid() == *kid) found.push_back(&key);
  }
  return found;
}

LoadedJwkSet LoadJwkSet(const PolicyFile& file, const PolicyLimits& limits) {
  LoadedJwkSet loaded;
  IssueLog log(limits.max_issues, limits.max_issue_bytes);
  log.BeginFile(file.name, file.text);
  JsonDocument document;
  if (ParseFile(file, limits, &log, &document)) {
    std::vector<Jwk> keys = JwkSetReader(&log).Read(document.root());
    if (log.error_count() == 0) loaded.keys = std::make_shared<const JwkSet>(std::move(keys));
  }
  loaded.issues = log.Take();
  return loaded;
}

}  // namespace ostiary::pdp
