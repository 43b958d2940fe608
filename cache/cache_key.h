// What a code object was made from, as one text.
//
//   key := "gemmsmith-entry-1\n"
//          "compiler " HEX{32} "\n"             the generator's and the compiler's identity
//          "target " TARGET_ID "\n"             "gfx950", or as "gfx950:sramecc+:xnack-"
//          "kernel " NAME "\n"                  kernelName() of the configuration
//          "allow_spills " ("no" | "yes") "\n"
//
// Promises: equal fields make equal texts and the other way round; nothing in it depends on a path,
// a host or a time. The first line changes with the format of entries too (entry.h), so versions
// of Gemmsmith that cannot read each other's entries never share a file name.
// Thread-safe.
#pragma once

#include "configs/error.h"
#include "configs/hash128.h"
#include "configs/kernel_config.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

struct CacheKeyFields {
  std::string compiler;  // KernelCompiler::identity()
  std::string target_id; // of config.target, with features where the code was made for them
  KernelConfig config;
  bool allow_spills = false;
};

class CacheKey {
public:
  static constexpr std::size_t kMaxTextBytes = 4096;

  // kInternal when the fields do not make a key: an identity that is none, another processor.
  static Expected<CacheKey> make(const CacheKeyFields &fields);
  // Any bytes may be given; kInput when they are not exactly a key.
  static Expected<CacheKey> parse(std::string_view text);

  const CacheKeyFields &fields() const { return fields_; }
  const std::string &text() const { return text_; }
  const Hash128 &hash() const { return hash_; } // of the text

  bool operator==(const CacheKey &other) const { return text_ == other.text_; }

private:
  CacheKey(CacheKeyFields fields, std::string text);

  CacheKeyFields fields_;
  std::string text_;
  Hash128 hash_;
};

// What a kernel may be kept under, best first: as it was not allowed to spill, and as it was, which
// it may not have done, and somebody asked for. For the target without features; empty when
// `compiler` is no identity.
std::vector<CacheKey> keysOf(const std::string &compiler, const KernelConfig &config);

} // namespace gemmsmith
