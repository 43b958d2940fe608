// What clang puts into a HIP program: registration of its code before main(), the configuration of
// kernel<<<…>>>, and device variables by their host symbols.
#include "runtime/hipemu/entry.h"
#include "runtime/hipemu/places.h"
#include "runtime/hipemu/registered_code.h"

using namespace gemmsmith::hipemu;

namespace {

RegisteredBinary *binaryOf(void **handle) {
  return reinterpret_cast<RegisteredBinary *>(handle);
}

template <typename F> hipError_t withVariable(const void *symbol, F body) {
  return call([&](Call &c) -> hipError_t {
    auto variable = registeredVariable(c, symbol);
    return variable ? body(c, *variable) : hipErrorInvalidSymbol;
  });
}

hipError_t copySymbol(const void *symbol, bool to_symbol, void *to, const void *from,
                      std::size_t bytes, std::size_t offset, hipMemcpyKind kind, hipStream_t handle,
                      bool wait) {
  return withVariable(symbol, [&](Call &c, const GlobalVariable &variable) -> hipError_t {
    std::shared_ptr<Stream> stream = findStream(c, handle);
    if (!stream)
      return hipErrorInvalidHandle;
    if (offset > variable.bytes || bytes > variable.bytes - offset)
      return hipErrorInvalidValue;
    if (bytes == 0)
      return hipSuccess;
    auto *address = reinterpret_cast<void *>(variable.address + offset);
    CopyRequest request;
    request.to = to_symbol ? address : to;
    request.from = to_symbol ? from : address;
    request.extent.width = bytes;
    request.kind = kind;
    CopyWork work;
    if (hipError_t status = makeCopy(c, request, work))
      return status;
    return wait ? enqueueAndWait(c, stream, std::move(work)) : enqueue(c, stream, std::move(work));
  });
}

} // namespace

HIPEMU_API void **__hipRegisterFatBinary(const void *data) {
  const auto *wrapper = static_cast<const FatBinaryWrapper *>(data);
  if (!wrapper || wrapper->magic != kFatBinaryMagic || wrapper->version != 1)
    return nullptr;
  return reinterpret_cast<void **>(registerBinary(wrapper));
}

HIPEMU_API void __hipRegisterFunction(void **handle, const void *stub, char *, const char *name,
                                      unsigned, void *, void *, void *, void *, int *) {
  if (handle)
    registerFunction(binaryOf(handle), stub, name);
}

HIPEMU_API void __hipRegisterVar(void **handle, void *variable, char *, char *name, int,
                                 std::size_t, int, int) {
  if (handle)
    registerVariable(binaryOf(handle), variable, name);
}

// Programs call it from destructors that may run after the library's own.
HIPEMU_API void __hipUnregisterFatBinary(void **handle) {
  if (handle)
    unregisterBinary(binaryOf(handle));
}

HIPEMU_API hipError_t __hipPushCallConfiguration(dim3 grid, dim3 block, std::size_t lds,
                                                 hipStream_t stream) {
  return call([&](Call &c) {
    c.thread.configurations.push_back({grid, block, lds, stream});
    return hipSuccess;
  });
}

HIPEMU_API hipError_t __hipPopCallConfiguration(dim3 *grid, dim3 *block, std::size_t *lds,
                                                hipStream_t *stream) {
  return call([&](Call &c) -> hipError_t {
    if (c.thread.configurations.empty())
      return hipErrorMissingConfiguration;
    CallConfiguration top = c.thread.configurations.back();
    c.thread.configurations.pop_back();
    if (!grid || !block || !lds || !stream)
      return hipErrorInvalidValue;
    *grid = top.grid;
    *block = top.block;
    *lds = top.lds_bytes;
    *stream = top.stream;
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipGetFuncBySymbol(hipFunction_t *out, const void *stub) {
  return call([&](Call &c) -> hipError_t {
    if (!out)
      return hipErrorInvalidValue;
    *out = registeredFunctionHandle(c, stub);
    return *out ? hipSuccess : hipErrorInvalidDeviceFunction;
  });
}

HIPEMU_API hipError_t hipGetSymbolAddress(void **out, const void *symbol) {
  return withVariable(symbol, [&](Call &, const GlobalVariable &variable) {
    return put(out, reinterpret_cast<void *>(variable.address));
  });
}

HIPEMU_API hipError_t hipGetSymbolSize(std::size_t *out, const void *symbol) {
  return withVariable(
      symbol, [&](Call &, const GlobalVariable &variable) { return put(out, variable.bytes); });
}

HIPEMU_API hipError_t hipMemcpyToSymbol(const void *symbol, const void *from, std::size_t bytes,
                                        std::size_t offset, hipMemcpyKind kind) {
  return copySymbol(symbol, true, nullptr, from, bytes, offset, kind, nullptr, true);
}
HIPEMU_API hipError_t hipMemcpyToSymbolAsync(const void *symbol, const void *from,
                                             std::size_t bytes, std::size_t offset,
                                             hipMemcpyKind kind, hipStream_t stream) {
  return copySymbol(symbol, true, nullptr, from, bytes, offset, kind, stream, false);
}
HIPEMU_API hipError_t hipMemcpyFromSymbol(void *to, const void *symbol, std::size_t bytes,
                                          std::size_t offset, hipMemcpyKind kind) {
  return copySymbol(symbol, false, to, nullptr, bytes, offset, kind, nullptr, true);
}
HIPEMU_API hipError_t hipMemcpyFromSymbolAsync(void *to, const void *symbol, std::size_t bytes,
                                               std::size_t offset, hipMemcpyKind kind,
                                               hipStream_t stream) {
  return copySymbol(symbol, false, to, nullptr, bytes, offset, kind, stream, false);
}
