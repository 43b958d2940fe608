// The objects of a build that its directory does not have yet: taken from the store, or compiled.
//
// Promises: make() leaves in the record what became of each: a kernel that cannot be had costs an
// error that is told, and the rest goes on. What is compiled is put into the store, and of several
// builds that fill one store each kernel is compiled by one. An interrupt ends it within a moment,
// with whole objects under their names. Does not: touch what the record has already. Not
// thread-safe.
#pragma once

#include "tools/gemmsmith/build_plan.h"
#include "tools/gemmsmith/build_record.h"
#include "tools/gemmsmith/build_store.h"
#include "tools/gemmsmith/interrupt.h"
#include "tools/gemmsmith/kernel_queue.h"
#include "tools/gemmsmith/object_compiler.h"
#include "tools/gemmsmith/object_directory.h"
#include "tools/gemmsmith/progress.h"

#include <string>
#include <vector>

namespace gemmsmith {

class MissingObjects {
public:
  // All must outlive this.
  MissingObjects(const BuildPlan &plan, const Interrupt &interrupt, ObjectDirectory &directory,
                 BuildStore &store, BuildRecord &record)
      : plan_(plan), interrupt_(interrupt), directory_(directory), store_(store), record_(record) {}

  // A directory that cannot be written ends it with an error, as the next object would fail too.
  Expected<void> make(ObjectCompiler &compiler, const CompileOptions &options);

private:
  std::vector<std::string> names() const;
  Expected<bool> takeFromStore(const std::string &kernel);
  Expected<std::vector<std::string>> takeAllFromStore(const std::vector<std::string> &kernels);
  Expected<void> compileAll(ObjectCompiler &compiler, const CompileOptions &options,
                            const std::vector<std::string> &kernels);
  KernelQueue queueFor(const ObjectCompiler &compiler,
                       const std::vector<std::string> &kernels) const;
  Expected<void> keep(const std::string &kernel, const Expected<CompiledObject> &made,
                      Progress &progress);

  const BuildPlan &plan_;
  const Interrupt &interrupt_;
  ObjectDirectory &directory_;
  BuildStore &store_;
  BuildRecord &record_;
};

} // namespace gemmsmith
