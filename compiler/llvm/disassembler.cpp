//===- disassembler.cpp - the instructions of a code object as text -------===//

#include "compiler/compile.h"

#include "compiler/llvm/code_generator.h"

#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCInstPrinter.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/raw_ostream.h"

#include <fmt/format.h>

namespace gemmsmith {
namespace {

using ObjectFile = llvm::object::ELFObjectFile<llvm::object::ELF64LE>;

// What LLVM needs to turn the bytes of one target into text.
class Disassembler {
public:
  Disassembler(const llvm::Target &target, const llvm::Triple &triple, llvm::StringRef processor)
      : registers_(target.createMCRegInfo(triple)),
        assembly_(target.createMCAsmInfo(*registers_, triple, options_)),
        subtarget_(target.createMCSubtargetInfo(triple, processor, "")),
        instructions_(target.createMCInstrInfo()),
        context_(triple, assembly_.get(), registers_.get(), subtarget_.get()),
        decoder_(target.createMCDisassembler(*subtarget_, context_)),
        printer_(target.createMCInstPrinter(triple, assembly_->getAssemblerDialect(), *assembly_,
                                            *instructions_, *registers_)) {}

  // One line per instruction: its address in hexadecimal, a colon, its text. Bytes that are no
  // instruction appear as `.long`.
  void print(llvm::ArrayRef<std::uint8_t> code, std::uint64_t address, llvm::raw_ostream &out) {
    while (!code.empty()) {
      llvm::MCInst instruction;
      std::uint64_t size = 0;
      const auto status = decoder_->getInstruction(instruction, size, code, address, llvm::nulls());
      out << fmt::format("{:#06x}:", address);
      if (status == llvm::MCDisassembler::Success) {
        printer_->printInst(&instruction, address, "", *subtarget_, out);
      } else {
        size = std::min<std::uint64_t>(4, code.size());
        std::uint32_t word = 0;
        std::memcpy(&word, code.data(), size);
        out << fmt::format("\t.long {:#010x}", word);
      }
      out << '\n';
      code = code.drop_front(size);
      address += size;
    }
  }

private:
  llvm::MCTargetOptions options_;
  std::unique_ptr<llvm::MCRegisterInfo> registers_;
  std::unique_ptr<llvm::MCAsmInfo> assembly_;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget_;
  std::unique_ptr<llvm::MCInstrInfo> instructions_;
  llvm::MCContext context_;
  std::unique_ptr<llvm::MCDisassembler> decoder_;
  std::unique_ptr<llvm::MCInstPrinter> printer_;
};

// A function symbol of a code object; its name and size in bytes.
struct Function {
  llvm::StringRef name;
  std::uint64_t address;
  std::uint64_t size;
};

std::vector<Function> findFunctions(const ObjectFile &file) {
  std::vector<Function> functions;
  for (const llvm::object::ELFSymbolRef symbol : file.symbols()) {
    auto name = symbol.getName();
    auto address = symbol.getAddress();
    if (!name || !address) {
      llvm::consumeError(name.takeError());
      llvm::consumeError(address.takeError());
      continue;
    }
    if (symbol.getELFType() == llvm::ELF::STT_FUNC)
      functions.push_back({*name, *address, symbol.getSize()});
  }
  return functions;
}

} // namespace

Expected<std::string> disassemble(const std::vector<std::byte> &code_object) {
  const llvm::StringRef bytes(reinterpret_cast<const char *>(code_object.data()),
                              code_object.size());
  auto parsed =
      llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(bytes, "code object"));
  if (!parsed)
    return makeError(ErrorKind::kInput, llvm::toString(parsed.takeError()));
  const auto *file = llvm::dyn_cast<ObjectFile>(parsed->get());
  if (!file || file->getELFFile().getHeader().e_machine != llvm::ELF::EM_AMDGPU)
    return makeError(ErrorKind::kInput, "not an AMDGPU code object");
  const std::optional<llvm::StringRef> processor = file->tryGetCPUName();
  if (!processor)
    return makeError(ErrorKind::kInput, "a code object for an unknown processor");

  const llvm::Triple triple(kTriple);
  Expected<const llvm::Target *> target = findTarget();
  if (!target)
    return tl::unexpected(target.error());
  Disassembler disassembler(**target, triple, *processor);

  std::string text;
  llvm::raw_string_ostream out(text);
  for (const Function &function : findFunctions(*file))
    for (const llvm::object::SectionRef section : file->sections()) {
      if (!section.isText() || function.address < section.getAddress() ||
          function.address - section.getAddress() + function.size > section.getSize())
        continue;
      auto contents = section.getContents();
      if (!contents)
        return makeError(ErrorKind::kInput, llvm::toString(contents.takeError()));
      out << function.name << ":\n";
      disassembler.print(llvm::arrayRefFromStringRef(contents->substr(
                             function.address - section.getAddress(), function.size)),
                         function.address, out);
    }
  return text;
}

} // namespace gemmsmith
