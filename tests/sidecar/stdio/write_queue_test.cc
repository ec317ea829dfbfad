#include "sidecar/stdio/write_queue.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace ostiary::sidecar {
namespace {

struct Ends {
  UniqueFd read_end;
  UniqueFd write_end;
};

Ends MakePipe() {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Ends MakeSocketPair() {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// What can be read without waiting.
std::string ReadAll(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  std::string all;
  char buffer[65536];
  for (ssize_t size; (size = ::read(fd, buffer, sizeof(buffer))) > 0;) all.append(buffer, size);
  return all;
}

bool IsNonBlocking(int fd) { return (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0; }

TEST(WriteQueue, KeepsTheOrderOfBorrowedAndCopied) {
  Ends pipe = MakePipe();
  const OutputFd output = OutputFd::Own(std::move(pipe.write_end));
  const std::string memory = "one\ntwo\nthree\n";
  const absl::string_view lines(memory);
  WriteQueue queue;
  queue.AppendBorrowed(lines.substr(0, 4));
  queue.AppendBorrowed(lines.substr(4, 4));
  queue.AppendCopy("made");
  queue.AppendCopy(" up\n");
  queue.AppendBorrowed(lines.substr(8));
  EXPECT_TRUE(queue.borrows());
  EXPECT_EQ(queue.pending_bytes(), memory.size() + 8);
  EXPECT_EQ(queue.Flush(output), FlushResult::kEmpty);
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.borrows());
  EXPECT_EQ(ReadAll(pipe.read_end.get()), "one\ntwo\nmade up\nthree\n");
}

// Much more than any pipe holds, in pieces of both kinds, against a reader that takes a bit at a
// time: everything arrives once and in order.
void CheckPartialWrites(const OutputFd& output, int reader) {
  std::string memory;
  for (int i = 0; i < 40'000; ++i) absl::StrAppend(&memory, "borrowed line ", i, "\n");
  WriteQueue queue;
  std::string wanted;
  const absl::string_view all(memory);
  for (size_t at = 0, i = 0; at < all.size(); ++i) {
    const size_t end = all.find('\n', at + 100 * (i % 7)) + 1;
    const absl::string_view piece = all.substr(at, end == 0 ? all.npos : end - at);
    if (i % 3 == 0) {
      queue.AppendCopy(piece);
    } else {
      queue.AppendBorrowed(piece);
    }
    absl::StrAppend(&wanted, piece);
    at += piece.size();
  }
  std::string read;
  int blocked = 0;
  while (!queue.empty()) {
    const FlushResult result = queue.Flush(output);
    ASSERT_NE(result, FlushResult::kBroken);
    if (result == FlushResult::kBlocked) ++blocked;
    EXPECT_EQ(queue.written_bytes() + queue.pending_bytes(), wanted.size());
    absl::StrAppend(&read, ReadAll(reader));
  }
  EXPECT_GT(blocked, 1);
  EXPECT_FALSE(queue.borrows());
  EXPECT_TRUE(read == wanted);
}

TEST(WriteQueue, GoesOnAfterPartialWritesToAPipeOfItsOwn) {
  Ends pipe = MakePipe();
  CheckPartialWrites(OutputFd::Own(std::move(pipe.write_end)), pipe.read_end.get());
}

TEST(WriteQueue, NeverWaitsOnAnInheritedPipeAndLeavesItAsItWas) {
  Ends pipe = MakePipe();
  CheckPartialWrites(OutputFd::Inherited(pipe.write_end.get()), pipe.read_end.get());
  EXPECT_FALSE(IsNonBlocking(pipe.write_end.get()));
}

TEST(WriteQueue, NeverWaitsOnAnInheritedSocketAndLeavesItAsItWas) {
  Ends pair = MakeSocketPair();
  CheckPartialWrites(OutputFd::Inherited(pair.write_end.get()), pair.read_end.get());
  EXPECT_FALSE(IsNonBlocking(pair.write_end.get()));
}

// A pipe that cannot be opened anew, as another user's would be: what InSteps is for.
TEST(WriteQueue, NeverWaitsOnAPipeThatIsWrittenInSteps) {
  Ends pipe = MakePipe();
  CheckPartialWrites(OutputFd::InSteps(pipe.write_end.get()), pipe.read_end.get());
  EXPECT_FALSE(IsNonBlocking(pipe.write_end.get()));
}

TEST(WriteQueue, IsEmptiedWhereNobodyReads) {
  ::signal(SIGPIPE, SIG_IGN);
  for (Ends (*make)() : {MakePipe, MakeSocketPair}) {
    Ends ends = make();
    const OutputFd output = OutputFd::Inherited(ends.write_end.get());
    ends.read_end.Reset();
    WriteQueue queue;
    queue.AppendCopy("into the void\n");
    EXPECT_EQ(queue.Flush(output), FlushResult::kBroken);
    EXPECT_TRUE(queue.empty());
  }
}

TEST(WriteQueue, WritesToAFileWhereItStands) {
  char path[] = "/tmp/ostiary_write_queue_XXXXXX";
  const UniqueFd file(::mkstemp(path));
  ::unlink(path);
  ASSERT_EQ(::write(file.get(), "before\n", 7), 7);
  WriteQueue queue;
  queue.AppendCopy("after\n");
  EXPECT_EQ(queue.Flush(OutputFd::Inherited(file.get())), FlushResult::kEmpty);
  char text[32] = {};
  EXPECT_EQ(::pread(file.get(), text, sizeof(text), 0), 13);
  EXPECT_STREQ(text, "before\nafter\n");
}

}  // namespace
}  // namespace ostiary::sidecar
