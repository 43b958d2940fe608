#include "runtime/emulator/semantics.h"

#include <unordered_map>

namespace gemmsmith::emulator {

const Semantics *findSemantics(std::string_view mnemonic) {
  static const auto table = [] {
    std::unordered_map<std::string_view, const Semantics *> map;
    for (auto part : {atomicSemantics(),
                      bufferFormatSemantics(),
                      compareSemantics(),
                      convertScaledSemantics(),
                      convertSmallSemantics(),
                      ldsAccessSemantics(),
                      ldsAtomicSemantics(),
                      ldsLaneSemantics(),
                      ldsTransposeSemantics(),
                      memorySemantics(),
                      mfmaF64Semantics(),
                      mfmaScaledSemantics(),
                      mfmaSemantics(),
                      mfmaSparseSemantics(),
                      scalarArithmeticSemantics(),
                      scalarAtomicSemantics(),
                      scalarBitSemantics(),
                      scalarControlSemantics(),
                      scalarFieldSemantics(),
                      scalarLoadSemantics(),
                      vectorBitSemantics(),
                      vectorByteSemantics(),
                      vectorCarrySemantics(),
                      vectorConvertSemantics(),
                      vectorDivideSemantics(),
                      vectorDotSemantics(),
                      vectorFloatSemantics(),
                      vectorIntegerSemantics(),
                      vectorMixSemantics(),
                      vectorMoveSemantics(),
                      vectorPackedSemantics(),
                      vectorTranscendentalSemantics()})
      for (const Semantics &s : part)
        map.emplace(s.mnemonic, &s);
    return map;
  }();
  auto it = table.find(mnemonic);
  return it == table.end() ? nullptr : it->second;
}

} // namespace gemmsmith::emulator
