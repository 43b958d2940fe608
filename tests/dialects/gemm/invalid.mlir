// RUN: gemmsmith-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{must be named after its configuration, 'gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1'}}
gemm.kernel @other <gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1>

// -----

// expected-error @+1 {{stages}}
gemm.kernel @gemm_gfx950_bf16_bf16_ring_t16x64x64_s1_w1x2x1
    <gemm_gfx950_bf16_bf16_ring_t16x64x64_s1_w1x2x1>

// -----

// expected-error @+1 {{163840}}
gemm.kernel @gemm_gfx950_bf16_bf16_ring_t256x256x64_s3_w2x4x1
    <gemm_gfx950_bf16_bf16_ring_t256x256x64_s3_w2x4x1>

// -----

// expected-error @+1 {{expected a tile (_t16x64x128) at character 29}}
gemm.kernel @k <gemm_gfx950_bf16_bf16_ring_t016x64x64_s3_w1x2x1>
