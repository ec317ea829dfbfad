#include "pdp/identity/key_fetcher.h"

#include <algorithm>
#include <utility>

#include "pdp/identity/jwk_set.h"

namespace ostiary::pdp {

KeyFetcher::KeyFetcher(KeyFetcherOptions options, Fetch fetch, KeyStore* store, const Clock& clock,
                       const Log& log)
    : options_(std::move(options)),
      fetch_(std::move(fetch)),
      store_(store),
      clock_(clock),
      log_(log),
      thread_([this] { Run(); }) {
  store_->OnUnknownKey([this] {
    {
      const MutexLock lock(&mutex_);
      wanted_ = true;
    }
    work_.NotifyAll();
  });
}

KeyFetcher::~KeyFetcher() {
  store_->OnUnknownKey(nullptr);
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
  }
  work_.NotifyAll();
  stop_.Stop();
  thread_.join();
}

void KeyFetcher::Run() {
  bool was_good = false;
  do {
    was_good = FetchOnce();
  } while (AwaitNext(clock_.Now(), was_good));
}

bool KeyFetcher::AwaitNext(MonoTime last, bool was_good) {
  const MonoTime soonest = last + options_.least_pause;
  // An endpoint that fails is asked again as soon as may be.
  const MonoTime due = was_good ? std::max(soonest, last + options_.refresh) : soonest;
  const MutexLock lock(&mutex_);
  while (!stopping_) {
    const MonoTime next = wanted_ ? soonest : due;
    if (clock_.Now() >= next) break;
    work_.WaitUntil(&mutex_, next);
  }
  wanted_ = false;
  return !stopping_;
}

bool KeyFetcher::FetchOnce() {
  const absl::StatusOr<std::string> text = fetch_(&stop_);
  if (absl::IsCancelled(text.status())) return false;
  if (!text.ok()) {
    SayFailure(std::string(text.status().message()));
    return false;
  }
  const Sha256Digest digest = Sha256(*text);
  if (taken_ == digest) {
    last_error_.clear();
    return true;
  }
  LoadedJwkSet loaded = LoadJwkSet({options_.name, *text});
  if (loaded.keys == nullptr) {
    SayFailure(loaded.issues.empty() ? "no key set" : FormatIssue(loaded.issues.front()));
    return false;
  }
  last_error_.clear();
  taken_ = digest;
  const size_t count = loaded.keys->size();
  store_->Publish(std::move(loaded.keys));
  log_.Info("token_keys_fetched", {{"url", options_.name}, {"keys", uint64_t{count}}});
  return true;
}

void KeyFetcher::SayFailure(const std::string& error) {
  const bool is_news = error != last_error_;
  last_error_ = error;
  log_.Write(is_news ? LogLevel::kWarning : LogLevel::kDebug, "token_keys_not_fetched",
             {{"url", options_.name},
              {"error", error},
              {"kept", taken_.has_value() ? "the keys that were fetched last"
                                          : "no keys: every token is refused"}});
}

}  // namespace ostiary::pdp
