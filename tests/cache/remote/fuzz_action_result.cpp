// libFuzzer target: the reader of ActionResults, which come from servers. Built with clang only:
// fuzz_action_result [CORPUS_FOLDER].
#include "tests/cache/remote/feed_action_result.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  gemmsmith::feedActionResult({reinterpret_cast<const char *>(data), size});
  return 0;
}
