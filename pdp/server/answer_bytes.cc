#include "pdp/server/answer_bytes.h"

#include <cstring>

#include "google/protobuf/io/coded_stream.h"
#include "grpcpp/support/slice.h"
#include "ostiary/v1/decision.pb.h"
#include "pdp/server/convert.h"

namespace ostiary::pdp {
namespace {

using google::protobuf::io::CodedOutputStream;

// With numbers up to 15 a field's tag is one byte.
constexpr size_t kTagBytes = 1;
enum WireType : uint8_t { kVarint = 0, kLengthDelimited = 2 };

size_t NumberBytes(uint64_t number) {
  return number == 0 ? 0 : kTagBytes + CodedOutputStream::VarintSize64(number);
}

size_t MessageBytes(size_t size) {
  return kTagBytes + CodedOutputStream::VarintSize64(size) + size;
}

size_t TextBytes(size_t size) { return size == 0 ? 0 : MessageBytes(size); }
size_t TextBytes(absl::string_view text) { return TextBytes(text.size()); }

// Writes fields into memory that has room for them.
class FieldWriter {
 public:
  explicit FieldWriter(uint8_t* at) : at_(at) {}

  void Number(int field, uint64_t number) {
    if (number == 0) return;
    Tag(field, kVarint);
    at_ = CodedOutputStream::WriteVarint64ToArray(number, at_);
  }
  void Text(int field, absl::string_view text) {
    if (!text.empty()) Message(field, text);
  }
  void Message(int field, absl::string_view bytes) {
    MessageHead(field, bytes.size());
    Bytes(bytes.data(), bytes.size());
  }
  void Bytes(const char* bytes, size_t size) {
    std::memcpy(at_, bytes, size);
    at_ += size;
  }
  // What comes before a message's own fields.
  void MessageHead(int field, size_t size) {
    Tag(field, kLengthDelimited);
    at_ = CodedOutputStream::WriteVarint64ToArray(size, at_);
  }

 private:
  void Tag(int field, WireType type) { *at_++ = static_cast<uint8_t>(field << 3 | type); }

  uint8_t* at_;
};

// Makes `*out` longer by `bytes`, and says where they are.
uint8_t* Extend(size_t bytes, std::string* out) {
  const size_t before = out->size();
  out->resize(before + bytes);
  return reinterpret_cast<uint8_t*>(out->data()) + before;
}

// Hands `slice` to `*out` without a copy.
void Take(const grpc::Slice& slice, grpc::ByteBuffer* out) {
  grpc::ByteBuffer made(&slice, 1);
  out->Swap(&made);
}

size_t RuleBytes(const RuleRef& rule) {
  return TextBytes(rule.file) + TextBytes(rule.pointer) + TextBytes(rule.pattern) +
         NumberBytes(rule.line) + NumberBytes(rule.column);
}

void WriteRule(const RuleRef& rule, FieldWriter* writer) {
  writer->Text(v1::RuleRef::kFileFieldNumber, rule.file);
  writer->Text(v1::RuleRef::kPointerFieldNumber, rule.pointer);
  writer->Text(v1::RuleRef::kPatternFieldNumber, rule.pattern);
  writer->Number(v1::RuleRef::kLineFieldNumber, rule.line);
  writer->Number(v1::RuleRef::kColumnFieldNumber, rule.column);
}

}  // namespace

WrittenDecision AppendDecision(int field, const Decision& decision, const Explanation& explanation,
                               std::string* out) {
  const auto effect = static_cast<uint64_t>(EffectToProto(decision.effect));
  const auto reason = static_cast<uint64_t>(ReasonToProto(decision.reason));
  const bool has_rule = !explanation.rule.empty();
  const size_t rule = has_rule ? RuleBytes(explanation.rule) : 0;
  const size_t size = NumberBytes(effect) + NumberBytes(reason) +
                      (has_rule ? MessageBytes(rule) : 0) + TextBytes(explanation.message);
  FieldWriter writer(Extend(MessageBytes(size), out));
  writer.MessageHead(field, size);
  writer.Number(v1::Decision::kEffectFieldNumber, effect);
  writer.Number(v1::Decision::kReasonFieldNumber, reason);
  if (has_rule) {
    writer.MessageHead(v1::Decision::kRuleFieldNumber, rule);
    WriteRule(explanation.rule, &writer);
  }
  writer.Text(v1::Decision::kMessageFieldNumber, explanation.message);

  WrittenDecision written;
  written.end = out->size();
  written.begin = written.end - size;
  written.rule_end = written.end - TextBytes(explanation.message);
  written.message = written.end - explanation.message.size();
  written.name = written.message + explanation.name_at;
  written.name_end = written.name + explanation.name_size;
  return written;
}

void AppendAlike(int field, const WrittenDecision& alike, absl::string_view quoted_name,
                 std::string* out) {
  const size_t until_name = alike.name - alike.message;
  const size_t behind_name = alike.end - alike.name_end;
  const size_t message = until_name + quoted_name.size() + behind_name;
  const size_t size = alike.rule_end - alike.begin + TextBytes(message);
  FieldWriter writer(Extend(MessageBytes(size), out));
  const char* const bytes = out->data();
  writer.MessageHead(field, size);
  writer.Bytes(bytes + alike.begin, alike.rule_end - alike.begin);
  if (message == 0) return;
  writer.MessageHead(v1::Decision::kMessageFieldNumber, message);
  writer.Bytes(bytes + alike.message, until_name);
  writer.Bytes(quoted_name.data(), quoted_name.size());
  writer.Bytes(bytes + alike.name_end, behind_name);
}

void AppendRevision(int field, const Revision& revision, std::string* out) {
  const size_t size =
      TextBytes(revision.epoch) + NumberBytes(revision.generation) + TextBytes(revision.digest);
  FieldWriter writer(Extend(MessageBytes(size), out));
  writer.MessageHead(field, size);
  writer.Text(v1::Revision::kEpochFieldNumber, revision.epoch);
  writer.Number(v1::Revision::kGenerationFieldNumber, revision.generation);
  writer.Text(v1::Revision::kDigestFieldNumber, revision.digest);
}

void AppendMessage(int field, absl::string_view message, std::string* out) {
  FieldWriter(Extend(MessageBytes(message.size()), out)).Message(field, message);
}

void AppendNumber(int field, uint64_t number, std::string* out) {
  FieldWriter(Extend(NumberBytes(number), out)).Number(field, number);
}

void SetBytes(absl::string_view bytes, grpc::ByteBuffer* out) {
  Take(grpc::Slice(bytes.data(), bytes.size()), out);
}

void SetMessage(int field, absl::string_view message, grpc::ByteBuffer* out) {
  const grpc::Slice slice(MessageBytes(message.size()));
  // As gRPC's own serialization does: nobody else has the slice yet.
  FieldWriter(const_cast<uint8_t*>(slice.begin())).Message(field, message);
  Take(slice, out);
}

}  // namespace ostiary::pdp
