// The system calls by which a store changes its directory, under a test's control: the linker puts
// these in front of the real ones (--wrap), so the store itself has no hooks.
//
// Each call is two fault points, one before and one after it. A write writes 64 bytes at most, so
// that an entry takes several.
#pragma once

namespace gemmsmith {

struct SystemCallFaults {
  int kill_at = 0;    // SIGKILL at the fault point of this number, counted from 1; 0 = never
  int fail_call = 0;  // the call of this number fails, counted from 1; 0 = none
  int fail_errno = 0; // with this
};

// From now on, in this process.
void armSystemCalls(const SystemCallFaults &faults);
void disarmSystemCalls();

int systemCalls(); // since they were armed

} // namespace gemmsmith
