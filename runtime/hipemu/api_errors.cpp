// Error codes: names, sentences, and the calling thread's last one.
#include "runtime/hipemu/error_names.h"
#include "runtime/hipemu/runtime.h"

#include <utility>

using namespace gemmsmith::hipemu;

namespace {

// What HIP answers for a code that it does not have.
constexpr const char *kUnknownName = "hipErrorUnknown";
constexpr const char *kUnknownSentence = "unknown error";

} // namespace

HIPEMU_API const char *hipGetErrorName(hipError_t code) {
  const ErrorText *text = errorText(code);
  return text ? text->name : kUnknownName;
}

HIPEMU_API const char *hipGetErrorString(hipError_t code) {
  const ErrorText *text = errorText(code);
  return text ? text->sentence : kUnknownSentence;
}

HIPEMU_API hipError_t hipDrvGetErrorName(hipError_t code, const char **name) {
  const ErrorText *text = errorText(code);
  if (!name)
    return hipErrorInvalidValue;
  *name = text ? text->name : nullptr;
  return text ? hipSuccess : hipErrorInvalidValue;
}

HIPEMU_API hipError_t hipDrvGetErrorString(hipError_t code, const char **sentence) {
  const ErrorText *text = errorText(code);
  if (!sentence)
    return hipErrorInvalidValue;
  *sentence = text ? text->sentence : nullptr;
  return text ? hipSuccess : hipErrorInvalidValue;
}

HIPEMU_API hipError_t hipGetLastError() {
  return std::exchange(thisThread().last_error, hipSuccess);
}

HIPEMU_API hipError_t hipExtGetLastError() {
  return std::exchange(thisThread().last_error, hipSuccess);
}

HIPEMU_API hipError_t hipPeekAtLastError() {
  return thisThread().last_error;
}
