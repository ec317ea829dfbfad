// The bytes of answers against those that Protobuf writes for the same values.
#include "pdp/server/answer_bytes.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "ostiary/v1/decision.pb.h"
#include "pdp/server/call_memory.h"
#include "pdp/server/convert.h"

namespace ostiary::pdp {
namespace {

v1::Decision DecisionMessage(const Decision& decision, const Explanation& explanation) {
  v1::Decision message;
  message.set_effect(EffectToProto(decision.effect));
  message.set_reason(ReasonToProto(decision.reason));
  if (!explanation.rule.empty()) {
    v1::RuleRef* rule = message.mutable_rule();
    rule->set_file(explanation.rule.file);
    rule->set_pointer(explanation.rule.pointer);
    rule->set_pattern(explanation.rule.pattern);
    rule->set_line(explanation.rule.line);
    rule->set_column(explanation.rule.column);
  }
  message.set_message(explanation.message);
  return message;
}

// Around the sizes at which a length takes a byte more.
std::vector<std::string> Texts() {
  std::vector<std::string> texts;
  for (const size_t size : {0, 1, 15, 60, 126, 127, 128, 129, 16'250, 16'383, 16'384, 100'000}) {
    texts.emplace_back(size, 'a');
  }
  texts.emplace_back("\xC3\xBC\n\"");
  return texts;
}

std::vector<Explanation> Explanations() {
  std::vector<Explanation> explanations;
  for (const std::string& text : Texts()) {
    explanations.push_back({{}, text});
    explanations.push_back({{text, "/p", "", 1, 0}, "m"});
    explanations.push_back({{"f", text, "x", 0, 1}, text});
    explanations.push_back({{text, text + "/", text, 127, 128}, text});
    explanations.push_back({{"", "/p", text, 0xffffffff, 0x80000000}, ""});
  }
  return explanations;
}

TEST(AnswerBytesTest, ADecisionIsWhatProtobufWrites) {
  std::string out;
  v1::BatchCheckResponse wanted;
  for (const Explanation& explanation : Explanations()) {
    for (int reason = 0; reason <= static_cast<int>(Reason::kPromptNotAllowed); ++reason) {
      for (const Effect effect : {Effect::kDeny, Effect::kAllow}) {
        const Decision decision{effect, static_cast<Reason>(reason), {}};
        AppendDecision(v1::BatchCheckResponse::kDecisionsFieldNumber, decision, explanation, &out);
        *wanted.add_decisions() = DecisionMessage(decision, explanation);
      }
    }
    ASSERT_EQ(out, wanted.SerializeAsString());
    out.clear();
    wanted.Clear();
  }
}

TEST(AnswerBytesTest, ARevisionIsWhatProtobufWrites) {
  for (const std::string& text : Texts()) {
    for (const uint64_t generation : {uint64_t{0}, uint64_t{1}, uint64_t{300}, ~uint64_t{0}}) {
      const Revision revision{text, generation, text};
      std::string out;
      AppendRevision(v1::CheckResponse::kRevisionFieldNumber, revision, &out);
      v1::CheckResponse wanted;
      RevisionToProto(revision, wanted.mutable_revision());
      EXPECT_EQ(out, wanted.SerializeAsString()) << text.size() << ", " << generation;
    }
  }
}

TEST(AnswerBytesTest, AResultIsWhatProtobufWrites) {
  for (const std::string& text : Texts()) {
    v1::SessionResponse wanted;
    wanted.mutable_result()->set_id(text.size());
    StatusToProto(absl::InternalError(text), wanted.mutable_result()->mutable_error());
    std::string out;
    AppendNumber(v1::SessionResult::kIdFieldNumber, text.size(), &out);
    AppendMessage(v1::SessionResult::kErrorFieldNumber, wanted.result().error().SerializeAsString(),
                  &out);
    grpc::ByteBuffer bytes;
    SetMessage(v1::SessionResponse::kResultFieldNumber, out, &bytes);
    EXPECT_EQ(bytes.Length(), wanted.ByteSizeLong());
    v1::SessionResponse read;
    ASSERT_TRUE(ReadMessage(bytes, &read).ok());
    EXPECT_EQ(read.SerializeAsString(), wanted.SerializeAsString()) << text.size();
  }
}

TEST(ReadMessageTest, ReadsBytesInPieces) {
  v1::CheckRequest wanted;
  wanted.set_agent("researcher");
  const std::string text = wanted.SerializeAsString();
  const grpc::Slice slices[] = {grpc::Slice(text.substr(0, 3)), grpc::Slice(text.substr(3))};
  v1::CheckRequest read;
  ASSERT_TRUE(ReadMessage(grpc::ByteBuffer(slices, 2), &read).ok());
  EXPECT_EQ(read.agent(), "researcher");
}

TEST(ReadMessageTest, RefusesWhatIsNoMessage) {
  for (const std::string text : {"\x0A", "\x0A\x02\xFF\xFF", "\xFF",
                                 "\x0A\x05"
                                 "abc"}) {
    grpc::ByteBuffer bytes;
    SetBytes(text, &bytes);
    v1::CheckRequest read;
    const absl::Status status = ReadMessage(bytes, &read);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text.size();
    EXPECT_EQ(status.message(), "the request is not a message of ostiary.v1.CheckRequest");
  }
}

TEST(CallMemoryTest, NothingOfACallIsLeftToTheNext) {
  v1::BatchCheckRequest batch;
  batch.set_agent("one");
  batch.add_accesses()->set_name(std::string(100, 'a'));
  grpc::ByteBuffer bytes;
  SetBytes(batch.SerializeAsString(), &bytes);
  grpc::ByteBuffer empty;
  SetBytes("", &empty);
  for (int i = 0; i < 10'000; ++i) {
    CallMemory memory;
    ASSERT_EQ(*memory.answer(), "");
    ASSERT_EQ(memory.explanation()->message, "");
    const auto read = memory.ReadBatch(bytes);
    ASSERT_TRUE(read.ok());
    ASSERT_EQ((*read)->SerializeAsString(), batch.SerializeAsString());
    ASSERT_EQ((*memory.ReadBatch(empty))->ByteSizeLong(), 0);
    memory.answer()->assign(i * 20, 'x');
    memory.explanation()->message = "m";
  }
}

// What a thread keeps for its next call.
struct Kept {
  size_t text = 0;
  size_t check = 0;
  size_t batch = 0;
};

Kept KeptAfter(const grpc::ByteBuffer& empty) {
  CallMemory memory;
  return {memory.answer()->capacity(), (*memory.ReadCheck(empty))->SpaceUsedLong(),
          (*memory.ReadBatch(empty))->SpaceUsedLong()};
}

TEST(CallMemoryTest, WhatALargeCallTookIsGivenBack) {
  v1::CheckRequest check;
  check.set_agent(std::string(size_t{300} << 10, 'a'));
  v1::BatchCheckRequest batch;
  batch.add_accesses()->set_name(check.agent());
  grpc::ByteBuffer check_bytes, batch_bytes, empty;
  SetBytes(check.SerializeAsString(), &check_bytes);
  SetBytes(batch.SerializeAsString(), &batch_bytes);
  SetBytes("", &empty);
  for (const bool is_batch : {false, true}) {
    {
      CallMemory memory;
      memory.answer()->assign(size_t{1} << 20, 'x');
      if (is_batch) {
        ASSERT_TRUE(memory.ReadBatch(batch_bytes).ok());
      } else {
        ASSERT_TRUE(memory.ReadCheck(check_bytes).ok());
      }
    }
    const Kept kept = KeptAfter(empty);
    EXPECT_LE(kept.text, size_t{64} << 10);
    EXPECT_LT(kept.check, size_t{1} << 10);
    EXPECT_LT(kept.batch, size_t{1} << 10);
  }
}

// As many of small ones are: a message keeps the largest that each of its fields ever had.
TEST(CallMemoryTest, WhatManyCallsTookIsGivenBackNowAndThen) {
  v1::CheckRequest check;
  check.set_agent(std::string(size_t{60} << 10, 'a'));
  grpc::ByteBuffer bytes, empty;
  SetBytes(check.SerializeAsString(), &bytes);
  SetBytes("", &empty);
  int given_back = 0;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(CallMemory().ReadCheck(bytes).ok());
    given_back += KeptAfter(empty).check < (size_t{1} << 10) ? 1 : 0;
  }
  EXPECT_EQ(given_back, 10) << "of 60 KiB, each fifth is past 256";
}

}  // namespace
}  // namespace ostiary::pdp
