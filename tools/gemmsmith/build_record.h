// What a build did, and how it is told: the manifest for launchers, the report for people and CI.
//
// The manifest holds nothing that differs between two builds of the same tables by the same
// generator; times and failures are the report's.
#pragma once

#include "compiler/backend.h"
#include "tools/gemmsmith/build_plan.h"
#include "tools/gemmsmith/launch_json.h"
#include "tools/gemmsmith/object_directory.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace gemmsmith {

// Where a build has an object from.
enum class ObjectOrigin : std::uint8_t {
  kCompiled,
  kReused,    // it lay in the output directory
  kFromStore, // of code objects
};

struct ObjectRecord {
  std::optional<StoredObject> stored; // none when it failed
  ObjectOrigin origin = ObjectOrigin::kCompiled;
  double compile_seconds = 0; // in the worker; 0 when it was not compiled
  std::string error;          // why it failed
};

struct BuildRecord {
  std::string generator; // KernelCompiler::identity
  Backend backend = Backend::kLlvm;
  std::string compiler; // for people: BackendChoice::str()
  std::map<std::string, ObjectRecord> objects;
  double seconds = 0; // wall clock, of the whole build
  int workers = 0;

  std::size_t count(ObjectOrigin origin) const; // of those that are there
  std::size_t failed() const;
  std::size_t spilled() const;
  double compileSeconds() const;
};

// {"schema", "target", "generator", "backend", "objects": {NAME: {"file", "bytes", "xxh3",
// "kernarg_bytes",
//  "arguments"}}, "rows": [{"source", "key", "disposition", "reasons", "kernel", "launch"}]}.
// A row that was refused or whose kernel failed has a null kernel and no launch.
OrderedJson manifestJson(const BuildPlan &plan, const BuildRecord &record);

// The manifest's facts with times, resources and failures.
OrderedJson reportJson(const BuildPlan &plan, const BuildRecord &record);

OrderedJson resourcesJson(const KernelResources &resources);

// A few lines for people.
std::string summaryText(const BuildPlan &plan, const BuildRecord &record);

} // namespace gemmsmith
