// libFuzzer target: the table reader and all parsers of names. Built with clang only:
// fuzz_tables [CORPUS_FOLDER].
#include "tests/configs/feed_bytes.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char *>(data), size);
  gemmsmith::feedNames(bytes);
  gemmsmith::feedTable(bytes);
  return 0;
}
