// Which wave touched each dword of LDS last, to find accesses that nothing orders.
//
// Two accesses of one byte by two waves, at least one of them a write, must be ordered by a
// barrier, or by atomics that one wave does after its access and the other before its own. The
// detector keeps a time that advances at each such event, and for each pair of waves up to which
// time of the one the other is ordered behind: a wave may touch what another wrote at a time that
// it knows. This is FastTrack's idea of epochs (Flanagan and Freund, PLDI 2009) for at most 16
// waves, with barriers as the common case.
//
// A copy from global memory writes from its issue to the s_waitcnt that covers it, and an LDS
// instruction may still be under way when its wave passes a barrier without waiting for it; both
// are dated anew there.
//
// Errs on the side of silence: all atomics of a workgroup count as one synchronisation variable,
// and of several unordered readers of one dword the last ones in time are remembered.
#pragma once

#include "runtime/emulator/integers.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <vector>

namespace gemmsmith::emulator {

enum class LdsAccess : u8 { kRead, kWrite, kAtomic };

// The access that an access collides with.
struct LdsRace {
  int wave = 0;
  LdsAccess access = LdsAccess::kRead;
  std::optional<u32> instruction; // dwords from the kernel's entry modulo 2^26, where it is known
  u32 byte = 0;
};

class LdsRaces {
public:
  static constexpr int kWaves = 16;
  // A module has fewer, and those before the entry come last.
  static constexpr u32 kInstructions = 1u << 26;

  void reset(u32 lds_bytes, int waves);

  // Wave `wave` touches [address, address + bytes). Returns what it collides with, if anything.
  // `instruction` is in dwords from the kernel's entry.
  std::optional<LdsRace> touch(int wave, LdsAccess access, u32 address, u32 bytes,
                               u32 instruction) {
    if (((address | bytes) & 3) == 0) [[likely]] {
      std::optional<LdsRace> race;
      for (u32 d = address / 4; d < (address + bytes) / 4; ++d) {
        Cell &cell = cells_[d];
        if (!cell.split) [[likely]]
          touchCell(cell, wave, access, instruction, d * 4, race);
        else
          touchBytes(d, d * 4, 4, wave, access, instruction, race);
      }
      return race;
    }
    return touchUnaligned(wave, access, address, bytes, instruction);
  }

  // The copies of `wave` to these bytes arrive now.
  void arrive(int wave, u32 address, u32 bytes);

  // A barrier opens: every wave has arrived there or ended before.
  void barrier();
  // `wave` does an atomic operation: it is ordered behind all atomics before.
  void synchronize(int wave);

private:
  struct Cell {
    u32 write_time = 0, read_time = 0;
    u32 writer : 4 = 0;
    u32 atomic : 1 = 0;
    u32 split : 1 = 0; // bytes_ has the four bytes one by one
    u32 write_instruction : 26 = 0;
    u16 readers = 0; // at read_time
    u16 read_instruction = 0;
  };

  bool ordered(int wave, unsigned before, u32 time) const {
    return before == static_cast<unsigned>(wave) || time <= known_[wave][before];
  }
  void touchCell(Cell &cell, int wave, LdsAccess access, u32 instruction, u32 byte,
                 std::optional<LdsRace> &race) {
    if (cell.write_time > known_by_all_[wave] && !(access == LdsAccess::kAtomic && cell.atomic) &&
        !ordered(wave, cell.writer, cell.write_time)) [[unlikely]]
      race = LdsRace{static_cast<int>(cell.writer),
                     cell.atomic ? LdsAccess::kAtomic : LdsAccess::kWrite,
                     u32{cell.write_instruction}, byte};
    if (access == LdsAccess::kRead) {
      auto bit = static_cast<u16>(1u << wave);
      if (cell.read_time == now_) {
        cell.readers |= bit;
        return;
      }
      cell.read_time = now_;
      cell.readers = bit;
      cell.read_instruction = static_cast<u16>(std::min(instruction, kUnknown));
      return;
    }
    if (cell.read_time > known_by_all_[wave]) [[unlikely]]
      checkReaders(cell, wave, byte, race);
    cell.write_time = now_;
    cell.writer = static_cast<u32>(wave) & 15;
    cell.atomic = access == LdsAccess::kAtomic;
    cell.write_instruction = instruction % kInstructions;
  }
  void checkReaders(const Cell &cell, int wave, u32 byte, std::optional<LdsRace> &race) const;
  void touchBytes(u32 dword, u32 address, u32 bytes, int wave, LdsAccess access, u32 instruction,
                  std::optional<LdsRace> &race);
  std::optional<LdsRace> touchUnaligned(int wave, LdsAccess access, u32 address, u32 bytes,
                                        u32 instruction);
  void refresh(int wave);

  static constexpr u32 kUnknown = 0xffff;
  std::vector<Cell> cells_; // one per dword
  std::unordered_map<u32, std::array<Cell, 4>> bytes_;
  int waves_ = 0;
  u32 now_ = 1;
  // known_[w][v]: wave w is ordered behind what v did up to this time.
  std::array<std::array<u32, kWaves>, kWaves> known_{};
  std::array<u32, kWaves> known_by_all_{}; // the least of known_[w][v] over the others
  std::array<u32, kWaves> atomics_{};      // what the last atomic knew
};

} // namespace gemmsmith::emulator
