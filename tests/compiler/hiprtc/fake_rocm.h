// The ROCm of the tests: a libhiprtc.so and a libamd_comgr.so that compile nothing and do as they
// are told.
//
// A source that holds one of these words makes hiprtcCompileProgram do what is said here; any other
// compiles to a text with a line per option. $GEMMSMITH_FAKE_ROCM holds words for what happens
// before any source is seen.
#pragma once

namespace gemmsmith::fake {

// In a source.
inline constexpr const char *kPid = "FAKE_PID"; // compiles to the process ID
// Compiles to the environment, a variable a line.
inline constexpr const char *kEnvironment = "FAKE_ENVIRONMENT";
inline constexpr const char *kWarning = "FAKE_WARNING"; // compiles with "a warning" in the log
// Fails with a diagnostic in the log and another on standard error.
inline constexpr const char *kError = "FAKE_ERROR";
inline constexpr const char *kNothing = "FAKE_NOTHING"; // succeeds without a code object
inline constexpr const char *kAbort = "FAKE_ABORT";     // says "last words" and aborts
inline constexpr const char *kSegfault = "FAKE_SEGFAULT";
inline constexpr const char *kHang = "FAKE_HANG";
inline constexpr const char *kMemory = "FAKE_MEMORY"; // allocates until it may not
// Writes files into $TMPDIR and kills its process.
inline constexpr const char *kFilesAndDie = "FAKE_FILES_AND_DIE";
inline constexpr const char *kFiles = "FAKE_FILES_ONLY"; // leaves files in $TMPDIR, compiles

// In $GEMMSMITH_FAKE_ROCM.
inline constexpr const char *kVariable = "GEMMSMITH_FAKE_ROCM";
inline constexpr const char *kOldIsas = "old-isas";           // comgr lists no gfx950
inline constexpr const char *kNoIsas = "no-isas";             // comgr lists nothing
inline constexpr const char *kRefuseHeader = "refuse-header"; // --hiprtc-no-builtin-header
inline constexpr const char *kRefuseAll = "refuse-all"; // every option that leaves something out
inline constexpr const char *kProbeAborts = "probe-aborts"; // the probe's source is FAKE_ABORT
inline constexpr const char *kProbeHangs = "probe-hangs";   // …
inline constexpr const char *kProbeFails = "probe-fails";
inline constexpr const char *kFirstProbeFails = "first-fails"; // of a process, but no later one
inline constexpr const char *kWarns = "warns";                 // every source is FAKE_WARNING
inline constexpr const char *kLoadAborts = "load-aborts";      // loading the library aborts

} // namespace gemmsmith::fake
