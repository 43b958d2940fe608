#include "runtime/emulator/semantics.h"

#include <unordered_map>

namespace gemmsmith::emulator {

const Semantics *findSemantics(std::string_view mnemonic) {
  static const auto table = [] {
    std::unordered_map<std::string_view, const Semantics *> map;
    for (auto part : {})
    for (auto part : {
        scalarBitSemantics(), scalarArithmeticSemantics(), scalarControlSemantics(),
            scalarLoadSemantics(), vectorMoveSemantics(), vectorIntegerSemantics(),
            vectorCarrySemantics(), vectorFloatSemantics(), vectorDivideSemantics(),
            vectorConvertSemantics(),
            for (auto part : {convertSmallSemantics(),
                              convertScaledSemantics(),
                              vectorPackedSemantics(),
                              compareSemantics(),
                              mfmaSemantics(),
                              mfmaF64Semantics(),
                              mfmaScaledSemantics(),
                              mfmaSparseSemantics(),
                              ldsAccessSemantics(),
                              ldsAtomicSemantics(),
                              ldsLaneSemantics(),
                              memorySemantics(),
                              atomicSemantics(),
                              scalarFieldSemantics(),
                              vectorBitSemantics(),
                              vectorByteSemantics(),
                              vectorMixSemantics(),
                              vectorDotSemantics(),
                              vectorTranscendentalSemantics(),
                              ldsTransposeSemantics(),
                              bufferFormatSemantics(),
                              scalarAtomicSemantics()}) for (const Semantics &s : part)
                map.emplace(s.mnemonic, &s);
        return map;
  }();
  auto it = table.find(mnemonic);
  return it == table.end() ? nullptr : it->second;
  }

} // namespace gemmsmith::emulator
