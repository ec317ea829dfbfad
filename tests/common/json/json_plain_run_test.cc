// Long strings: every byte, wherever it stands in one, is judged as in a short string.
#include "common/json/json_plain_run.h"

#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/json/json_document.h"
#include "common/json/json_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ostiary {
namespace {

TEST(JsonPlainRun, PassesPlainBytesAlone) {
  constexpr size_t kSize = 700;
  // Of just that size, so that AddressSanitizer sees a byte that is read behind.
  const std::unique_ptr<char[]> text(new char[kSize]);
  const char* const end = text.get() + kSize;
  std::memset(text.get(), 'x', kSize);
  for (size_t begin = 0; begin < kSize; ++begin) {
    const char* const p = SkipPlainRun(text.get() + begin, end);
    ASSERT_TRUE(text.get() + begin <= p && p <= end) << begin;
  }
  for (int byte = 0; byte < 256; ++byte) {
    for (size_t place = 0; place < kSize; ++place) {
      text[place] = static_cast<char>(byte);
      const char* const p = SkipPlainRun(text.get(), end);
      const bool passed = p > text.get() + place;
      ASSERT_TRUE(IsPlainJsonByte(text[place]) || !passed) << byte << " at " << place;
      text[place] = 'x';
    }
  }
}

TEST(JsonPlainRun, LongStringsAreReadAsShortOnesAre) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const std::string bare = absl::StrCat("\"", std::string(1, c), "x\"");
    JsonDocument alone;
    const bool legal = alone.Parse(bare);
    for (const size_t before : {0, 15, 63, 64, 255, 256, 257, 383, 384, 385, 511, 512, 640, 1000}) {
      for (const size_t behind : {0, 1, 130, 400}) {
        const std::string text =
            absl::StrCat("\"", std::string(before, 'x'), bare.substr(1, bare.size() - 2),
                         std::string(behind, 'y'), "\"");
        JsonDocument document;
        ASSERT_EQ(document.Parse(text), legal) << byte << " behind " << before;
        if (legal) continue;
        // A quote ends the string, and what is wrong then stands behind it.
        if (c == '\\' || c == '"') continue;
        ASSERT_EQ(document.error().offset, 1 + before) << byte;
        ASSERT_EQ(document.error().message, alone.error().message);
      }
    }
  }
}

}  // namespace
}  // namespace ostiary
