#include "tools/verify/campaign.h"

#include "configs/kernel_name.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

namespace gemmsmith::verify {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

CaseReport runOne(emulator::Device &device, const GemmCase &test,
                  const Expected<CodeObjectBytes> &object) {
  CaseReport report;
  report.test = test;
  if (!object) {
    report.failure = object.error().message;
    return report;
  }
  const Clock::time_point start = Clock::now();
  Expected<CaseResult> result = runCase(device, *object, test);
  report.seconds = secondsSince(start);
  if (result) {
    report.failure = result->failure();
    report.result = std::move(*result);
  } else {
    report.failure = result.error().message;
  }
  return report;
}

} // namespace

CampaignReport runCampaign(std::span<const GemmCase> cases, const ObjectSource &source,
                           const CampaignOptions &options) {
  const Clock::time_point start = Clock::now();
  std::map<std::string, std::shared_future<Expected<CodeObjectBytes>>> objects;
  std::vector<std::shared_future<Expected<CodeObjectBytes>>> object_of_case;
  for (const GemmCase &test : cases) {
    auto [entry, is_new] = objects.try_emplace(kernelName(test.config));
    if (is_new)
      entry->second = source(test.config);
    object_of_case.push_back(entry->second);
  }

  CampaignReport report;
  report.cases.resize(cases.size());
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> stopped = false;
  std::mutex progress_mutex;
  Progress progress{0, cases.size(), 0};
  const auto work = [&] {
    // Cases run side by side, so that each needs only one thread of the device.
    emulator::DeviceOptions device_options;
    device_options.threads = 1;
    emulator::Device device(device_options);
    for (;;) {
      const std::size_t index = next.fetch_add(1);
      if (index >= cases.size())
        return;
      if (stopped || (options.stop && options.stop())) {
        stopped = true;
        return;
      }
      report.cases[index] = runOne(device, cases[index], object_of_case[index].get());
      const std::scoped_lock lock(progress_mutex);
      ++progress.done;
      progress.failed += !report.cases[index].failure.empty();
      if (options.progress)
        options.progress(progress, report.cases[index]);
    }
  };
  const int threads = options.threads > 0
                          ? options.threads
                          : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  std::vector<std::jthread> helpers;
  for (int i = 1; i < threads; ++i)
    helpers.emplace_back(work);
  work();
  helpers.clear(); // joins
  report.stopped = stopped;
  report.seconds = secondsSince(start);
  return report;
}

} // namespace gemmsmith::verify
