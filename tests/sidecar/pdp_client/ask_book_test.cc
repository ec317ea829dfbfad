#include "sidecar/pdp_client/ask_book.h"

#include <string>

#include "gtest/gtest.h"

namespace ostiary::sidecar {
namespace {

const std::vector<Access> kOne = {{AccessKind::kTool, "read"}};
const std::vector<Access> kTwo = {{AccessKind::kTool, "read"}, {AccessKind::kServer, ""}};

MonoTime At(int seconds) { return MonoTime(std::chrono::seconds(seconds)); }

TEST(AskBook, SendsInTheOrderOpened) {
  AskBook book({});
  ASSERT_TRUE(book.Open(9, "s", kTwo, At(0)).ok());
  ASSERT_TRUE(book.Open(3, "s", kOne, At(0)).ok());
  const v1::SessionRequest first = book.TakeUnsent().value();
  EXPECT_EQ(first.check().id(), 9u);
  ASSERT_EQ(first.check().accesses_size(), 2);
  EXPECT_EQ(first.check().accesses(0).server(), "s");
  EXPECT_EQ(first.check().accesses(0).kind(), v1::TOOL);
  EXPECT_EQ(first.check().accesses(0).name(), "read");
  EXPECT_EQ(first.check().accesses(1).kind(), v1::SERVER);
  EXPECT_EQ(book.TakeUnsent()->check().id(), 3u);
  EXPECT_FALSE(book.TakeUnsent().has_value());
}

TEST(AskBook, ClosesAnAskOnceAndOnlyAfterItWasSent) {
  AskBook book({});
  ASSERT_TRUE(book.Open(1, "s", kTwo, At(0)).ok());
  EXPECT_EQ(book.Close(1), std::nullopt) << "an answer before the question";
  ASSERT_TRUE(book.TakeUnsent().has_value());
  EXPECT_EQ(book.Close(2), std::nullopt);
  EXPECT_EQ(book.Close(1), 2u);
  EXPECT_EQ(book.Close(1), std::nullopt);
}

TEST(AskBook, KnowsItsOldestAsk) {
  AskBook book({});
  EXPECT_EQ(book.Oldest(), std::nullopt);
  ASSERT_TRUE(book.Open(1, "s", kOne, At(10)).ok());
  ASSERT_TRUE(book.Open(2, "s", kOne, At(20)).ok());
  while (book.TakeUnsent().has_value()) {
  }
  EXPECT_EQ(book.Oldest(), At(10));
  ASSERT_TRUE(book.Close(1).has_value());
  EXPECT_EQ(book.Oldest(), At(20));
}

TEST(AskBook, AnIdThatIsOpenIsSentOnce) {
  AskBook book({});
  ASSERT_TRUE(book.Open(1, "s", kOne, At(0)).ok());
  ASSERT_TRUE(book.Open(1, "s", kOne, At(0)).ok());
  EXPECT_TRUE(book.TakeUnsent().has_value());
  EXPECT_FALSE(book.TakeUnsent().has_value());
}

TEST(AskBook, RefusesPastEachLimit) {
  AskBook few({.max_open = 1});
  ASSERT_TRUE(few.Open(1, "s", kOne, At(0)).ok());
  EXPECT_EQ(few.Open(2, "s", kOne, At(0)),
            absl::ResourceExhaustedError("1 questions to the PDP have no answer yet"));
  ASSERT_TRUE(few.TakeUnsent().has_value());
  ASSERT_TRUE(few.Close(1).has_value());
  EXPECT_TRUE(few.Open(2, "s", kOne, At(0)).ok()) << "an answer makes room";

  const std::vector<Access> big = {{AccessKind::kTool, std::string(80, 'x')}};
  AskBook small({.max_ask_bytes = 50});
  EXPECT_EQ(small.Open(1, "s", big, At(0)).code(), absl::StatusCode::kResourceExhausted);

  AskBook narrow({.max_unsent_bytes = 150});
  ASSERT_TRUE(narrow.Open(1, "s", big, At(0)).ok());
  EXPECT_EQ(narrow.Open(2, "s", big, At(0)).code(), absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(narrow.TakeUnsent().has_value());
  EXPECT_TRUE(narrow.Open(2, "s", big, At(0)).ok()) << "sending makes room";
}

TEST(AskBook, RefusesWhatCannotBeSent) {
  AskBook book({});
  EXPECT_EQ(book.Open(1, "s", {}, At(0)), absl::InvalidArgumentError("nothing was asked"));
  EXPECT_EQ(book.Open(1, "s", {{AccessKind::kTool, "a\xff"}}, At(0)),
            absl::InvalidArgumentError("the name is not UTF-8, so the PDP cannot be asked"));
  EXPECT_FALSE(book.TakeUnsent().has_value());
  EXPECT_EQ(book.Oldest(), std::nullopt);
}

}  // namespace
}  // namespace ostiary::sidecar
