#include "compiler/llvm/linker.h"

#include "lld/Common/Driver.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

namespace gemmsmith {
namespace {

class MemoryFile {
public:
  explicit MemoryFile(const char *name) : descriptor_(memfd_create(name, MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (descriptor_ >= 0)
      close(descriptor_);
  }
  MemoryFile(const MemoryFile &) = delete;
  MemoryFile &operator=(const MemoryFile &) = delete;

  int descriptor() const { return descriptor_; }
  std::string path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

  bool write(llvm::ArrayRef<char> bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
      if (n < 0 && errno != EINTR)
        return false;
      if (n > 0)
        bytes = bytes.drop_front(n);
    }
    return true;
  }

  std::vector<std::byte> readAll() const {
    struct stat status = {};
    if (fstat(descriptor_, &status) != 0)
      return {};
    std::vector<std::byte> bytes(status.st_size);
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = pread(descriptor_, bytes.data() + done, bytes.size() - done, done);
      if (n == 0 || (n < 0 && errno != EINTR))
        return {};
      if (n > 0)
        done += n;
    }
    return bytes;
  }

private:
  int descriptor_;
};

// While alive, standard output goes to another file.
class RedirectedOutput {
public:
  explicit RedirectedOutput(int descriptor) : saved_(dup(STDOUT_FILENO)) {
    llvm::outs().flush();
    dup2(descriptor, STDOUT_FILENO);
  }
  ~RedirectedOutput() {
    llvm::outs().flush();
    if (saved_ < 0) {
      close(STDOUT_FILENO);
      return;
    }
    dup2(saved_, STDOUT_FILENO);
    close(saved_);
  }
  RedirectedOutput(const RedirectedOutput &) = delete;
  RedirectedOutput &operator=(const RedirectedOutput &) = delete;

private:
  int saved_;
};

} // namespace

Expected<std::vector<std::byte>> linkCodeObject(llvm::ArrayRef<char> object) {
  MemoryFile input("object");
  MemoryFile output("code object");
  if (input.descriptor() < 0 || output.descriptor() < 0 || !input.write(object))
    return makeError(ErrorKind::kFailed,
                     fmt::format("no memory for linking: {}", std::strerror(errno)));

  const std::string path = input.path();
  const char *arguments[] = {"ld.lld", "-shared", "--no-undefined", "--build-id=none",
                             "-o",     "-",       path.c_str()};
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  lld::Result result;
  {
    // lld writes a file beside its output and renames it, which a memory file cannot have; to
    // standard output it writes directly.
    RedirectedOutput redirected(output.descriptor());
    result = lld::lldMain(arguments, stream, stream, {{lld::Gnu, &lld::elf::link}});
  }
  // lld has crashed and left its state as it was: this process is of no more use.
  if (!result.canRunAgain)
    llvm::report_fatal_error(llvm::Twine("lld: ") + messages);
  if (result.retCode != 0)
    return makeError(ErrorKind::kFailed, "lld: " + messages);
  std::vector<std::byte> code_object = output.readAll();
  if (code_object.empty())
    return makeError(ErrorKind::kFailed, "lld wrote nothing");
  return code_object;
}

} // namespace gemmsmith
