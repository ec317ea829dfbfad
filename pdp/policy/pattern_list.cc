#include "pdp/policy/pattern_list.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/strings/match.h"
#include "pdp/policy/list_index.h"

namespace ostiary::pdp {
namespace {

// Up to so many texts are walked: comparing their sizes is cheaper than a hash or halving.
constexpr size_t kWalked = 8;

}  // namespace

// Of a long list. Each part stands alone: a list may have many names and few prefixes.
struct ListIndex {
  bool has_exact = false;
  bool has_prefixes = false;
  bool has_suffixes = false;
  ExactIndex exact;
  AffixIndex prefixes;
  AffixIndex suffixes;
  // The wildcards that no index holds, in the order of their entries.
  absl::Span<const PatternList::Wildcard> walked;
};

// Builds one list. Scratch memory, used for the length of Compile.
class PatternListCompiler {
 public:
  explicit PatternListCompiler(Arena* arena) : arena_(*arena) {}

  const PatternList* Compile(absl::Span<const RuleEntry> entries, uint32_t list_offset) {
    list_ = arena_.NewObject<PatternList>();
    CopyTexts(entries, list_offset);
    for (uint32_t i = 0; i < list_->entry_count_; ++i) AddWildcard(i);
    list_->wildcards_ = arena_.Copy(absl::MakeConstSpan(wildcards_)).data();
    list_->wildcard_count_ = static_cast<uint32_t>(wildcards_.size());
    list_->globs_ = arena_.Copy(absl::MakeConstSpan(globs_)).data();
    list_->glob_count_ = static_cast<uint32_t>(globs_.size());
    BuildIndex();
    return list_;
  }

 private:
  void CopyTexts(absl::Span<const RuleEntry> entries, uint32_t list_offset) {
    size_t size = 0;
    for (const RuleEntry& entry : entries) size += entry.text.size();
    absl::Span<PatternList::Entry> copies = arena_.NewArray<PatternList::Entry>(entries.size());
    char* texts = arena_.NewArray<char>(size).data();
    uint32_t begin = 0;
    for (size_t i = 0; i < entries.size(); ++i) {
      const absl::string_view text = entries[i].text;
      if (!text.empty()) std::memcpy(texts + begin, text.data(), text.size());
      copies[i] = {begin, static_cast<uint32_t>(text.size()), entries[i].offset - list_offset};
      begin += copies[i].size;
    }
    list_->texts_ = texts;
    list_->entries_ = copies.data();
    list_->entry_count_ = static_cast<uint32_t>(entries.size());
  }

  void AddWildcard(uint32_t entry) {
    const absl::string_view text = list_->entry(entry);
    if (!MayBePattern(text) || !ParsePattern(text, &parsed_).ok() ||
        parsed_.shape == PatternShape::kLiteral) {
      return;
    }
    PatternList::Wildcard wildcard{parsed_.shape, entry, 0, 0};
    if (parsed_.shape == PatternShape::kGlob) {
      wildcard.begin = static_cast<uint32_t>(globs_.size());
      globs_.push_back({text, arena_.Copy(absl::MakeConstSpan(parsed_.tokens)),
                        arena_.Copy(absl::MakeConstSpan(parsed_.ranges))});
    } else if (parsed_.shape != PatternShape::kAny) {
      wildcard.begin = static_cast<uint32_t>(parsed_.literal.data() - list_->texts_);
      wildcard.size = static_cast<uint32_t>(parsed_.literal.size());
    }
    wildcards_.push_back(wildcard);
  }

  std::vector<IndexedText> Literals(PatternShape shape) const {
    std::vector<IndexedText> literals;
    for (const PatternList::Wildcard& w : wildcards_) {
      if (w.shape == shape) literals.push_back({list_->Literal(w), w.entry});
    }
    return literals;
  }

  void BuildIndex() {
    if (list_->entry_count_ <= kWalked) return;
    ListIndex index;
    std::vector<IndexedText> texts;
    for (uint32_t i = 0; i < list_->entry_count_; ++i) texts.push_back({list_->entry(i), i});
    index.exact = ExactIndex::Create(texts, &arena_);
    std::vector<IndexedText> prefixes = Literals(PatternShape::kPrefix);
    std::vector<IndexedText> suffixes = Literals(PatternShape::kSuffix);
    index.has_prefixes = prefixes.size() > kWalked;
    index.has_suffixes = suffixes.size() > kWalked;
    std::vector<PatternList::Wildcard> walked;
    for (const PatternList::Wildcard& w : wildcards_) {
      if (index.has_prefixes && w.shape == PatternShape::kPrefix) continue;
      if (index.has_suffixes && w.shape == PatternShape::kSuffix) continue;
      walked.push_back(w);
    }
    if (index.has_prefixes) {
      index.prefixes = AffixIndex::Create(AffixEnd::kPrefix, std::move(prefixes), &arena_);
    }
    if (index.has_suffixes) {
      index.suffixes = AffixIndex::Create(AffixEnd::kSuffix, std::move(suffixes), &arena_);
    }
    index.walked = arena_.Copy(absl::MakeConstSpan(walked));
    list_->index_ = arena_.Copy(absl::MakeConstSpan(&index, 1)).data();
  }

  Arena& arena_;
  PatternList* list_ = nullptr;
  ParsedPattern parsed_;
  std::vector<PatternList::Wildcard> wildcards_;
  std::vector<Glob> globs_;
};

const PatternList* PatternList::Create(absl::Span<const RuleEntry> entries, uint32_t list_offset,
                                       Arena* arena) {
  return PatternListCompiler(arena).Compile(entries, list_offset);
}

uint32_t PatternList::FindExact(const SearchName& name) const {
  if (index_ != nullptr) return index_->exact.Find(name.text(), name.hash());
  for (uint32_t i = 0; i < entry_count_; ++i) {
    if (EntryText(entries_[i]) == name.text()) return i;
  }
  return kNoEntry;
}

uint32_t PatternList::FindPattern(const SearchName& name) const {
  absl::Span<const Wildcard> walked(wildcards_, wildcard_count_);
  uint32_t lowest = kNoEntry;
  if (index_ != nullptr) {
    if (index_->has_prefixes) lowest = index_->prefixes.Find(name.text());
    if (index_->has_suffixes) lowest = std::min(lowest, index_->suffixes.Find(name.text()));
    walked = index_->walked;
  }
  for (const Wildcard& wildcard : walked) {
    if (wildcard.entry >= lowest) break;
    if (Matches(wildcard, name.text())) return wildcard.entry;
  }
  return lowest;
}

uint32_t PatternList::FindPatternAfter(uint32_t after, const SearchName& name) const {
  const absl::Span<const Wildcard> all(wildcards_, wildcard_count_);
  const auto behind = [](uint32_t entry, const Wildcard& w) { return entry < w.entry; };
  for (auto at = std::upper_bound(all.begin(), all.end(), after, behind); at != all.end(); ++at) {
    if (Matches(*at, name.text())) return at->entry;
  }
  return kNoEntry;
}

bool PatternList::Matches(const Wildcard& wildcard, absl::string_view name) const {
  switch (wildcard.shape) {
    case PatternShape::kAny:
      return true;
    case PatternShape::kPrefix:
      return absl::StartsWith(name, Literal(wildcard));
    case PatternShape::kSuffix:
      return absl::EndsWith(name, Literal(wildcard));
    case PatternShape::kGlob:
      return globs_[wildcard.begin].Matches(name);
    case PatternShape::kLiteral:
      break;  // no wildcard
  }
  return false;
}

}  // namespace ostiary::pdp
