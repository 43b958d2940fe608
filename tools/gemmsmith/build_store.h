// The store as `gemmsmith build` uses it: the keys of its kernels, and what it takes and puts.
//
// A store that fails costs a compile, not the build: what is wrong with it is a warning.
#pragma once

#include "cache/bundle_writer.h"
#include "cache/key_lock.h"
#include "cache/store.h"
#include "compiler/backend.h"
#include "compiler/kernel_compiler.h"
#include "configs/error.h"
#include "configs/kernel_config.h"
#include "tools/gemmsmith/object_file.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith {

struct BuildStoreOptions {
  StoreOptions store;
  std::string compiler; // KernelCompiler::identity()
  Backend backend = Backend::kLlvm;
  bool allow_spills = false;
};

class BuildStore {
public:
  explicit BuildStore(BuildStoreOptions options);

  // Who the compiler is, for those who read the store without one; of the one that is taken by
  // default.
  void note(const CompilerIdentity &compiler);

  // The code object of `config`, if the store has it. With GEMMSMITH_CACHE=require its absence is
  // an error.
  Expected<std::optional<std::vector<std::byte>>> get(const KernelConfig &config);

  // Puts a code object of `config`, unless it is there.
  void put(const KernelConfig &config, std::span<const std::byte> bytes);

  // The lock of the kernel's key, by which builds of one store share the work. kImpossible also
  // when nothing is put into the store.
  tl::expected<KeyLock, KeyLock::Refusal> lock(const KernelConfig &config) const;

  // The same as an entry, for a bundle. kInput when the bytes are no code object.
  Expected<Entry> entry(const KernelConfig &config, std::span<const std::byte> bytes) const;

  const StoreOptions &options() const { return store_.options(); }

private:
  Expected<CacheKey> keyOf(const KernelConfig &config) const;

  BuildStoreOptions options_;
  Store store_;
};

} // namespace gemmsmith
