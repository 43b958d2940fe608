#include "tools/gemmsmith/source_files.h"

#include "configs/atomic_file.h"
#include "tools/gemmsmith/progress.h"

#include <future>
#include <system_error>
#include <utility>
#include <vector>

namespace gemmsmith {

Expected<void> writeSources(WorkerPool &generator, const BuildPlan &plan,
                            const std::filesystem::path &directory, const Interrupt &interrupt) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    return makeError(ErrorKind::kFailed, "cannot be made: " + error.message(), directory.string());

  std::vector<std::pair<std::string, std::future<Expected<std::string>>>> sources;
  for (const auto &[kernel, config] : plan.kernels)
    sources.emplace_back(kernel, generator.printStage(config, Stage::kHip));
  Progress progress("written", sources.size());
  std::size_t done = 0;
  for (auto &[kernel, source] : sources) {
    if (interrupt.requested())
      return makeError(ErrorKind::kFailed, "interrupted");
    const Expected<std::string> text = source.get();
    if (!text)
      return tl::unexpected(text.error());
    if (auto written = writeFileAtomically(directory / (kernel + ".hip"), *text); !written)
      return tl::unexpected(written.error());
    progress.update(++done, kernel);
  }
  return {};
}

} // namespace gemmsmith
