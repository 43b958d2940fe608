#!/usr/bin/env bash
# From a fresh clone to proven code objects: sets up, builds, compiles every object of the
# Qwen3.5-397B table and verifies a sample of them on the emulated MI355X.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

table=configs/tables/qwen3_5_397b_tp2_tuned_gemm.csv
out=build/quickstart

step() { printf '\n== %s\n' "$*"; }

step "1/4 packages"
tools/setup.sh

step "2/4 build"
cmake --preset release >/dev/null
cmake --build --preset release

gemmsmith=build/release/bin/gemmsmith
step "3/4 compile every code object of $table"
"$gemmsmith" build "$table" -o "$out" --report "$out/report.json"

step "4/4 verify a sample on the emulated MI355X"
"$gemmsmith" verify "$table" --report "$out/verify.json"

step "done"
echo "code objects   $out/*.co, described by $out/manifest.json"
echo "reports        $out/report.json, $out/verify.json"
echo "look closer    $gemmsmith plan --m 16 --n 4096 --k 7168 --table $table"
echo "               $gemmsmith inspect --m 16 --n 4096 --k 7168 --stage resources"
