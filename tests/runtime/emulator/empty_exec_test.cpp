// Instructions that mean nothing when no lane is active.
#include "tests/runtime/emulator/planted.h"

#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

class EmptyExec : public testing::TestWithParam<Planted> {};

TEST_P(EmptyExec, IsFoundWhereAScalarIsTakenFromNoLane) {
  expectPlanted(GetParam(), Check::kEmptyExec);
}

const Planted kCases[] = {
    {"FirstLaneOfNone", "s_mov_b64 exec, 0\n s_nop 0\n v_readfirstlane_b32 s8, v0\n",
     "no lane is active"},
    {"FirstLaneOfOne", "s_mov_b64 exec, 4\n s_nop 0\n v_readfirstlane_b32 s8, v0\n", nullptr},
    {"SkippedWhereNoLaneIsActive",
     "s_mov_b64 exec, 0\n s_cbranch_execz .Lskip\n v_readfirstlane_b32 s8, v0\n.Lskip:\n", nullptr},
    {"NamedLaneOfNone", "s_mov_b64 exec, 0\n s_nop 0\n v_readlane_b32 s8, v0, 7\n", nullptr},
};
INSTANTIATE_TEST_SUITE_P(Planted, EmptyExec, testing::ValuesIn(kCases),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
} // namespace gemmsmith::emulator
