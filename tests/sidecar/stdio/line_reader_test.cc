#include "sidecar/stdio/line_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace ostiary::sidecar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kMaxLine = 16;
constexpr size_t kShown = LineReader::kShownBytes;

void Feed(LineReader* reader, absl::string_view bytes) {
  while (!bytes.empty()) {
    const absl::Span<char> room = reader->Room(TakenLines::kDone);
    const size_t size = std::min(room.size(), bytes.size());
    std::copy_n(bytes.data(), size, room.data());
    reader->Commit(size);
    bytes.remove_prefix(size);
  }
}

// Lines as "text", lines too long as "!head…tail".
std::string Shown(const LineReader::Line& line) {
  if (line.kind == LineReader::LineKind::kWhole) return std::string(line.text);
  return absl::StrCat("!", line.text, "…", line.tail);
}

std::vector<std::string> TakeAll(LineReader* reader) {
  std::vector<std::string> lines;
  while (const auto line = reader->Next()) lines.push_back(Shown(*line));
  return lines;
}

std::vector<std::string> TakeAllAtEnd(LineReader* reader) {
  std::vector<std::string> lines = TakeAll(reader);
  if (const auto line = reader->NextAtEnd()) lines.push_back(Shown(*line));
  return lines;
}

struct Case {
  std::string name;
  std::string bytes;
  std::vector<std::string> lines;
  size_t unfinished;
};

class LineReaderTable : public ::testing::TestWithParam<Case> {};

TEST_P(LineReaderTable, ReadAtOnce) {
  LineReader reader(kMaxLine);
  Feed(&reader, GetParam().bytes);
  EXPECT_EQ(TakeAllAtEnd(&reader), GetParam().lines);
  EXPECT_EQ(reader.unfinished_bytes(), GetParam().unfinished);
  EXPECT_FALSE(reader.NextAtEnd().has_value());
}

TEST_P(LineReaderTable, ReadByteByByte) {
  LineReader reader(kMaxLine);
  std::vector<std::string> lines;
  for (const char byte : GetParam().bytes) {
    Feed(&reader, absl::string_view(&byte, 1));
    for (std::string& line : TakeAll(&reader)) lines.push_back(std::move(line));
  }
  for (std::string& line : TakeAllAtEnd(&reader)) lines.push_back(std::move(line));
  EXPECT_EQ(lines, GetParam().lines);
  EXPECT_EQ(reader.unfinished_bytes(), GetParam().unfinished);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, LineReaderTable,
    ::testing::Values(
        Case{"nothing", "", {}, 0}, Case{"one", "abc\n", {"abc"}, 0},
        Case{"two", "abc\nde\n", {"abc", "de"}, 0}, Case{"tail", "abc\nde", {"abc"}, 2},
        Case{"empty_lines", "\n\na\n\n", {"", "", "a", ""}, 0},
        Case{"cr_ends_no_line", "a\rb\r\n", {"a\rb\r"}, 0},
        Case{"nul_ends_no_line", std::string("a\0b\n", 4), {std::string("a\0b", 3)}, 0},
        Case{"at_the_limit", "0123456789abcdef\nx\n", {"0123456789abcdef", "x"}, 0},
        Case{"over_the_limit",
             "0123456789abcdefg\nx\n",
             {"!0123456789abcdefg…0123456789abcdefg", "x"},
             0},
        Case{"far_over",
             absl::StrCat("a", std::string(kShown - 1, 'y'), "-", std::string(kShown - 1, 'z'),
                          "b\nx\n"),
             {absl::StrCat("!a", std::string(kShown - 1, 'y'), "…", std::string(kShown - 1, 'z'),
                           "b"),
              "x"},
             0},
        Case{"two_over",
             "0123456789abcdefg\n0123456789abcdefgh\nx",
             {"!0123456789abcdefg…0123456789abcdefg", "!0123456789abcdefgh…0123456789abcdefgh"},
             1},
        Case{"over_without_end",
             "0123456789abcdefgh",
             {"!0123456789abcdefgh…0123456789abcdefgh"},
             0}),
    [](const auto& info) { return info.param.name; });

TEST(LineReader, ReportsALineTooLongOnceAtItsEndAndKeepsItsEndsAlone) {
  LineReader reader(kMaxLine);
  const std::string chunk(LineReader::kRoomBytes, 'z');
  for (int i = 0; i < 4000; ++i) {  // 1 GB
    const absl::Span<char> room = reader.Room(TakenLines::kDone);
    ASSERT_EQ(room.size(), LineReader::kRoomBytes);
    if (i < 3) std::copy(chunk.begin(), chunk.end(), room.data());
    reader.Commit(room.size());
    ASSERT_THAT(TakeAll(&reader), IsEmpty());
    ASSERT_EQ(reader.unfinished_bytes(), 0u);
    if (i == 0) Feed(&reader, "still the same line");
  }
  Feed(&reader, absl::StrCat(std::string(kShown, 'e'), "\nnext\n"));
  EXPECT_THAT(TakeAll(&reader), ElementsAre(absl::StrCat("!", std::string(kShown, 'z'), "…",
                                                         std::string(kShown, 'e')),
                                            "next"));
}

TEST(LineReader, LeavesLinesInUseWhereTheyAre) {
  LineReader reader(kMaxLine);
  Feed(&reader, "first\nsec");
  const auto first = reader.Next();
  ASSERT_TRUE(first.has_value());
  const absl::Span<char> room = reader.Room(TakenLines::kInUse);
  ASSERT_FALSE(room.empty());
  const std::string more = "ond\n";
  std::copy(more.begin(), more.end(), room.data());
  reader.Commit(more.size());
  EXPECT_EQ(reader.Next()->text, "second");
  EXPECT_EQ(first->text, "first");
}

TEST(LineReader, OffersNoEndlessRoomWhileLinesAreInUse) {
  LineReader reader(kMaxLine);
  Feed(&reader, "first\n");
  const auto first = reader.Next();
  size_t offered = 0;
  for (absl::Span<char> room = reader.Room(TakenLines::kInUse); !room.empty();
       room = reader.Room(TakenLines::kInUse)) {
    std::fill(room.begin(), room.end(), '\n');
    reader.Commit(room.size());
    offered += room.size();
    ASSERT_LT(offered, size_t{8} << 20);
  }
  EXPECT_FALSE(reader.HasRoomBehind());
  EXPECT_EQ(first->text, "first");
  while (reader.Next().has_value()) {
  }
  EXPECT_EQ(reader.Room(TakenLines::kDone).size(), LineReader::kRoomBytes);
  EXPECT_TRUE(reader.HasRoomBehind());
}

TEST(LineReader, TellsItsOwnLinesFromOthers) {
  LineReader reader(kMaxLine);
  Feed(&reader, "one\ntwo \nthr");
  const absl::string_view one = reader.Next()->text;
  const absl::string_view two = reader.Next()->text;
  const std::string other = "one";
  EXPECT_TRUE(reader.Contains(one));
  EXPECT_TRUE(reader.EndsWithNewline(one));
  EXPECT_FALSE(reader.Contains(other));
  const absl::string_view trimmed = two.substr(0, 3);
  EXPECT_TRUE(reader.Contains(trimmed));
  EXPECT_FALSE(reader.EndsWithNewline(trimmed));
}

// Lines of all sizes in reads of all sizes, while each line stays in use for a while: what is begun
// is moved now and then, and nothing else is.
TEST(LineReader, MovesOnlyWhatIsBegun) {
  std::mt19937 random(20261123);
  const auto upto = [&random](size_t most) {
    return std::uniform_int_distribution<size_t>(1, most)(random);
  };
  LineReader reader(size_t{1} << 20);
  std::string written;
  std::vector<std::string> lines;
  for (int i = 0; i < 400; ++i) {
    const size_t size = upto(i % 10 == 0 ? 1'000'000 : i % 3 == 0 ? 50'000 : 300);
    lines.emplace_back(size, static_cast<char>('a' + i % 26));
    absl::StrAppend(&written, lines.back(), "\n");
  }
  size_t next = 0;
  std::vector<std::pair<absl::string_view, size_t>> in_use;  // with the line's index
  for (absl::string_view rest = written; !rest.empty();) {
    if (upto(4) == 1) in_use.clear();
    const absl::Span<char> room =
        reader.Room(in_use.empty() ? TakenLines::kDone : TakenLines::kInUse);
    if (room.empty()) {
      in_use.clear();
      continue;
    }
    const size_t size = std::min({room.size(), rest.size(), upto(upto(2) == 1 ? 300 : 200'000)});
    std::copy_n(rest.data(), size, room.data());
    reader.Commit(size);
    rest.remove_prefix(size);
    while (const auto line = reader.Next()) {
      ASSERT_LT(next, lines.size());
      ASSERT_TRUE(line->text == lines[next]) << next;
      ASSERT_TRUE(reader.Contains(line->text) && reader.EndsWithNewline(line->text));
      in_use.emplace_back(line->text, next++);
    }
    for (const auto& [text, index] : in_use) ASSERT_TRUE(text == lines[index]) << index;
  }
  EXPECT_EQ(next, lines.size());
}

// To move it would copy as much as was read.
TEST(LineReader, LeavesALongLineBehindOneAsLongWhereItIs) {
  constexpr size_t kLength = (size_t{1} << 20) + 300;
  const std::string line(kLength, 'z');
  LineReader reader(size_t{16} << 20);
  Feed(&reader, line + "\n" + line.substr(0, kLength / 2));
  const auto first = reader.Next();
  ASSERT_TRUE(first.has_value());
  const char* const second_begin = first->text.data() + kLength + 1;
  EXPECT_FALSE(reader.Next().has_value());
  Feed(&reader, line.substr(kLength / 2) + "\nnext");
  const auto second = reader.Next();
  ASSERT_TRUE(second.has_value());
  EXPECT_TRUE(second->text == line);
  EXPECT_EQ(second->text.data(), second_begin);
  // What is begun behind it is short, and goes to the front.
  EXPECT_LT(reader.Room(TakenLines::kDone).data(), second_begin);
}

TEST(LineReader, TakesLinesOfTheLimitOneAfterAnother) {
  constexpr size_t kLimit = size_t{3} << 20;
  LineReader reader(kLimit);
  for (const char letter : {'a', 'b', 'c', 'd'}) {
    const std::string line(kLimit, letter);
    Feed(&reader, line);
    EXPECT_THAT(TakeAll(&reader), IsEmpty());
    Feed(&reader, "\n");
    const auto taken = reader.Next();
    ASSERT_TRUE(taken.has_value());
    EXPECT_EQ(taken->kind, LineReader::LineKind::kWhole);
    EXPECT_TRUE(taken->text == line) << letter;
  }
}

}  // namespace
}  // namespace ostiary::sidecar
