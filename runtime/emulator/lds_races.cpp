#include "runtime/emulator/lds_races.h"

namespace gemmsmith::emulator {

void LdsRaces::reset(u32 lds_bytes, int waves) {
  cells_.assign((lds_bytes + 3) / 4, Cell{});
  bytes_.clear();
  waves_ = waves;
  now_ = 1;
  known_ = {};
  known_by_all_ = {};
  atomics_ = {};
}

void LdsRaces::checkReaders(const Cell &cell, int wave, u32 byte,
                            std::optional<LdsRace> &race) const {
  for (int v = 0; v < waves_; ++v)
    if ((cell.readers >> v & 1) && !ordered(wave, static_cast<unsigned>(v), cell.read_time)) {
      std::optional<u32> instruction;
      if (cell.read_instruction != kUnknown)
        instruction = cell.read_instruction;
      race = LdsRace{v, LdsAccess::kRead, instruction, byte};
      return;
    }
}

void LdsRaces::touchBytes(u32 dword, u32 address, u32 bytes, int wave, LdsAccess access,
                          u32 instruction, std::optional<LdsRace> &race) {
  Cell &cell = cells_[dword];
  auto [it, is_new] = bytes_.try_emplace(dword);
  if (is_new) {
    it->second.fill(cell);
    cell.split = 1;
  }
  for (u32 b = address; b < address + bytes; ++b)
    touchCell(it->second[b % 4], wave, access, instruction, b, race);
}

std::optional<LdsRace> LdsRaces::touchUnaligned(int wave, LdsAccess access, u32 address, u32 bytes,
                                                u32 instruction) {
  std::optional<LdsRace> race;
  for (u32 at = address, end = address + bytes; at < end;) {
    u32 next = std::min(end, at / 4 * 4 + 4);
    touchBytes(at / 4, at, next - at, wave, access, instruction, race);
    at = next;
  }
  return race;
}

void LdsRaces::arrive(int wave, u32 address, u32 bytes) {
  auto date = [&](Cell &cell) {
    if (cell.writer == static_cast<u32>(wave) && cell.write_time)
      cell.write_time = now_;
  };
  for (u32 d = address / 4; d < (address + bytes + 3) / 4; ++d) {
    if (!cells_[d].split) {
      date(cells_[d]);
      continue;
    }
    for (Cell &cell : bytes_.at(d))
      date(cell);
  }
}

void LdsRaces::refresh(int wave) {
  u32 least = now_;
  for (int v = 0; v < waves_; ++v)
    if (v != wave)
      least = std::min(least, known_[wave][v]);
  known_by_all_[wave] = least;
}

void LdsRaces::barrier() {
  for (auto &row : known_)
    row.fill(now_);
  known_by_all_.fill(now_);
  ++now_;
}

void LdsRaces::synchronize(int wave) {
  atomics_[wave] = now_;
  for (int v = 0; v < waves_; ++v) {
    if (v != wave)
      atomics_[v] = std::max(atomics_[v], known_[wave][v]);
    known_[wave][v] = std::max(known_[wave][v], atomics_[v]);
  }
  refresh(wave);
  ++now_;
}

} // namespace gemmsmith::emulator
