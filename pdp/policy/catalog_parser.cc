#include "pdp/policy/catalog_parser.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pdp/policy/json_reader.h"
#include "pdp/policy/quote.h"

namespace ostiary::pdp {
namespace {

class CatalogParser {
 public:
  explicit CatalogParser(IssueLog* log) : reader_(log) {}

  std::vector<CatalogServer> Read(JsonValue root) {
    std::vector<CatalogServer> servers;
    if (!reader_.Expect(JsonType::kObject, root, "the server catalog's content")) return servers;
    bool has_servers = false;
    reader_.ForEachMember(root, [&](absl::string_view key, JsonValue, JsonValue value) {
      if (key == "mcpServers") {
        has_servers = true;
        ReadServers(value, &servers);
      } else {
        reader_.CheckIgnored(value);
      }
    });
    if (!has_servers) {
      reader_.Warning(root, "the server catalog has no \"mcpServers\", so it has no servers");
    }
    std::sort(servers.begin(), servers.end(),
              [](const CatalogServer& a, const CatalogServer& b) { return a.name < b.name; });
    return servers;
  }

 private:
  void ReadServers(JsonValue value, std::vector<CatalogServer>* out) {
    if (!reader_.Expect(JsonType::kObject, value, "\"mcpServers\"")) return;
    out->reserve(value.size());
    reader_.ForEachMember(value, [&](absl::string_view name, JsonValue key, JsonValue server) {
      if (!reader_.Expect(JsonType::kObject, server, absl::StrCat("server ", Quote(name)))) return;
      out->push_back(ReadServer(name, key, server));
    });
  }

  CatalogServer ReadServer(absl::string_view name, JsonValue at, JsonValue server) {
    CatalogServer out;
    out.name = std::string(name);
    bool has_command = false;
    bool has_url = false;
    reader_.ForEachMember(server, [&](absl::string_view key, JsonValue, JsonValue value) {
      if (key == "command") {
        has_command = true;
        ReadText("\"command\"", value);
      } else if (key == "url") {
        has_url = true;
        ReadUrl(value);
      } else if (key == "args") {
        ReadTexts(JsonType::kArray, "\"args\"", value);
      } else if (key == "env" || key == "headers") {
        ReadTexts(JsonType::kObject, Quote(key), value);
      } else if (key == "description") {
        out.description = std::string(ReadText("\"description\"", value));
      } else {
        reader_.CheckIgnored(value);
      }
    });
    if (has_command == has_url) {
      reader_.Error(at,
                    absl::StrCat("server ", Quote(name), has_command ? " has both" : " has neither",
                                 " \"command\"", has_command ? " and" : " nor",
                                 " \"url\": it needs one, to say how it is reached"));
    }
    out.transport = has_url ? Transport::kHttp : Transport::kStdio;
    return out;
  }

  absl::string_view ReadText(absl::string_view what, JsonValue value) {
    return reader_.Expect(JsonType::kString, value, what) ? reader_.Text(value) : "";
  }

  void ReadUrl(JsonValue value) {
    if (!reader_.Expect(JsonType::kString, value, "\"url\"")) return;
    const absl::string_view url = reader_.Text(value);
    // Its scheme shows only where the server is started.
    if (absl::StartsWith(url, "${")) return;
    if (absl::StartsWithIgnoreCase(url, "http://") || absl::StartsWithIgnoreCase(url, "https://")) {
      return;
    }
    // Not the URL itself: it may hold a secret.
    reader_.Error(value, "\"url\" must start with http:// or https://");
  }

  // A list or an object of strings.
  void ReadTexts(JsonType type, absl::string_view what, JsonValue value) {
    if (!reader_.Expect(type, value, what)) return;
    const std::string part = absl::StrCat("a value in ", what);
    if (type == JsonType::kArray) {
      reader_.ForEachElement(value, [&](size_t, JsonValue element) { ReadText(part, element); });
    } else {
      reader_.ForEachMember(
          value, [&](absl::string_view, JsonValue, JsonValue member) { ReadText(part, member); });
    }
  }

  JsonReader reader_;
};

}  // namespace

std::vector<CatalogServer> ReadCatalog(const JsonDocument& document, IssueLog* log) {
  return CatalogParser(log).Read(document.root());
}

}  // namespace ostiary::pdp
