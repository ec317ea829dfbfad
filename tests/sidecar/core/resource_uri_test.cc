#include "sidecar/core/resource_uri.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace ostiary::sidecar {
namespace {

std::string Normal(absl::string_view uri) {
  std::string out;
  NormalUri(uri, &out);
  return out;
}

TEST(NormalUriTest, WritesWhatMeansTheSameAlike) {
  const struct {
    const char* uri;
    const char* normal;
  } cases[] = {
      {"file:///etc/passwd", "file:///etc/passwd"},
      {"FiLe:///etc/passwd", "file:///etc/passwd"},
      {"file:/etc/passwd", "file:///etc/passwd"},
      {"file:etc/passwd", "file:///etc/passwd"},
      {"file://LocalHost/etc/passwd", "file:///etc/passwd"},
      {"file:///etc//passwd", "file:///etc/passwd"},
      {"file:///etc/./passwd", "file:///etc/passwd"},
      {"file:///etc/%2e/passwd", "file:///etc/passwd"},
      {"file:///tmp/../etc/passwd", "file:///etc/passwd"},
      {"file:///tmp/.%2E/etc/passwd", "file:///etc/passwd"},
      {"file:///../../etc/passwd", "file:///etc/passwd"},
      {"file:///etc\\passwd", "file:///etc/passwd"},
      {"file:\\\\\\etc\\passwd", "file:///etc/passwd"},
      {"file:///etc/p%61sswd", "file:///etc/passwd"},
      {"file:///etc/passwd?x", "file:///etc/passwd"},
      {"file:///etc/passwd#x", "file:///etc/passwd"},
      {" file:///etc/passwd\n", "file:///etc/passwd"},
      {"\x01\x1F file:///etc/passwd \x1F\x01", "file:///etc/passwd"},
      {"fi\tle:///etc/pass\r\nwd", "file:///etc/passwd"},
      {"file:///a%2fb", "file:///a%2Fb"},
      {"file:///a/", "file:///a/"},
      {"file:///a/b/..", "file:///a/"},
      {"file:///a/.", "file:///a/"},
      {"file:///%7Ea/%5Fb", "file:///~a/_b"},
      {"file:///\"<>`{}\x7F", "file:///%22%3C%3E%60%7B%7D%7F"},
      {"file:///a b/\xC3\xA9", "file:///a%20b/%C3%A9"},
      {"file:///a%20b/%c3%a9", "file:///a%20b/%C3%A9"},
      {"HTTP://User@EXAMPLE.com:80/A/../B?Q#F", "http://User@example.com/B?Q#F"},
      {"HTTP://User@Host@EXAMPLE.com/", "http://User@Host@example.com/"},
      {"https://x/a\\b?c\\d#e\\f", "https://x/a/b?c\\d#e\\f"},
      {"https://x/#e\\f", "https://x/#e\\f"},
      {"http://localhost/a", "http://localhost/a"},
      {"ws:Example.com:80", "ws://example.com/"},
      {"wss:Example.com:443", "wss://example.com/"},
      {"ftp:Example.com:21", "ftp://example.com/"},
      {"https://example.com", "https://example.com/"},
      {"https://example.com:443", "https://example.com/"},
      {"demo://example.com:/a", "demo://example.com/a"},
      {"https://example.com:8443/", "https://example.com:8443/"},
      {"https:example.com/a", "https://example.com/a"},
      {"https:////example.com/a", "https://example.com/a"},
      {"https:\\\\example.com\\a", "https://example.com/a"},
      {"demo://resource/static/1", "demo://resource/static/1"},
      {"DEMO://Resource/static/./1", "demo://Resource/static/1"},
      {"demo://resource//1", "demo://resource//1"},
      {"urn:isbn:123", "urn:isbn:123"},
      {"memo:a/../b", "memo:b"},
      {"GIT+ssh://x/./a", "git+ssh://x/a"},
      {"Git-ssh://x/./a", "git-ssh://x/a"},
      {"Git.ssh://x/./a", "git.ssh://x/a"},
      {"1Git://x/./a", "1Git://x/./a"},
      {":/./a", ":/./a"},
      {"100%", "100%"},
      {"memo:100%", "memo:100%"},
      {"no scheme", "no scheme"},
      {"/etc/../x", "/etc/../x"},
      {"", ""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Normal(c.uri), c.normal) << c.uri;
    EXPECT_EQ(Normal(Normal(c.uri)), Normal(c.uri)) << c.uri;
  }
}

TEST(ReadsAlikeTest, UnlessItGoesUpOrSlashesAreOddWhereTheyCount) {
  for (const char* const uri : {"https://external\\@internal/a",
                                "file://any\\host/etc/passwd",
                                " file://\\@x/etc/passwd",
                                "db:/\t/a\\b",
                                "file:///x/y/%2e%2e%2f../../etc/passwd",
                                "file:///home/a\\b/../../jos/key",
                                "file:///a%5Cb/.%2E/c",
                                "file:///a/..%2fb",
                                "memo:a%2F..",
                                "file:///a\\..\\b",
                                "file:///a/../b",
                                "file:///a/%2E%2E/b",
                                "file:///x/../etc//../passwd",
                                "docs://pub/../secret",
                                "file:///pub/x?/../../etc/passwd",
                                "file:///pub/x#/../../etc/passwd",
                                "FILE:///pub/x?/../../etc/passwd",
                                "file:///a/..?x",
                                "file:///a/..#x",
                                "memo:.."}) {
    EXPECT_FALSE(ReadsAlike(uri)) << uri;
  }
  for (const char* const uri :
       {"https://internal/a\\b", "file:///C:\\a", "file:\\\\\\etc\\a", "https:\\\\internal\\a",
        "https://internal?a\\b/..", "https://internal#a/..", "demo:a\\b", "C:\\a", "no scheme\\..",
        "https://internal", "", "file:///a%2Fb/./c", "file:///a%2F...", "file:///a..b/c.."}) {
    EXPECT_TRUE(ReadsAlike(uri)) << uri;
  }
}

TEST(PlainUriTest, IsWhatAReaderOfItsPathGets) {
  const struct {
    const char* uri;
    PlainForm form;
    const char* plain;
  } cases[] = {
      {"file:///etc/passwd", PlainForm::kSame, "file:///etc/passwd"},
      {"file:///etc/passwd/", PlainForm::kDecoded, "file:///etc/passwd"},
      {"file:///", PlainForm::kSame, "file:///"},
      {"https://internal/a/", PlainForm::kSame, "https://internal/a/"},
      {"file:///etc%2Fpasswd", PlainForm::kMoved, "file:///etc/passwd"},
      {"file:///etc%5Cpasswd", PlainForm::kMoved, "file:///etc/passwd"},
      {"file:///etc%2F%2Fpasswd", PlainForm::kMoved, "file:///etc/passwd"},
      {"file:///pub/..%2F..%2Fetc/passwd", PlainForm::kMoved, "file:///etc/passwd"},
      {"file://anyhost/etc/passwd", PlainForm::kMoved, "file:///etc/passwd"},
      {"file://user@/etc/passwd", PlainForm::kMoved, "file:///etc/passwd"},
      {"file:///home/jos\xC3\xA9/x", PlainForm::kDecoded, "file:///home/jos\xC3\xA9/x"},
      {"file:///My%20Documents/x", PlainForm::kDecoded, "file:///My Documents/x"},
      {"file:///%FF%C3%A9", PlainForm::kDecoded, "file:///%FF\xC3\xA9"},
      {"https://x:y@internal/a", PlainForm::kMoved, "https://internal/a"},
      {"https://x@y@internal/a", PlainForm::kMoved, "https://internal/a"},
      {"https://internal:0443/a", PlainForm::kMoved, "https://internal/a"},
      {"https://internal:0/a", PlainForm::kMoved, "https://internal/a"},
      {"https://[::1]:0443/a", PlainForm::kMoved, "https://[::1]/a"},
      {"https://internal:08443/a", PlainForm::kMoved, "https://internal:8443/a"},
      {"https://internal./a", PlainForm::kMoved, "https://internal/a"},
      {"https://internal/a%20b?c%20d", PlainForm::kDecoded, "https://internal/a b?c%20d"},
      {"https://\xEF\xBD\x89nternal/a", PlainForm::kUnreadable, ""},
      {"https://internal%2Fa/b", PlainForm::kUnreadable, ""},
      {"https://us%20er@internal/a", PlainForm::kMoved, "https://internal/a"},
      {"demo://resource/static/1", PlainForm::kSame, "demo://resource/static/1"},
      {"demo://resource//1", PlainForm::kSame, "demo://resource//1"},
      {"demo://Resource/static/1", PlainForm::kDecoded, "demo://resource/static/1"},
      {"https://[::1]:8080/a", PlainForm::kSame, "https://[::1]:8080/a"},
      {"no scheme", PlainForm::kSame, "no scheme"},
      {"urn:a%20b", PlainForm::kDecoded, "urn:a b"},
  };
  for (const auto& c : cases) {
    std::string plain;
    EXPECT_EQ(PlainUri(Normal(c.uri), &plain), c.form) << c.uri;
    if (c.form != PlainForm::kUnreadable) {
      EXPECT_EQ(plain, c.plain) << c.uri;
    }
  }
}

TEST(AppendFurtherFormsTest, RefusesWhatReadersTakeForDifferentPlaces) {
  for (const char* uri :
       {"http://0x7f.1/x", "http://2130706433/x", "http://127.1/x", "http://017700000001/x",
        "http://0x7f000001/", "http://127.0.0.01/x", "http://[0:0::1]/x", "http://[::ffff:7f00:1]/",
        "http://[::ffff:127.0.0.1]/", "http://0x/x", "http://0x7f.1:8080/x", "http://0x7f.1./x",
        "http://u:p@0x7f.1/x", "file:///C:/../secret", "file:///C|/secret", "file:///C%7C/secret",
        "file:///c:/a/%2e%2e/b"}) {
    std::vector<ResourceForm> forms;
    EXPECT_NE(AppendFurtherForms(uri, &forms), nullptr) << uri;
  }
  for (const char* uri :
       {"http://127.0.0.1/x", "http://127.0.0.1:8080/x", "http://[::1]/x", "http://example.com/1",
        "http://1.example.com/", "http://0xabc.example/", "http://example.com../",
        "file:///C:/secret", "memo://2130706433/x", "file:///ab|c", "file:///1|c"}) {
    std::vector<ResourceForm> forms;
    EXPECT_EQ(AppendFurtherForms(uri, &forms), nullptr) << uri;
  }
}

// What is only another spelling of the URI as it came is asked for denials alone: a rule that
// allows may be in either.
TEST(AppendFurtherFormsTest, WhatMeansMoreThanAnotherSpellingMustBeAllowed) {
  const struct {
    const char* uri;
    std::vector<std::pair<std::string, Need>> forms;
  } cases[] = {
      {"file:///a", {}},
      {"file:///a b", {{"file:///a%20b", Need::kNotDenied}}},
      {"file:///a%20b", {{"file:///a b", Need::kNotDenied}}},
      {"https://x", {{"https://x/", Need::kNotDenied}}},
      {"FILE:///a", {{"file:///a", Need::kAllowed}}},
      {"file:///a/./b", {{"file:///a/b", Need::kAllowed}}},
      {"file:///a%2Fb", {{"file:///a/b", Need::kAllowed}}},
      {"file://host/a", {{"file:///a", Need::kAllowed}}},
      {"FILE:///a%2Fb", {{"file:///a%2Fb", Need::kAllowed}, {"file:///a/b", Need::kAllowed}}},
  };
  for (const auto& c : cases) {
    std::vector<ResourceForm> forms;
    EXPECT_EQ(AppendFurtherForms(c.uri, &forms), nullptr) << c.uri;
    std::vector<std::pair<std::string, Need>> got;
    for (const ResourceForm& form : forms) got.emplace_back(form.uri, form.need);
    EXPECT_EQ(got, c.forms) << c.uri;
  }
}

}  // namespace
}  // namespace ostiary::sidecar
