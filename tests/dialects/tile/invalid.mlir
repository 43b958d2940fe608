// RUN: gemmsmith-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{a ring needs at least 2 slots, not 1}}
func.func private @one_slot(!tile.ring<1 slots, 16 rows, 64 columns, <window = 8, shift = 0>>)

// -----

// expected-error @+1 {{rows must be a multiple of 16, not 24}}
func.func private @rows(!tile.ring<2 slots, 24 rows, 64 columns, <window = 8, shift = 0>>)

// -----

// expected-error @+1 {{columns must be a multiple of 32, not 48}}
func.func private @columns(!tile.ring<2 slots, 16 rows, 48 columns, <window = 2, shift = 0>>)

// -----

// expected-error @+2 {{window must be a power of two, not 6}}
// expected-error @+1 {{failed to parse Tile_RingType parameter 'swizzle'}}
func.func private @window(!tile.ring<2 slots, 16 rows, 96 columns, <window = 6, shift = 0>>)

// -----

// expected-error @+1 {{a swizzle window of 8 does not divide the 12 chunks of a row}}
func.func private @chunks(!tile.ring<2 slots, 16 rows, 96 columns, <window = 8, shift = 0>>)

// -----

// expected-error @+1 {{ends at byte 163968 of LDS, which has 163840}}
%ring = tile.ring at 131200 : <4 slots, 64 rows, 64 columns, <window = 8, shift = 0>>

// -----

// expected-error @+1 {{must start at a multiple of 16 bytes, not at 8}}
%ring = tile.ring at 8 : <4 slots, 64 rows, 64 columns, <window = 8, shift = 0>>

// -----

// expected-error @+1 {{can leave at most 63 copies in flight, not 64}}
tile.wait outstanding = 64

// -----

func.func @mma(%a: !tile.fragments<2>, %b: !tile.fragments<3>, %sums: !tile.accumulator<2 by 2>) {
  // expected-error @+1 {{multiplies 2 fragments of A and 3 of B into sums of 2 by 2}}
  %r = tile.mma %a, %b, %sums : <2>, <3>, <2 by 2>
  return
}

// -----

func.func @copy(%g: !tile.global<16 rows, 64 columns>,
                        %r: !tile.ring<2 slots, 32 rows, 64 columns, <window = 8, shift = 0>>, %i: i32) {
  // expected-error @+1 {{copies tiles of 16 x 64 into slots of 32 x 64}}
  tile.copy_async %g[%i] to %r[%i] : <16 rows, 64 columns>
      to <2 slots, 32 rows, 64 columns, <window = 8, shift = 0>>
  return
}

// -----

func.func @split(%sums: !tile.accumulator<2 by 2>) {
  // expected-error @+1 {{body must take the total}}
  tile.split_reduce %sums : <2 by 2> {
  }
  return
}
