#include "tools/gemmsmith/backend_option.h"

namespace gemmsmith {

void addBackendOption(CLI::App &command, std::optional<Backend> &backend) {
  command
      .add_option_function<std::string>(
          "--backend", [&backend](const std::string &text) { backend = parseBackend(text); },
          "Compiler of the code objects: hiprtc of an installed ROCm, the embedded LLVM, or the "
          "first that knows the processor")
      ->check(CLI::IsMember({"auto", "hiprtc", "llvm"}))
      ->default_str("auto");
}

} // namespace gemmsmith
