// Code objects in a directory that `gemmsmith build` wrote: NAME.co for the kernel NAME.
#pragma once

#include "runtime/code_object_source.h"

namespace gemmsmith::runtime {

class DirectorySource : public CodeObjectSource {
public:
  explicit DirectorySource(std::string path) : path_(std::move(path)) {}

  std::string name() const override { return "the directory " + path_; }
  Tier tier() const override { return Tier::kDirectory; }
  Expected<std::optional<FoundObject>> find(const KernelConfig &config,
                                            std::string_view device_target) override;

private:
  std::string path_;
};

} // namespace gemmsmith::runtime
