// SHA-256 against the examples of FIPS 180-4's authors (NIST CAVP).
#include "common/sha256.h"

#include <string>

#include "gtest/gtest.h"

namespace ostiary {
namespace {

TEST(Sha256Test, KnownDigests) {
  const struct {
    std::string bytes;
    std::string hex;
  } kCases[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(HexString(Sha256(c.bytes)), c.hex);
    Sha256Stream pieces;
    pieces.Add(absl::string_view(c.bytes).substr(0, c.bytes.size() / 3));
    pieces.Add(absl::string_view(c.bytes).substr(c.bytes.size() / 3));
    EXPECT_EQ(HexString(pieces.Finish()), c.hex);
  }
}

}  // namespace
}  // namespace ostiary
