#include "runtime/known_compiler.h"

#include "cache/compiler_record.h"

namespace gemmsmith::runtime {

std::optional<std::string> KnownCompiler::certain() {
  {
    const std::lock_guard lock(mutex_);
    if (!compiler_.empty())
      return compiler_;
  }
  if (program_.empty())
    return std::nullopt;
  auto record = readCompilerRecord(directory_, installationHash(program_));
  if (!record || !record->isCurrent())
    return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (compiler_.empty())
    compiler_ = std::move(record->compiler);
  return compiler_;
}

std::vector<std::string> KnownCompiler::likely() {
  {
    const std::lock_guard lock(mutex_);
    if (likely_)
      return *likely_;
  }
  auto compilers = compilersOf(directory_);
  const std::lock_guard lock(mutex_);
  // A store that is still empty may be filled by others.
  if (!compilers.empty())
    likely_ = compilers;
  return compilers;
}

void KnownCompiler::learn(const std::string &compiler) {
  const std::lock_guard lock(mutex_);
  if (!is_given_)
    compiler_ = compiler;
}

} // namespace gemmsmith::runtime
