// Reads the server catalog, `.mcp.json`.
#ifndef OSTIARY_PDP_POLICY_CATALOG_PARSER_H_
#define OSTIARY_PDP_POLICY_CATALOG_PARSER_H_

#include <vector>

#include "common/json/json_document.h"
#include "pdp/policy/issue_log.h"
#include "pdp/policy/snapshot.h"

namespace ostiary::pdp {

// The catalog's servers, sorted by name. Problems go to `log`, whose current file the document is
// of; where any is an error, the result is what could be read.
std::vector<CatalogServer> ReadCatalog(const JsonDocument& document, IssueLog* log);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_CATALOG_PARSER_H_
