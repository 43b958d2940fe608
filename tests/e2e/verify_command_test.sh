#!/bin/bash
# `gemmsmith verify` as a user meets it: exit codes, the report, what it says about bad input.
#   verify_command_test.sh GEMMSMITH
set -u
gemmsmith=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# expect CODE PATTERN ARGUMENT...: runs it, checks the exit code and that the output matches.
expect() {
  local code=$1 pattern=$2 got
  shift 2
  "$gemmsmith" verify "$@" >"$work/output" 2>&1
  got=$?
  if [[ $got != "$code" ]] || ! grep -qE "$pattern" "$work/output"; then
    echo "FAILED: gemmsmith verify $*: exit code $got, expected $code and /$pattern/; output:"
    cat "$work/output"
    failures=$((failures + 1))
  fi
}

kernel=gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1
header=gfx,cu_num,M,N,K,bias,dtype,outdtype,scaleAB,bpreshuffle,libtype,solidx,splitK,us,kernelName
name=flydsl_gemm3_abf16_wbf16_bf16_t16x64x64_split_k2_block_m_warp1_block_n_warp2_block_k_warp1_async_copyTrue_b_to_ldsTrue_b_preshuffleFalse_c_to_ldsFalse_gfx950
printf '%s\n' "$header" \
  "gfx950,256,16,256,512,False,torch.bfloat16,torch.bfloat16,False,False,flydsl,0,2,3.1,$name" \
  >"$work/table.csv"

expect 0 'verified' --config $kernel --m 17 --n 70 --k 200
expect 0 'verified' --config $kernel --m 17 --n 70 --k 200 --bias --out-dtype f32 --inputs special
expect 0 '1 of 1 distinct kernels' "$work/table.csv" --report "$work/report.json" -j 2
grep -q '"passed": true' "$work/report.json" || { echo 'FAILED: report.json'; failures=$((failures + 1)); }
expect 0 '"unwritten": 0' --random 1 --seed 3 --json

expect 2 'either tables' --full
expect 2 'all of --m, --n and --k' --config $kernel --m 17
expect 2 'excludes' "$work/table.csv" --full --sample 3
expect 1 'multiples of 8' --config $kernel --m 17 --n 70 --k 201
expect 1 'not-a-kernel' --config not-a-kernel --m 1 --n 1 --k 1
expect 1 'absent.csv' "$work/absent.csv"
expect 1 'cannot be written' --config $kernel --m 1 --n 1 --k 8 --report "$work/absent/report.json"

exit $((failures > 0))
