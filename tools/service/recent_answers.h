// What a compile service has compiled, kept in memory: each kernel is compiled once also where the
// store cannot keep it, or shows what was put there late.
//
// Promises: holds at most `limit_bytes` of answers, those that were asked for last. Not
// thread-safe.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gemmsmith {

// A response as it travels, one for all who wait for it.
using ResponseBytes = std::shared_ptr<const std::vector<std::byte>>;

class RecentAnswers {
public:
  explicit RecentAnswers(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  void put(const std::string &job, ResponseBytes answer);
  ResponseBytes find(const std::string &job); // null: not here

private:
  struct Answer {
    std::string job;
    ResponseBytes bytes;
  };
  using Answers = std::list<Answer>;

  std::size_t limit_bytes_;
  std::size_t bytes_ = 0;
  Answers answers_; // the one asked for last at the front
  std::map<std::string, Answers::iterator> places_;
};

} // namespace gemmsmith
