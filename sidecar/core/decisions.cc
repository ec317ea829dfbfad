#include "sidecar/core/decisions.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"

namespace ostiary::sidecar {
namespace {

// A list may have more names, and longer ones, than a PDP answers at once. A question has at most
// 1 MiB, with the server's name for each access and what stands around it.
constexpr size_t kMaxAccessesInAsk = 256;
constexpr size_t kMaxNameBytesInAsk = size_t{1} << 19;

}  // namespace

const Verdict* Decisions::Find(const AccessView& access, MonoTime now) {
  const Verdict* const verdict = Look(access, now);
  if (verdict != nullptr) {
    ++usage_.hits;
  }
  return verdict;
}

const Verdict* Decisions::Look(const AccessView& access, MonoTime now) {
  if (!revision_.has_value() || now >= lease_end_ ||
      (!flights_.empty() && flights_.contains(access))) {
    return nullptr;
  }
  return cache_.Find(access);
}

std::optional<Held> Decisions::Hold(Held held, MonoTime now) {
  held.unknown = held.accesses.size();
  held.marks.assign(held.unknown, Held::Mark::kUnknown);
  held.deadline = now + limits_.timeout;
  Held* const kept = held_.Add(&held);
  if (kept == nullptr) {
    held.undecided = Undecided{"TOO_MUCH_WAITING", "too many messages wait for a decision already"};
    return held;
  }
  std::vector<size_t> all(kept->unknown);
  std::iota(all.begin(), all.end(), size_t{0});
  JoinAll(kept, all, now);
  if (kept->unknown == 0) {
    return held_.Take(kept);
  }
  return std::nullopt;
}

// Takes from the cache, or waits for, the accesses of `held` with these indexes.
void Decisions::JoinAll(Held* held, absl::Span<const size_t> indexes, MonoTime now) {
  std::vector<Flight*> departing;
  for (const size_t i : indexes) {
    const AccessView access(held->accesses[i]);
    if (const auto flight = flights_.find(access); flight != flights_.end()) {
      Join(flight->second.get(), *held, i);
      ++usage_.misses;
    } else if (const Verdict* verdict = Look(access, now)) {
      Mark(held, i, *verdict, *revision_);
    } else {
      auto created = std::make_unique<Flight>();
      created->access = held->accesses[i];
      Join(created.get(), *held, i);
      ++usage_.misses;
      departing.push_back(created.get());
      flights_.emplace(AccessView(created->access), std::move(created));
    }
  }
  Ask(departing, now);
}

void Decisions::Mark(Held* held, size_t index, const Verdict& verdict, const Revision& revision) {
  const bool suffices = Suffices(verdict, held->need(index));
  held->marks[index] = suffices ? Held::Mark::kAllowed : Held::Mark::kDenied;
  --held->unknown;
  if (!suffices && !held->is_of_list() && !held->denied) {
    held->denied = index;
    held->verdict = verdict;
    held->revision = revision;
  }
}

void Decisions::Join(Flight* flight, const Held& held, size_t index) {
  // Those that are gone are swept out before they outnumber the others.
  if (flight->waiters.size() > 2 * flight->live + 16) {
    flight->waiters.erase(
        std::remove_if(flight->waiters.begin(), flight->waiters.end(),
                       [this](const Flight::Waiter& w) { return held_.Find(w.serial) == nullptr; }),
        flight->waiters.end());
  }
  flight->waiters.push_back({held.serial, index});
  ++flight->live;
}

void Decisions::Ask(absl::Span<Flight* const> flights, MonoTime now) {
  size_t begin = 0;
  size_t bytes = 0;
  // A long name goes alone: where it is refused, all that is asked with it would be.
  for (size_t i = 0; i < flights.size(); ++i) {
    bytes += flights[i]->access.name.size();
    const bool last = i + 1 == flights.size();
    const bool full = i + 1 - begin == kMaxAccessesInAsk || bytes >= kMaxNameBytesInAsk ||
                      flights[i]->access.name.size() > kMaxDecidedNameBytes ||
                      (!last && flights[i + 1]->access.name.size() > kMaxDecidedNameBytes);
    if (full || last) {
      AskOne(flights.subspan(begin, i + 1 - begin), now);
      begin = i + 1;
      bytes = 0;
    }
  }
}

void Decisions::AskOne(absl::Span<Flight* const> flights, MonoTime now) {
  const uint64_t id = ++last_ask_id_;
  Question question;
  question.live = flights.size();
  for (Flight* flight : flights) {
    LeaveQuestion(flight->ask_id);
    flight->ask_id = id;
    flight->asked_at = now;
    question.accesses.push_back(flight->access);
  }
  source_->Ask(id, questions_.emplace(id, std::move(question)).first->second.accesses);
}

void Decisions::LeaveQuestion(uint64_t ask_id) {
  const auto found = questions_.find(ask_id);
  if (found != questions_.end() && --found->second.live == 0) {
    questions_.erase(found);
  }
}

Decisions::Standing Decisions::StandingOf(const Revision& revision) const {
  if (!revision_.has_value() || revision.epoch != revision_->epoch) {
    return Standing::kOdd;
  }
  if (revision == *revision_) {
    return Standing::kPresent;
  }
  return revision.generation > revision_->generation ? Standing::kLater : Standing::kOdd;
}

void Decisions::OnAnswer(SourceAnswer answer, MonoTime now, std::vector<Held>* decided) {
  OnTime(now, decided);
  const auto found = questions_.find(answer.id);
  if (found == questions_.end()) {
    return;  // too late, or asked again since
  }
  const Question question = std::move(found->second);
  questions_.erase(found);
  std::optional<Undecided> undecided;
  if (!answer.status.ok()) {
    undecided = Undecided{"DECISION_SOURCE_FAILED",
                          absl::StrCat("the decision point answered ", answer.status.ToString())};
  } else if (answer.verdicts.size() != question.accesses.size()) {
    undecided = Undecided{"DECISION_UNUSABLE",
                          absl::StrCat("the decision point was asked ", question.accesses.size(),
                                       " questions and answered ", answer.verdicts.size())};
  } else if (StandingOf(answer.revision) == Standing::kOdd) {
    AskOnceMore(answer.id, question, now, decided);
    return;
  }
  const bool keep = !undecided && answer.revision == *revision_ && now < lease_end_;
  for (size_t i = 0; i < question.accesses.size(); ++i) {
    const Access& access = question.accesses[i];
    if (undecided) {
      Fail(access, answer.id, *undecided, decided);
      continue;
    }
    Resolve(access, answer.id, answer.verdicts[i], answer.revision, decided);
    if (keep) {
      cache_.Insert(AccessView(access), std::move(answer.verdicts[i]));
    }
  }
}

void Decisions::AskOnceMore(uint64_t ask_id, const Question& question, MonoTime now,
                            std::vector<Held>* decided) {
  const auto waits = [&](const Access& access) -> Flight* {
    const auto found = flights_.find(AccessView(access));
    return found != flights_.end() && found->second->ask_id == ask_id ? found->second.get()
                                                                      : nullptr;
  };
  for (const Access& access : question.accesses) {
    if (const Flight* flight = waits(access); flight != nullptr && flight->asked_again) {
      Fail(access, ask_id,
           {"DECISION_UNUSABLE",
            "the decision point answers under a policy revision that is not the present one"},
           decided);
    }
  }
  // Only now, since a list that failed may have been the last to wait for its other accesses.
  std::vector<Flight*> again;
  for (const Access& access : question.accesses) {
    Flight* const flight = waits(access);
    if (flight == nullptr) {
      continue;
    }
    if (revision_.has_value()) {
      flight->asked_again = true;
      again.push_back(flight);
    } else {
      flight->ask_id = 0;  // the first revision, when it comes, asks again
    }
  }
  Ask(again, now);
}

std::unique_ptr<Decisions::Flight> Decisions::Land(const Access& access, uint64_t ask_id) {
  const auto found = flights_.find(AccessView(access));
  if (found == flights_.end() || found->second->ask_id != ask_id) {
    return nullptr;
  }
  std::unique_ptr<Flight> flight = std::move(found->second);
  flights_.erase(found);
  return flight;
}

void Decisions::Resolve(const Access& access, uint64_t ask_id, const Verdict& verdict,
                        const Revision& revision, std::vector<Held>* decided) {
  const std::unique_ptr<Flight> flight = Land(access, ask_id);
  if (flight == nullptr) {
    return;
  }
  std::unique_ptr<Flight> waiting;
  for (const Flight::Waiter& waiter : flight->waiters) {
    Held* const held = held_.Find(waiter.serial);
    if (held == nullptr || held->marks[waiter.index] != Held::Mark::kUnknown) {
      continue;
    }
    if (held->accesses.size() > 1 && revision != *revision_) {
      // What needs several must not get one from each of two policies: it waits for the later one
      // to be announced, and then is asked for anew.
      if (waiting == nullptr) {
        waiting = std::make_unique<Flight>();
        waiting->access = flight->access;
        waiting->asked_at = flight->asked_at;
      }
      Join(waiting.get(), *held, waiter.index);
      continue;
    }
    Mark(held, waiter.index, verdict, revision);
    if (held->unknown == 0) {
      decided->push_back(held_.Take(held));
    }
  }
  if (waiting != nullptr) {
    const AccessView key(waiting->access);
    flights_.emplace(key, std::move(waiting));
  }
}

void Decisions::Fail(const Access& access, uint64_t ask_id, const Undecided& undecided,
                     std::vector<Held>* decided) {
  const std::unique_ptr<Flight> flight = Land(access, ask_id);
  if (flight == nullptr) {
    return;
  }
  for (const Flight::Waiter& waiter : flight->waiters) {
    Held* const held = held_.Find(waiter.serial);
    if (held != nullptr && held->marks[waiter.index] == Held::Mark::kUnknown) {
      held->undecided = undecided;
      Leave(*held, nullptr);
      decided->push_back(held_.Take(held));
    }
  }
}

void Decisions::Leave(const Held& held, std::vector<Access>* overdue) {
  for (size_t i = 0; i < held.accesses.size(); ++i) {
    if (held.marks[i] != Held::Mark::kUnknown) {
      continue;
    }
    const auto found = flights_.find(AccessView(held.accesses[i]));
    if (found == flights_.end()) {
      continue;
    }
    Flight* const flight = found->second.get();
    if (--flight->live == 0) {
      LeaveQuestion(flight->ask_id);
      flights_.erase(found);
    } else if (overdue != nullptr && held.deadline >= flight->asked_at + 2 * limits_.timeout) {
      overdue->push_back(flight->access);
    }
  }
}

Decisions::Change Decisions::ChangeTo(const Revision& present) const {
  if (!revision_.has_value()) return Change::kFirst;
  if (*revision_ == present) return Change::kNone;
  return revision_->digest == present.digest ? Change::kSamePolicy : Change::kChanged;
}

Decisions::Change Decisions::OnRevision(const SourceRevision& present, MonoTime now) {
  const Change change = ChangeTo(present.revision);
  lease_end_ = present.lease_end;
  if (change != Change::kNone) {
    cache_.Clear();
    revision_ = present.revision;
  }
  connected_ = true;
  AskLostAgain(now);
  // Also where the policies are equal: a verdict counts under the revision that it was made under.
  if (change == Change::kSamePolicy || change == Change::kChanged) {
    held_.ForEach([this, now](Held* held) { Forget(held, now); });
  }
  return change;
}

// What a list in progress learnt under another revision is asked for again.
void Decisions::Forget(Held* held, MonoTime now) {
  std::vector<size_t> known;
  for (size_t i = 0; i < held->marks.size(); ++i) {
    if (held->marks[i] != Held::Mark::kUnknown) {
      held->marks[i] = Held::Mark::kUnknown;
      known.push_back(i);
    }
  }
  held->unknown += known.size();
  held->denied.reset();
  JoinAll(held, known, now);
}

void Decisions::OnLost(const absl::Status& why) {
  connected_ = false;
  lost_ = why;
  if (absl::IsPermissionDenied(why)) lease_end_ = MonoTime::min();
  questions_.clear();
  for (const auto& [access, flight] : flights_) {
    flight->ask_id = 0;
  }
}

void Decisions::AskLostAgain(MonoTime now) {
  std::vector<Flight*> again;
  for (const auto& [access, flight] : flights_) {
    if (flight->ask_id == 0) {
      again.push_back(flight.get());
    }
  }
  Ask(again, now);
}

std::string Decisions::WhyLate() const {
  const std::string span = absl::StrCat(
      std::chrono::duration_cast<std::chrono::milliseconds>(limits_.timeout).count(), " ms");
  if (connected_) return absl::StrCat("the decision point did not answer within ", span);
  return absl::StrCat("the decision point could not be reached within ", span,
                      lost_.ok() ? "" : ": ", lost_.message());
}

void Decisions::OnTime(MonoTime now, std::vector<Held>* decided) {
  std::vector<Access> overdue;
  while (held_.first() != nullptr && held_.first()->deadline <= now) {
    Held* const held = held_.first();
    held->undecided = Undecided{"DECISION_TIMEOUT", WhyLate()};
    Leave(*held, &overdue);
    decided->push_back(held_.Take(held));
  }
  std::vector<Flight*> again;
  for (const Access& access : overdue) {
    const auto found = flights_.find(AccessView(access));
    if (found != flights_.end() && found->second->asked_at + 2 * limits_.timeout <= now) {
      found->second->asked_at = now;
      again.push_back(found->second.get());
    }
  }
  Ask(again, now);
}

std::optional<MonoTime> Decisions::NextDeadline() const {
  if (held_.first() == nullptr) {
    return std::nullopt;
  }
  return held_.first()->deadline;
}

void Decisions::DropAll() {
  held_.DropAll();
  flights_.clear();
  questions_.clear();
}

}  // namespace ostiary::sidecar
