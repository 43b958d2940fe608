// RUN: gemmsmith-opt %s | gemmsmith-opt | FileCheck %s

// The attribute is the name, and every option of the grammar survives.

// CHECK: gemm.kernel @gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2_splitk
// CHECK-SAME: <gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2_splitk>
gemm.kernel @gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2_splitk
    <gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2_splitk>

// CHECK: gemm.kernel @gemm_gfx950_bf16_f32_ring_t256x256x64_s2_w2x4x1_gm4_bias_cant_cbsc0sc1_wpe2_elem
// CHECK-SAME: <gemm_gfx950_bf16_f32_ring_t256x256x64_s2_w2x4x1_gm4_bias_cant_cbsc0sc1_wpe2_elem>
gemm.kernel @gemm_gfx950_bf16_f32_ring_t256x256x64_s2_w2x4x1_gm4_bias_cant_cbsc0sc1_wpe2_elem
    <gemm_gfx950_bf16_f32_ring_t256x256x64_s2_w2x4x1_gm4_bias_cant_cbsc0sc1_wpe2_elem>
