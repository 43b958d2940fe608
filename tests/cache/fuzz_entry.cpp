// libFuzzer target: the decoder of store entries. Built with clang only: fuzz_entry
// [CORPUS_FOLDER].
#include "tests/cache/feed_bytes.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  gemmsmith::feedEntry({reinterpret_cast<const char *>(data), size});
  return 0;
}
