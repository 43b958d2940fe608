// RUN: gemmsmith-opt %s -split-input-file -verify-diagnostics -pass-pipeline="builtin.module(tile.kernel(insert-waits))"

// What one barrier per iteration cannot make safe is refused, not patched.

!strip = !tile.global<16 rows, 64 columns>
!ring = !tile.ring<2 slots, 16 rows, 64 columns, <window = 8, shift = 0>>

tile.kernel @unpipelined <gemm_gfx950_bf16_bf16_ring_t16x64x64_s2_w1x2x1> {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %a = tile.global a[%zero] to %one : <16 rows, 64 columns>
  %ring = tile.ring at 0 : !ring
  scf.for %k = %zero to %one step %one : i32 {
    tile.copy_async %a[%k] to %ring[%zero] : !strip to !ring
    // expected-error @+1 {{reads a slot that was copied to since the last barrier}}
    %f = tile.read_fragments a %ring[%zero] step 0 : !ring -> <1>
  }
}

// -----

!strip = !tile.global<16 rows, 64 columns>
!ring = !tile.ring<2 slots, 16 rows, 64 columns, <window = 8, shift = 0>>

tile.kernel @overwritten <gemm_gfx950_bf16_bf16_ring_t16x64x64_s2_w1x2x1> {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %a = tile.global a[%zero] to %one : <16 rows, 64 columns>
  %ring = tile.ring at 0 : !ring
  tile.copy_async %a[%zero] to %ring[%zero] : !strip to !ring
  scf.for %k = %zero to %one step %one : i32 {
    %f = tile.read_fragments a %ring[%zero] step 0 : !ring -> <1>
    // expected-error @+1 {{overwrites a slot that was read since the last barrier}}
    tile.copy_async %a[%k] to %ring[%zero] : !strip to !ring
  }
}

// -----

!ring = !tile.ring<2 slots, 16 rows, 64 columns, <window = 8, shift = 0>>

tile.kernel @never_filled <gemm_gfx950_bf16_bf16_ring_t16x64x64_s2_w1x2x1> {
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %ring = tile.ring at 0 : !ring
  scf.for %k = %zero to %one step %one : i32 {
    // expected-error @+1 {{reads a slot that nothing was copied to}}
    %f = tile.read_fragments a %ring[%zero] step 0 : !ring -> <1>
  }
}
