// Times of the store, in microseconds: put, get from disk and from a bundle.
//
//   bench_store [--object NAME.co] [--repetitions 2000]
//
// In a directory of its own in $TMPDIR, on warm file caches. "new process" is the first call of a
// forked one: opening the store and getting an entry, up to bytes ready to load.

#include "cache/bundle.h"
#include "cache/bundle_writer.h"
#include "cache/compiler_record.h"
#include "cache/disk_store.h"
#include "compiler/temporary_directory.h"
#include "configs/kernel_name.h"
#include "tools/gemmsmith/object_file.h"
#include "tools/gemmsmith/store_entry.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fmt/format.h>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace gemmsmith;

namespace {

constexpr int kBundled = 62; // kernels of a Qwen table at one rank

void need(bool good, const std::string &what) {
  if (good)
    return;
  fmt::print(stderr, "bench_store: error: {}\n", what);
  std::exit(1);
}

double microseconds(const std::function<void()> &work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
      .count();
}

// What `work` takes in a process that has done nothing yet.
double microsecondsInNewProcess(const std::function<void()> &work) {
  std::array<int, 2> ends{};
  need(::pipe(ends.data()) == 0, "no pipe");
  if (::fork() == 0) {
    const double time = microseconds(work);
    ::_exit(::write(ends[1], &time, sizeof time) == sizeof time ? 0 : 1);
  }
  double time = 0;
  need(::read(ends[0], &time, sizeof time) == sizeof time, "the new process failed");
  ::wait(nullptr);
  ::close(ends[0]);
  ::close(ends[1]);
  return time;
}

void row(const char *what, int repetitions, const std::function<double()> &measure) {
  std::vector<double> times;
  for (int i = 0; i < repetitions; ++i)
    times.push_back(measure());
  std::ranges::sort(times);
  fmt::print("{:<32} {:>9.1f} {:>9.1f} {:>9.1f}\n", what, times.front(), times[times.size() / 2],
             times[times.size() * 95 / 100]);
}

Entry entryOf(int stages, const std::vector<std::byte> &object) {
  const auto config =
      parseKernelName(fmt::format("gemm_gfx950_bf16_bf16_ring_t16x64x64_s{}_w1x1x1", stages));
  const auto summary = summarizeObject(object);
  need(summary.has_value(), "the object is not a code object with one kernel");
  const auto key = CacheKey::make({.compiler = std::string(32, '0'),
                                   .target_id = "gfx950",
                                   .config = *config,
                                   .allow_spills = false});
  return storeEntry(*key, object, *summary, Backend::kLlvm);
}

} // namespace

int main(int argc, char **argv) {
  std::string path = BENCH_OBJECT;
  int repetitions = 2000;
  CLI::App app("Times of the store");
  app.add_option("--object", path, "Code object to store");
  app.add_option("--repetitions", repetitions, "Of each measurement")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);

  const auto object = readObjectFile(path);
  need(object.has_value(), path + " cannot be read");
  const auto temporary = TemporaryDirectory::create();
  need(temporary.has_value(), "no temporary directory");
  const std::string directory = temporary->path() / "store";
  const std::string bundle_path = temporary->path() / "kernels.gsb";

  const Entry entry = entryOf(2, *object);
  const auto open = [&] {
    auto store = DiskStore::open({.directory = directory, .limit_bytes = 1 << 30});
    need(store.has_value(), "the store does not open");
    return std::move(*store);
  };
  const auto store = open();
  // An LLVM worker depends on about as many files.
  const auto record =
      makeCompilerRecord(std::string(32, '0'), std::vector(5, std::string(argv[0])));
  need(record &&
           writeCompilerRecord(store->directory(), installationHash("/proc/self/exe"), *record),
       "no record of the compiler");
  BundleWriter writer;
  for (int i = 0; i < kBundled; ++i)
    need(writer.add(entryOf(2 + i, *object)).has_value(), "no entry");
  need(writer.write(bundle_path).has_value(), "the bundle is not written");
  const auto bundle = Bundle::open(bundle_path);
  need(bundle.has_value(), "the bundle does not open");

  fmt::print("code object of {} bytes, entry of {} bytes\n{:<32} {:>9} {:>9} {:>9}\n",
             object->size(), encodeEntry(entry)->size(), "us", "least", "median", "95 %");
  row("put", std::min(repetitions, 200),
      [&] { return microseconds([&] { need(store->put(entry).has_value(), "put"); }); });
  row("get", repetitions,
      [&] { return microseconds([&] { need(store->get(entry.key).has_value(), "get"); }); });
  row("open and get", repetitions,
      [&] { return microseconds([&] { need(open()->get(entry.key).has_value(), "get"); }); });
  row("open and get, new process", std::min(repetitions, 200), [&] {
    return microsecondsInNewProcess([&] { need(open()->get(entry.key).has_value(), "get"); });
  });
  row("the same, with the compiler's record", std::min(repetitions, 200), [&] {
    return microsecondsInNewProcess([&] {
      const auto opened = open();
      const auto compiler =
          readCompilerRecord(opened->directory(), installationHash("/proc/self/exe"));
      need(compiler && compiler->isCurrent(), "record");
      need(opened->get(entry.key).has_value(), "get");
    });
  });
  row("get from a bundle", repetitions,
      [&] { return microseconds([&] { need(bundle->get(entry.key).has_value(), "get"); }); });
  row("open a bundle and read all 62", std::min(repetitions, 200), [&] {
    return microseconds([&] {
      const auto opened = Bundle::open(bundle_path);
      for (const BundleRecord &record : opened->records())
        need(opened->read(record).has_value(), "read");
    });
  });
  return 0;
}
