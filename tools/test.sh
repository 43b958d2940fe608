#!/usr/bin/env bash
# Everything a change must pass: sets up, builds, checks style, runs all tests. Where no ROCm with
# gfx950 can be had, those that need one are skipped, which the last line says; else it ends in CTest's
# summary. Safe to run again; needs no terminal.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { printf '\n== %s\n' "$*"; }
jobs=$(nproc)

step "packages"
tools/setup.sh

step "format"
tools/check_format.sh

step "build"
cmake --preset release >/dev/null
cmake --build --preset release

step "lint"
tools/check_lint.sh build/release

step "ROCm 7.2 in a private root"
made=0
tools/rocm-sysroot.sh build/rocm || made=$?
if ((made == 0)); then
  export GEMMSMITH_ROCM_ROOT=$PWD/build/rocm
elif ((made != 1 && made != 3)); then # neither the network nor the archive, but a mistake of ours
  exit "$made"
else
  unset GEMMSMITH_ROCM_ROOT
  without_rocm="tests that need a hiprtc with gfx950 were skipped: see \"ROCm 7.2 in a private root\" above"
fi

step "tests"
ctest --preset release -j "$jobs" </dev/null
[[ -z ${without_rocm:-} ]] || printf '\n%s\n' "$without_rocm"
