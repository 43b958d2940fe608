#include "runtime/emulator/semantics.h"

#include <unordered_map>

namespace gemmsmith::emulator {

const Semantics *findSemantics(std::string_view mnemonic) {
  static const auto table = [] {
    std::unordered_map<std::string_view, const Semantics *> map;

    for (auto part : {scalarBitSemantics(),
                      scalarArithmeticSemantics(),
                      scalarControlSemantics(),
                      scalarLoadSemantics(),
                      vectorMoveSemantics(),
                      vectorIntegerSemantics(),
                      vectorCarrySemantics(),
                      vectorFloatSemantics(),
                      vectorDivideSemantics(),
                      vectorConvertSemantics(),
                      vectorPackedSemantics(),
                      compareSemantics(),
                      mfmaSemantics(),
                      ldsAccessSemantics(),
                      ldsAtomicSemantics(),
                      ldsLaneSemantics(),
                      ldsTransposeSemantics(),
                      memorySemantics(),
                      bufferFormatSemantics(),
                      atomicSemantics(),
                      scalarAtomicSemantics(),
                      scalarFieldSemantics(),
                      vectorBitSemantics(),
                      vectorByteSemantics(),
                      vectorTranscendentalSemantics(),
                      vectorMixSemantics(),
                      vectorDotSemantics(),
                      convertSmallSemantics(),
                      convertScaledSemantics(),
                      mfmaF64Semantics(),
                      mfmaScaledSemantics(),
                      mfmaSparseSemantics()})
      for (const Semantics &s : part)
        map.emplace(s.mnemonic, &s);
    return map;
  }();
  auto it = table.find(mnemonic);
  return it == table.end() ? nullptr : it->second;
}

} // namespace gemmsmith::emulator
