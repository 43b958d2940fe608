#include "runtime/known_compiler.h"

#include "cache/compiler_record.h"

namespace gemmsmith::runtime {

std::optional<std::string> KnownCompiler::certain() {
  const std::lock_guard lock(mutex_);
  if (compiler_.empty() && !program_.empty())
    if (auto record = readCompilerRecord(directory_, installationHash(program_));
        record && record->isCurrent())
      compiler_ = std::move(record->compiler);
  return compiler_.empty() ? std::nullopt : std::optional(compiler_);
}

std::optional<std::string> KnownCompiler::likely() {
  if (auto compiler = certain())
    return compiler;
  auto record = lastCompilerRecord(directory_);
  return record ? std::optional(std::move(record->compiler)) : std::nullopt;
}

void KnownCompiler::learn(const std::string &compiler) {
  const std::lock_guard lock(mutex_);
  if (!is_given_)
    compiler_ = compiler;
}

} // namespace gemmsmith::runtime
