// Contexts that come and go, and processes that fork.
#include "tests/runtime/library/fixture.h"

#include <sys/wait.h>
#include <unistd.h>

namespace gemmsmith {
namespace {

TEST_F(Library, ContextsComeAndGo) {
  const GemmOnDevice gemm(kSplit);
  for (int i = 0; i < 50; ++i) {
    create(options());
    ASSERT_GS(launch(gemm));
    ASSERT_EQ(gemm.verify(), "");
  }
  gs_context_destroy(nullptr);
}

TEST_F(Library, ContextsAreIndependent) {
  gs_context *other = nullptr;
  const gs_options same = options();
  ASSERT_GS(gs_context_create(&same, &other));
  EXPECT_EQ(run(kSplit), "");
  std::swap(context_, other);
  EXPECT_EQ(counters().launches, 0u);
  EXPECT_EQ(run(kSplit), "");
  gs_context_destroy(other);
  EXPECT_EQ(run(kSplit), "");
}

// Runs `body` in a forked child; its return value is the child's exit code.
template <typename F> int inChild(F body) {
  const pid_t child = ::fork();
  if (child == 0)
    ::_exit(body());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST_F(Library, AForkedChildIsToldThatAnInheritedContextIsTheParents) {
  EXPECT_EQ(run(kPlain), "");
  const GemmOnDevice gemm(kPlain);
  EXPECT_EQ(inChild([&] {
              gs_counters counters{};
              counters.size = sizeof counters;
              if (gs_get_counters(context_, &counters) != GS_ERROR_FORKED)
                return 4;
              if (launch(gemm) != GS_ERROR_FORKED || !lastErrorSays({"fork()", "in the child"}))
                return 1;
              if (prepare(kPlain) != GS_ERROR_FORKED)
                return 2;
              if (gs_reload_tables(context_) != GS_ERROR_FORKED)
                return 3;
              gs_context_destroy(context_);
              return 0;
            }),
            0);
  EXPECT_EQ(run(kPlain), ""); // the parent goes on
}

TEST_F(Library, AForkedChildUsesAContextOfItsOwn) {
  EXPECT_EQ(run(kPlain), "");
  EXPECT_EQ(inChild([&] {
              const gs_options same = options();
              gs_context *own = nullptr;
              if (gs_context_create(&same, &own) != GS_SUCCESS)
                return 1;
              std::swap(context_, own);
              if (!run(kSplit).empty())
                return 2;
              gs_context_destroy(context_);
              return 0;
            }),
            0);
}

TEST_F(Library, AContextThatWasNotUsedBeforeTheForkServesTheChild) {
  EXPECT_EQ(inChild([&] { return run(kSplit).empty() ? 0 : 1; }), 0);
  EXPECT_EQ(run(kSplit), "");
}

TEST_F(Library, AChildOfAChildIsToldToo) {
  EXPECT_EQ(inChild([&] {
              if (!run(kPlain).empty())
                return 1;
              const GemmOnDevice gemm(kPlain);
              return inChild([&] { return launch(gemm) == GS_ERROR_FORKED ? 0 : 3; });
            }),
            0);
}

} // namespace
} // namespace gemmsmith
