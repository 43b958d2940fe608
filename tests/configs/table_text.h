// Tables written down in a test.
#pragma once

#include "configs/tuned_table.h"

#include <string>

namespace gemmsmith {

// A table from its text; a default one, after a test failure, when it cannot be read.
inline TunedTable tableFrom(const std::string &path, const std::string &text) {
  return parseCsv(text, path)
      .and_then([](CsvDocument &&d) { return tunedTableFromCsv(std::move(d)); })
      .value();
}

inline constexpr const char *kTunedHeader =
    "gfx,cu_num,M,N,K,bias,dtype,outdtype,scaleAB,bpreshuffle,libtype,solidx,splitK,us,kernelName,"
    "err_ratio,tflops,bw\n";

} // namespace gemmsmith
