#include "tests/common/json/json_peers.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace ostiary {
namespace {

// Writes a transcript; strings carry their length, so no two documents write the same one.
class Transcript {
 public:
  void Null() { out_ += 'n'; }
  void Bool(bool value) { out_ += value ? 't' : 'f'; }
  void Number(absl::string_view text) {
    absl::StrAppend(&out_, "#", text == "-0" ? "0" : text, ";");
  }
  void String(absl::string_view value) { absl::StrAppend(&out_, "s", value.size(), ":", value); }
  void Key(absl::string_view value) { absl::StrAppend(&out_, "k", value.size(), ":", value); }
  void Mark(char bracket) { out_ += bracket; }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

class RapidJsonHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, RapidJsonHandler> {
 public:
  explicit RapidJsonHandler(Transcript* out) : out_(*out) {}
  bool Null() { return out_.Null(), true; }
  bool Bool(bool value) { return out_.Bool(value), true; }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return out_.Number(absl::string_view(text, size)), true;
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return out_.String(absl::string_view(text, size)), true;
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    return out_.Key(absl::string_view(text, size)), true;
  }
  bool StartObject() { return out_.Mark('{'), true; }
  bool EndObject(rapidjson::SizeType) { return out_.Mark('}'), true; }
  bool StartArray() { return out_.Mark('['), true; }
  bool EndArray(rapidjson::SizeType) { return out_.Mark(']'), true; }

 private:
  Transcript& out_;
};

class NlohmannHandler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit NlohmannHandler(Transcript* out) : out_(*out) {}
  bool out_of_range() const { return out_of_range_; }

  bool null() override { return out_.Null(), true; }
  bool boolean(bool value) override { return out_.Bool(value), true; }
  bool number_integer(number_integer_t value) override {
    return out_.Number(absl::StrCat(value)), true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    return out_.Number(absl::StrCat(value)), true;
  }
  bool number_float(number_float_t, const string_t& text) override {
    return out_.Number(text), true;
  }
  bool string(string_t& value) override { return out_.String(value), true; }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& value) override { return out_.Key(value), true; }
  bool start_object(size_t) override { return out_.Mark('{'), true; }
  bool end_object() override { return out_.Mark('}'), true; }
  bool start_array(size_t) override { return out_.Mark('['), true; }
  bool end_array() override { return out_.Mark(']'), true; }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    constexpr int kNumberOverflow = 406;
    out_of_range_ = error.id == kNumberOverflow;
    return false;
  }

 private:
  Transcript& out_;
  bool out_of_range_ = false;
};

void TranscribeInto(const JsonValue& value, Transcript* out, std::string* scratch) {
  switch (value.type()) {
    case JsonType::kNull:
      return out->Null();
    case JsonType::kBool:
      return out->Bool(value.bool_value());
    case JsonType::kNumber:
      return out->Number(value.raw());
    case JsonType::kString:
      return out->String(value.string_value(scratch));
    case JsonType::kArray:
      out->Mark('[');
      for (auto e = value.first_element(); e; e = e->next_element()) {
        TranscribeInto(*e, out, scratch);
      }
      return out->Mark(']');
    case JsonType::kObject:
      out->Mark('{');
      for (auto k = value.first_key(); k; k = k->next_key()) {
        out->Key(k->string_value(scratch));
        TranscribeInto(k->member_value(), out, scratch);
      }
      return out->Mark('}');
  }
}

bool HasLoneSurrogate(const JsonValue& value) {
  if (value.has_lone_surrogate()) return true;
  if (value.is_array()) {
    for (auto e = value.first_element(); e; e = e->next_element()) {
      if (HasLoneSurrogate(*e)) return true;
    }
  } else if (value.is_object()) {
    for (auto k = value.first_key(); k; k = k->next_key()) {
      if (k->has_lone_surrogate() || HasLoneSurrogate(k->member_value())) return true;
    }
  }
  return false;
}

// What differs between our reading and a peer's, or "".
std::string Difference(absl::string_view peer, const JsonReading& theirs, const JsonReading& ours,
                       const JsonError& error) {
  if (theirs.verdict == JsonVerdict::kOutOfRange) return "";
  if (theirs.verdict != ours.verdict) {
    return theirs.verdict == JsonVerdict::kAccepted
               ? absl::StrCat(peer, " accepts what we refuse: ", error.message, " at ",
                              error.offset)
               : absl::StrCat(peer, " refuses what we accept");
  }
  if (theirs.transcript != ours.transcript) {
    return absl::StrCat(peer, " reads ", theirs.transcript, " and we read ", ours.transcript);
  }
  return "";
}

}  // namespace

JsonReading ReadWithRapidJson(absl::string_view text) {
  // Numbers as strings, so that they can be compared as they stand.
  constexpr unsigned kFlags = rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseFullPrecisionFlag | rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNumbersAsStringsFlag;
  Transcript out;
  RapidJsonHandler handler(&out);
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, handler);
  if (result.Code() == rapidjson::kParseErrorNumberTooBig) return {JsonVerdict::kOutOfRange, ""};
  if (result.IsError()) return {JsonVerdict::kRefused, ""};
  return {JsonVerdict::kAccepted, out.Take()};
}

JsonReading ReadWithNlohmann(absl::string_view text) {
  Transcript out;
  NlohmannHandler handler(&out);
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &handler)) {
    return {JsonVerdict::kAccepted, out.Take()};
  }
  return {handler.out_of_range() ? JsonVerdict::kOutOfRange : JsonVerdict::kRefused, ""};
}

std::string Transcribe(const JsonValue& value) {
  Transcript out;
  std::string scratch;
  TranscribeInto(value, &out, &scratch);
  return out.Take();
}

JsonComparison CompareJsonReaders(absl::string_view text, JsonDocument* document) {
  JsonComparison result;
  const JsonLimits no_depth_limit = {.max_depth = std::numeric_limits<uint32_t>::max()};
  result.accepted = document->Parse(text, no_depth_limit);
  if (absl::StrContains(text, '\0') || absl::StartsWith(text, "\xEF\xBB\xBF")) {
    result.known_difference = true;
    if (result.accepted) result.finding = "we accept a NUL byte or a byte order mark";
    return result;
  }
  JsonReading ours;
  if (result.accepted) ours = {JsonVerdict::kAccepted, Transcribe(document->root())};
  const JsonReading nlohmann = ReadWithNlohmann(text);
  if (result.accepted && HasLoneSurrogate(document->root())) {
    result.known_difference = true;
    if (nlohmann.verdict == JsonVerdict::kAccepted) {
      result.finding = "nlohmann sees no lone surrogate where we do";
    }
    return result;
  }
  const JsonReading rapidjson = ReadWithRapidJson(text);
  result.known_difference =
      nlohmann.verdict == JsonVerdict::kOutOfRange || rapidjson.verdict == JsonVerdict::kOutOfRange;
  result.finding = Difference("nlohmann", nlohmann, ours, document->error());
  if (result.finding.empty()) {
    result.finding = Difference("RapidJSON", rapidjson, ours, document->error());
  }
  return result;
}

}  // namespace ostiary
