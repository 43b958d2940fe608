// Who watches a launch instruction by instruction: traces and histograms.
#pragma once

namespace gemmsmith::emulator {

class Wave;
struct Instruction;

// Called for every instruction of a launch that is given one; such a launch runs on one host
// thread, so that the order is that of the emulation.
class Observer {
public:
  virtual ~Observer() = default;
  virtual void before(const Wave &wave, const Instruction &instruction) = 0;
  virtual void after(const Wave &wave, const Instruction &instruction) = 0;
};

} // namespace gemmsmith::emulator
