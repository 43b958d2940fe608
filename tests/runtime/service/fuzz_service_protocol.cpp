// libFuzzer target: the readers of the compile service's protocol. Built with clang only:
// fuzz_service_protocol [CORPUS_FOLDER].
#include "tests/runtime/service/feed_bytes.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  gemmsmith::feedService({reinterpret_cast<const char *>(data), size});
  return 0;
}
