#include "tools/service/recent_answers.h"

#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

ResponseBytes answerOf(std::size_t bytes) {
  return std::make_shared<const std::vector<std::byte>>(bytes);
}

TEST(RecentAnswers, KeepsThoseThatWereAskedForLastWithinItsLimit) {
  RecentAnswers answers(100);
  const ResponseBytes first = answerOf(40);
  answers.put("a", first);
  answers.put("b", answerOf(40));
  EXPECT_EQ(answers.find("a"), first);
  answers.put("c", answerOf(40));
  EXPECT_EQ(answers.find("a"), first);
  EXPECT_EQ(answers.find("b"), nullptr);
  EXPECT_NE(answers.find("c"), nullptr);
}

TEST(RecentAnswers, WhatExceedsTheLimitAloneDisplacesNothing) {
  RecentAnswers answers(100);
  answers.put("a", answerOf(40));
  answers.put("huge", answerOf(101));
  EXPECT_EQ(answers.find("huge"), nullptr);
  EXPECT_NE(answers.find("a"), nullptr);
}

TEST(RecentAnswers, TheFirstAnswerOfAJobStays) {
  RecentAnswers answers(100);
  const ResponseBytes first = answerOf(60);
  answers.put("a", first);
  answers.put("a", answerOf(60));
  EXPECT_EQ(answers.find("a"), first);
}

} // namespace
} // namespace gemmsmith
