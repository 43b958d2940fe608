// The same loop compiled for what the host can do: a plain x86-64 build has neither fused
// multiply-add nor wide vectors.
#pragma once

namespace gemmsmith::emulator {

#if defined(__x86_64__)
template <typename Loop, typename... A>
[[gnu::target("avx512f,avx512vl,avx512bw,avx512dq,fma,prefer-vector-width=512")]] void
runAvx512(A... arguments) {
  Loop::run(arguments...);
}
template <typename Loop, typename... A> [[gnu::target("avx2,fma")]] void runAvx2(A... arguments) {
  Loop::run(arguments...);
}
#endif
template <typename Loop, typename... A> void runPlain(A... arguments) {
  Loop::run(arguments...);
}

// `Loop::run` must always be inlined.
template <typename Loop, typename... A> auto chooseHostVectors() -> void (*)(A...) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
    return runAvx512<Loop, A...>;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return runAvx2<Loop, A...>;
#endif
  return runPlain<Loop, A...>;
}

} // namespace gemmsmith::emulator
