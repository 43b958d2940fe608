// Divisions and square roots as LLVM expands them to be correctly rounded.
#include "device.h"

#define UNARY(NAME, TYPE, EXPRESSION)                                                              \
  KERNEL void NAME(TYPE *out, const TYPE *in) {                                                    \
    uint i = group() * 64 + thread();                                                              \
    TYPE a = in[i];                                                                                \
    out[i] = EXPRESSION;                                                                           \
  }
#define BINARY(NAME, TYPE, EXPRESSION)                                                             \
  KERNEL void NAME(TYPE *out, const TYPE *in, const TYPE *in2) {                                   \
    uint i = group() * 64 + thread();                                                              \
    TYPE a = in[i], b = in2[i];                                                                    \
    out[i] = EXPRESSION;                                                                           \
  }

BINARY(quotient_f16, _Float16, a / b)
BINARY(quotient_f32, float, a / b)
BINARY(quotient_f64, double, a / b)
UNARY(root_f32, float, __builtin_sqrtf(a))
UNARY(root_f64, double, __builtin_sqrt(a))
