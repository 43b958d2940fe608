// Our decoder and its text beside LLVM's disassembler: the same instructions, in the same words,
// with the differences that llvm_differences.h explains.
#include "runtime/emulator/decode.h"
#include "tests/runtime/emulator/encodings.h"
#include "tests/runtime/emulator/llvm_differences.h"
#include "tests/runtime/emulator/llvm_disassembler.h"

#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <thread>

namespace gemmsmith::emulator {
namespace {

// What a thread has compared so far.
class Comparison {
public:
  void compare(const Encoding &encoding, const Words &words) {
    if (killsLlvm(words)) {
      ++skipped_;
      return;
    }
    ++words_;
    Instruction i = decode(words);
    Readings r{encoding, words, i.mnemonic ? text(i) : "", ""};
    unsigned dwords = llvm_.decode(words);
    if (dwords)
      r.theirs = llvm_.text();
    if (r.theirs.find("/*") != std::string::npos) // LLVM's complaints about operands
      r.theirs.clear();
    instructions_ += !r.theirs.empty();
    if (r.ours == r.theirs && (r.ours.empty() || i.dwords == dwords))
      return;
    for (std::size_t d = 0; d < differences().size(); ++d)
      if (differences()[d].applies(r)) {
        ++explained_[d];
        return;
      }
    ++unexplained_;
    if (examples_.size() < 10)
      examples_.push_back(
          fmt::format("{:#010x} {:#010x} {:#010x} {:#010x}\n  ours   {}\n  theirs {}", words[0],
                      words[1], words[2], words[3], r.ours, r.theirs));
  }

  void add(const Comparison &other) {
    words_ += other.words_;
    skipped_ += other.skipped_;
    instructions_ += other.instructions_;
    unexplained_ += other.unexplained_;
    for (std::size_t d = 0; d < explained_.size(); ++d)
      explained_[d] += other.explained_[d];
    examples_.insert(examples_.end(), other.examples_.begin(), other.examples_.end());
  }

  std::uint64_t words() const { return words_; }
  std::uint64_t instructions() const { return instructions_; }
  std::uint64_t explained(std::size_t difference) const { return explained_[difference]; }

  void expectAgreement() const {
    EXPECT_EQ(unexplained_, 0u);
    for (const std::string &example : examples_)
      ADD_FAILURE() << example;
    std::string counts;
    for (std::size_t d = 0; d < explained_.size(); ++d)
      counts += fmt::format("{} {:>8} {}\n", d, explained_[d], differences()[d].reason);
    fmt::print("{} words, {} of them instructions to LLVM, {} not shown to it\n{}", words_,
               instructions_, skipped_, counts);
  }

private:
  LlvmDisassembler llvm_;
  std::uint64_t words_ = 0, skipped_ = 0, instructions_ = 0, unexplained_ = 0;
  std::vector<std::uint64_t> explained_ = std::vector<std::uint64_t>(differences().size());
  std::vector<std::string> examples_;
};

std::uint64_t setting(const char *variable, std::uint64_t otherwise) {
  const char *value = std::getenv(variable);
  return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

// Splits work(comparison, thread) over threads.
template <typename F> Comparison onThreads(unsigned threads, F &&work) {
  std::vector<Comparison> comparisons(threads);
  std::vector<std::thread> running;
  for (unsigned t = 0; t < threads; ++t)
    running.emplace_back([&, t] { work(comparisons[t], t); });
  for (std::thread &thread : running)
    thread.join();
  Comparison all;
  for (const Comparison &comparison : comparisons)
    all.add(comparison);
  return all;
}

constexpr unsigned kThreads = 2;

// Every opcode number of every encoding, known or not, with each field at each of its edge values
// while the others lie still.
TEST(Disassembly, AgreesWithLlvmOnEveryOpcodeAndTheEdgesOfEveryField) {
  Comparison all = onThreads(kThreads, [](Comparison &comparison, unsigned thread) {
    std::mt19937_64 random(17 + thread);
    for (const Encoding &encoding : encodings())
      for (std::uint32_t opcode = thread; opcode < encoding.opcodes; opcode += kThreads) {
        Words still[] = {{encoding.firstWord(opcode), 0, 0, 0},
                         randomWords(encoding, opcode, random)};
        if (encoding.format == Format::kVop3 || encoding.format == Format::kVop3p)
          still[0][1] = 0x04020100; // v0, v0, v0
        for (const Words &words : still)
          for (const Field &field : encoding.fields)
            for (std::uint32_t value : edgeValues(field)) {
              Words changed = words;
              setField(changed, field, value);
              comparison.compare(encoding, changed);
            }
      }
  });
  all.expectAgreement();
  EXPECT_GT(all.instructions(), 500'000u);
}

// GEMMSMITH_DECODE_WORDS and GEMMSMITH_DECODE_SEED make longer and other runs.
constexpr std::uint64_t kWords = 10'000'000;
TEST(Disassembly, AgreesWithLlvmOnRandomWords) {
  std::uint64_t count = setting("GEMMSMITH_DECODE_WORDS", kWords);
  std::uint64_t seed = setting("GEMMSMITH_DECODE_SEED", 1);
  std::vector<std::pair<const Encoding *, std::uint32_t>> opcodes;
  for (const Encoding &encoding : encodings())
    for (std::uint32_t opcode = 0; opcode < encoding.opcodes; ++opcode)
      opcodes.emplace_back(&encoding, opcode);
  Comparison all = onThreads(kThreads, [&](Comparison &comparison, unsigned thread) {
    std::mt19937_64 random(seed * kThreads + thread);
    for (std::uint64_t n = 0; n < count / kThreads; ++n) {
      const auto &[encoding, opcode] = opcodes[random() % opcodes.size()];
      comparison.compare(*encoding, randomWords(*encoding, opcode, random));
    }
  });
  all.expectAgreement();
  EXPECT_GT(all.instructions(), count / 5);
  for (std::size_t d = 0; d < differences().size() && count >= kWords; ++d)
    EXPECT_GT(all.explained(d), 0u) << "no longer so: " << differences()[d].reason;
}

// Words of no encoding in particular.
TEST(Disassembly, AgreesWithLlvmOnUniformWords) {
  std::uint64_t count = setting("GEMMSMITH_DECODE_WORDS", kWords) / 10;
  std::uint64_t seed = setting("GEMMSMITH_DECODE_SEED", 1);
  Comparison all = onThreads(kThreads, [&](Comparison &comparison, unsigned thread) {
    std::mt19937_64 random(seed * kThreads + thread + 1000);
    for (std::uint64_t n = 0; n < count / kThreads; ++n) {
      Words words;
      for (std::uint32_t &word : words)
        word = static_cast<std::uint32_t>(random());
      comparison.compare(encodingOf(words), words);
    }
  });
  all.expectAgreement();
}

} // namespace
} // namespace gemmsmith::emulator
