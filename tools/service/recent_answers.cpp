#include "tools/service/recent_answers.h"

#include <utility>

namespace gemmsmith {

void RecentAnswers::put(const std::string &job, ResponseBytes answer) {
  if (answer->size() > limit_bytes_ || places_.contains(job))
    return;
  bytes_ += answer->size();
  answers_.push_front({job, std::move(answer)});
  places_[job] = answers_.begin();
  while (bytes_ > limit_bytes_) {
    bytes_ -= answers_.back().bytes->size();
    places_.erase(answers_.back().job);
    answers_.pop_back();
  }
}

ResponseBytes RecentAnswers::find(const std::string &job) {
  const auto place = places_.find(job);
  if (place == places_.end())
    return nullptr;
  answers_.splice(answers_.begin(), answers_, place->second);
  return place->second->bytes;
}

} // namespace gemmsmith
