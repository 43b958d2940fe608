// What entry points share: handles found before the body of a call runs.
#pragma once

#include "runtime/hipemu/runtime.h"

namespace gemmsmith::hipemu {

template <typename F> hipError_t withStream(hipStream_t handle, F body) {
  return call([&](Call &c) -> hipError_t {
    std::shared_ptr<Stream> stream = findStream(c, handle);
    return stream ? body(c, stream) : hipErrorInvalidHandle;
  });
}

// A call of the interface that only answers with a code.
inline hipError_t answer(hipError_t code) {
  return call([=](Call &) { return code; });
}

// For the variants "_spt", where no stream is the thread's own instead of the legacy one.
inline hipStream_t perThread(hipStream_t handle) {
  return handle ? handle : hipStreamPerThread;
}

// Stores a value if there is a place for it.
template <typename T> hipError_t put(T *out, const T &value) {
  if (!out)
    return hipErrorInvalidValue;
  *out = value;
  return hipSuccess;
}

} // namespace gemmsmith::hipemu
