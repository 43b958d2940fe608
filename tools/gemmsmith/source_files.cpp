#include "tools/gemmsmith/source_files.h"

#include "configs/atomic_file.h"
#include "tools/gemmsmith/finished_queue.h"
#include "tools/gemmsmith/progress.h"

#include <fmt/format.h>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace gemmsmith {

Expected<std::size_t> writeSources(WorkerPool &generator, const BuildPlan &plan,
                                   const std::filesystem::path &directory,
                                   const Interrupt &interrupt) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    return makeError(ErrorKind::kFailed, "cannot be made: " + error.message(), directory.string());

  // Shared with the callbacks, which may run after an early return from here.
  auto finished = std::make_shared<FinishedQueue<WorkerResponse>>();
  for (const auto &[kernel, config] : plan.kernels)
    generator.submit({.op = WorkerOp::kStage, .config = config, .stage = Stage::kHip},
                     [finished, kernel = kernel](Expected<WorkerResponse> response) {
                       finished->push({kernel, std::move(response)});
                     });

  const std::size_t total = plan.kernels.size();
  Progress progress("written", total);
  std::size_t failed = 0;
  for (std::size_t done = 0; done < total;) {
    const auto item = finished->pop();
    if (interrupt.requested())
      return makeError(ErrorKind::kFailed,
                       fmt::format("interrupted after {} of {} sources, each of them whole; the "
                                   "same command writes all again",
                                   done, total));
    if (!item)
      continue;
    if (item->result) {
      const std::vector<std::byte> &bytes = item->result->payload;
      const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
      if (auto written = writeFileAtomically(directory / (item->kernel + ".hip"), text); !written)
        return tl::unexpected(written.error());
    } else {
      ++failed;
      progress.message("gemmsmith: error: " + item->result.error().str());
    }
    progress.update(++done, item->kernel);
  }
  return failed;
}

} // namespace gemmsmith
