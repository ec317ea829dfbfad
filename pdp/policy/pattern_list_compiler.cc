#include "pdp/policy/pattern_list_compiler.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "pdp/policy/copy_text.h"
#include "pdp/policy/search_name.h"
#include "pdp/policy/tag_lanes.h"
#include "pdp/policy/wildcards.h"

namespace ostiary::pdp {
namespace {

constexpr size_t kAlignment = 8;

// What a short list knows a key by.
template <AffixEnd kEnd>
uint16_t KeyTag(absl::string_view key) {
  const SearchName name(key);
  return AffixHasher<kEnd>(name).TagAt(key.size());
}

}  // namespace

void PatternListCompiler::Sizes::Add(size_t size) {
  if (size < 64) {
    small |= uint64_t{1} << size;
  } else {
    large.push_back(static_cast<uint16_t>(size));
  }
}

size_t PatternListCompiler::Sizes::TakeShort(size_t most, uint8_t* out) {
  size_t count = 0;
  constexpr uint64_t kShortSizes = (uint64_t{1} << (kWordsSize + 1)) - 1;
  for (; (small & kShortSizes) != 0 && count < most; small &= small - 1) {
    out[count++] = static_cast<uint8_t>(__builtin_ctzll(small));
  }
  return count;
}

size_t PatternListCompiler::Sizes::TakeAll(std::vector<uint16_t>* out) {
  const size_t before = out->size();
  for (; small != 0; small &= small - 1) {
    out->push_back(static_cast<uint16_t>(__builtin_ctzll(small)));
  }
  std::sort(large.begin(), large.end());
  large.erase(std::unique(large.begin(), large.end()), large.end());
  out->insert(out->end(), large.begin(), large.end());
  large.clear();
  return out->size() - before;
}

const PatternList* PatternListCompiler::Compile(absl::Span<const RuleEntry> entries,
                                                uint32_t list_offset) {
  CopyEntries(entries, list_offset);
  for (uint32_t i = 0; i < entries.size(); ++i) {
    const absl::string_view text = entries[i].text;
    const Literals literals = entries[i].maybe_pattern ? Classify(i, text) : Name(text);
    if (!list_->is_long()) AddToShort(i, literals);
  }
  Finish();
  return list_;
}

void PatternListCompiler::CopyEntries(absl::Span<const RuleEntry> entries, uint32_t list_offset) {
  size_t long_texts = 0;
  for (const RuleEntry& entry : entries) {
    if (entry.text.size() > kWordsSize) long_texts += entry.text.size();
  }
  const bool is_long = entries.size() > PatternList::kShort;
  const size_t behind = is_long ? sizeof(PatternList::Indexed) : entries.size() * sizeof(uint16_t);
  const size_t size =
      sizeof(PatternList) + entries.size() * sizeof(PatternList::Entry) + behind + long_texts;
  char* const memory = arena_.NewBytes(size, kAlignment);
  list_ = new (memory) PatternList();
  list_->entry_count_ = static_cast<uint32_t>(entries.size());
  entries_ = reinterpret_cast<PatternList::Entry*>(memory + sizeof(PatternList));
  tags_ = reinterpret_cast<uint16_t*>(list_->behind_entries());
  char* end = list_->behind_entries() + behind;
  for (size_t i = 0; i < entries.size(); ++i) {
    const absl::string_view text = entries[i].text;
    PatternList::Entry& e = *new (&entries_[i]) PatternList::Entry{};
    e.size = static_cast<uint8_t>(std::min(text.size(), kWordsSize + 1));
    e.offset = entries[i].offset - list_offset;
    e.is_plain = text.size() <= kWordsSize ? 1 : 0;
    if (e.is_plain != 0) {
      const TextWords words = search_name::Head(text);
      std::memcpy(e.cell, &words, sizeof(words));
    } else {
      const uint32_t place[2] = {static_cast<uint32_t>(end - memory),
                                 static_cast<uint32_t>(text.size())};
      std::memcpy(e.cell, place, sizeof(place));
      end = CopyText(text, end);
    }
  }
}

PatternListCompiler::Literals PatternListCompiler::Classify(uint32_t entry,
                                                            absl::string_view text) {
  // Most patterns have one "*", at an end.
  size_t star = 0;
  if (text.empty() || text.front() != '*') {
    star = !text.empty() && text.back() == '*' ? text.size() - 1 : text.find('*');
    if (star == absl::string_view::npos) return MayBePattern(text) ? AddGlob(entry) : Name(text);
  }
  const Literals around{text.substr(0, star), text.substr(star + 1)};
  if ((FindWildcards(around.head).any | FindWildcards(around.tail).any) != 0) return AddGlob(entry);
  ++list_->pattern_count_;
  if (!around.head.empty() && !around.tail.empty()) ++list_->glob_count_;
  const Shape shape = around.head.empty() ? (around.tail.empty() ? Shape::kAny : Shape::kSuffix)
                                          : (around.tail.empty() ? Shape::kPrefix : Shape::kEnds);
  PatternList::Entry& e = entries_[entry];
  e.shape = static_cast<uint8_t>(shape);
  if (e.is_plain != 0) {
    e.head = static_cast<uint8_t>(around.head.size());
    e.tail = static_cast<uint8_t>(around.tail.size());
  }
  return around;
}

// An entry that may be any pattern.
PatternListCompiler::Literals PatternListCompiler::AddGlob(uint32_t entry) {
  PatternList::Entry& e = entries_[entry];
  const absl::string_view text = list_->Text(e);
  if (!ParsePattern(text, &parsed_).ok() || parsed_.shape == PatternShape::kLiteral) {
    return Name(text);
  }
  ++list_->pattern_count_;
  if (parsed_.shape == PatternShape::kGlob) ++list_->glob_count_;
  e.shape = static_cast<uint8_t>(Shape::kGlob);
  e.is_plain = 0;
  globs_.push_back({text, arena_.Copy(absl::MakeConstSpan(parsed_.tokens)),
                    arena_.Copy(absl::MakeConstSpan(parsed_.ranges))});
  glob_entries_.push_back(entry);
  const PatternList::Ends ends = PatternList::EndsOf(globs_.back());
  return {ends.head, ends.tail};
}

inline void PatternListCompiler::AddToShort(uint32_t entry, const Literals& literals) {
  const Shape shape = static_cast<Shape>(entries_[entry].shape);
  if (shape == Shape::kName) {
    tags_[entry] = SearchName(literals.head).tag();
  } else if (literals.head.empty() && literals.tail.empty()) {
    tags_[entry] = kNoListTag;
    list_->walked_ |= static_cast<uint16_t>(1u << entry);
  } else if (literals.head.size() >= literals.tail.size()) {
    const absl::string_view key = AffixOf(AffixEnd::kPrefix, literals.head, kMaxKeySize);
    tags_[entry] = KeyTag<AffixEnd::kPrefix>(key);
    prefix_sizes_.Add(key.size());
  } else {
    const absl::string_view key = AffixOf(AffixEnd::kSuffix, literals.tail, kMaxKeySize);
    tags_[entry] = KeyTag<AffixEnd::kSuffix>(key);
    suffix_sizes_.Add(key.size());
  }
}

void PatternListCompiler::Finish() {
  uint8_t* const sizes = list_->sizes_;
  const size_t prefixes = prefix_sizes_.TakeShort(PatternList::kInlineSizes, sizes);
  const size_t suffixes =
      suffix_sizes_.TakeShort(PatternList::kInlineSizes - prefixes, sizes + prefixes);
  list_->prefix_count_ = static_cast<uint8_t>(prefixes);
  list_->suffix_count_ = static_cast<uint8_t>(suffixes);
  if (!prefix_sizes_.empty() || !suffix_sizes_.empty() || !globs_.empty()) AddExtra();
  if (list_->is_long()) new (list_->behind_entries()) PatternList::Indexed();
}

void PatternListCompiler::AddExtra() {
  PatternList::Extra extra;
  sizes_.clear();
  extra.prefix_sizes = static_cast<uint32_t>(prefix_sizes_.TakeAll(&sizes_));
  extra.suffix_sizes = static_cast<uint32_t>(suffix_sizes_.TakeAll(&sizes_));
  extra.sizes = arena_.Copy(absl::MakeConstSpan(sizes_)).data();
  extra.globs = arena_.Copy(absl::MakeConstSpan(globs_)).data();
  extra.glob_entries = arena_.Copy(absl::MakeConstSpan(glob_entries_)).data();
  extra.globs_size = static_cast<uint32_t>(globs_.size());
  list_->extra_.Set(arena_.Copy(absl::MakeConstSpan(&extra, 1)).data());
  globs_.clear();
  glob_entries_.clear();
}

}  // namespace ostiary::pdp
