#include "cache/remote/http/transfer.h"
#include "tests/cache/remote/scripted_server.h"

#include <cstdlib>
#include <limits>
#include <new>

namespace {

constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

// The largest piece of memory that this thread gets.
thread_local std::size_t largest_piece = kUnlimited;

} // namespace

// Not inlined: g++ 12 takes free() for a mismatch to the new that it was not inlined into.
[[gnu::noinline]] void *operator new(std::size_t size) {
  void *const piece = size > largest_piece ? nullptr : std::malloc(size);
  if (piece == nullptr)
    throw std::bad_alloc();
  return piece;
}
[[gnu::noinline]] void operator delete(void *piece) noexcept {
  std::free(piece);
}
[[gnu::noinline]] void operator delete(void *piece, std::size_t) noexcept {
  std::free(piece);
}

namespace gemmsmith {
namespace {

TEST(Transfer, AnswerThatThereIsNoMemoryForIsAFailure) {
  constexpr std::size_t kBytes = std::size_t{1} << 20;
  const std::string content(kBytes, 'x');
  const ScriptedServer server([&](const httplib::Request &, httplib::Response &response) {
    response.set_content(content, "application/octet-stream");
  });
  const TransferOptions options{.user = {},
                                .password = {},
                                .token = {},
                                .ca_file = {},
                                .connect_timeout_ms = 10000,
                                .timeout_ms = 10000};
  const auto transfer = Transfer::open(options).value();
  largest_piece = kBytes / 2;
  const auto cut_off = transfer->get(server.url(), kBytes);
  largest_piece = kUnlimited;
  ASSERT_FALSE(cut_off);
  EXPECT_EQ(cut_off.error().str(), "no memory for its answer");
  const auto whole = transfer->get(server.url(), kBytes);
  ASSERT_TRUE(whole) << whole.error().str();
  EXPECT_EQ(whole->body.size(), kBytes);
}

} // namespace
} // namespace gemmsmith
