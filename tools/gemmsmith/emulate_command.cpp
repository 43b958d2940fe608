#include "tools/gemmsmith/emulate_command.h"

#include "configs/atomic_file.h"
#include "runtime/code_object.h"
#include "runtime/emulator/device.h"
#include "runtime/emulator/histogram.h"
#include "runtime/emulator/trace.h"
#include "tools/gemmsmith/emulation_view.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/kernel_arguments.h"
#include "tools/gemmsmith/kernel_view.h"
#include "tools/gemmsmith/launch_json.h"
#include "tools/gemmsmith/object_file.h"
#include "tools/gemmsmith/progress.h"
#include "tools/gemmsmith/whole_number.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <new>
#include <random>
#include <set>
#include <system_error>

namespace gemmsmith {
namespace {

using emulator::Device;
using emulator::DevicePointer;
using Unexpected = tl::unexpected<Error>;

struct EmulateOptions {
  std::string file;
  std::string kernel;
  std::string grid, block;
  std::vector<std::string> arguments;
  std::string checks = "all";
  std::uint64_t sample = 0;
  std::string trace;
  bool histogram = false;
  std::uint32_t dynamic_lds = 0;
  std::uint64_t limit = emulator::kInstructionLimit;
  int threads = 0;
  bool json = false;
};

Expected<std::vector<std::byte>> readWholeFile(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<std::byte> bytes;
  std::array<std::byte, 1 << 16> chunk;
  while (in.read(reinterpret_cast<char *>(chunk.data()), chunk.size()) || in.gcount() > 0)
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + in.gcount());
  if (!in.is_open() || in.bad())
    return makeError(ErrorKind::kInput, "cannot be read: " + std::generic_category().message(errno),
                     path);
  return bytes;
}

// "X", "X,Y" or "X,Y,Z".
Expected<Dim3> parseDim3(const char *option, const std::string &text) {
  std::uint32_t values[3] = {1, 1, 1};
  const char *at = text.data(), *end = at + text.size();
  for (int n = 0; n < 3; ++n) {
    const auto [stop, error] = std::from_chars(at, end, values[n]);
    if (error != std::errc() || values[n] == 0)
      break;
    at = stop;
    if (at == end)
      return Dim3{values[0], values[1], values[2]};
    if (*at++ != ',')
      break;
  }
  return makeError(ErrorKind::kUsage,
                   fmt::format("{} '{}' is not X,Y,Z with numbers from 1 on", option, text));
}

// The buffers of a launch in device memory, and the argument bytes with their addresses.
struct Operands {
  std::vector<DevicePointer> buffers; // by argument; 0: not a buffer
  std::vector<std::uint64_t> sizes;
  std::vector<std::byte> bytes;
};

Expected<Operands> makeOperands(Device &device, std::span<const LaunchArgument> arguments,
                                const KernelMetadata &kernel) {
  auto offsets = placeArguments(arguments, kernel);
  if (!offsets)
    return Unexpected(offsets.error());
  Operands operands;
  for (std::size_t n = 0; n < arguments.size(); ++n) {
    std::vector<std::byte> value = arguments[n].value;
    DevicePointer pointer = 0;
    std::uint64_t size = 0;
    if (const auto &buffer = arguments[n].buffer) {
      std::vector<std::byte> contents;
      size = buffer->bytes;
      if (!buffer->input.empty()) {
        auto read = readWholeFile(buffer->input);
        if (!read)
          return Unexpected(read.error());
        contents = std::move(*read);
        size = contents.size();
      }
      auto allocated = device.allocate(size);
      if (!allocated)
        return Unexpected(allocated.error());
      pointer = *allocated;
      if (auto written = device.write(pointer, contents); !written)
        return Unexpected(written.error());
      std::memcpy(value.data(), &pointer, sizeof pointer);
    }
    operands.buffers.push_back(pointer);
    operands.sizes.push_back(size);
    const std::size_t end = (*offsets)[n] + value.size();
    if (operands.bytes.size() < end)
      operands.bytes.resize(end);
    std::copy(value.begin(), value.end(),
              operands.bytes.begin() + static_cast<std::ptrdiff_t>((*offsets)[n]));
  }
  return operands;
}

// Writes the output files; says of each how much of it the kernel left unwritten.
Expected<OrderedJson> writeOutputs(const Device &device, std::span<const LaunchArgument> arguments,
                                   const Operands &operands) {
  OrderedJson outputs = OrderedJson::array();
  for (std::size_t n = 0; n < arguments.size(); ++n) {
    const auto &buffer = arguments[n].buffer;
    if (!buffer || buffer->output.empty())
      continue;
    std::string bytes;
    try {
      bytes.resize(operands.sizes[n]);
    } catch (const std::bad_alloc &) {
      return makeError(ErrorKind::kFailed,
                       fmt::format("the host has no memory for {} bytes", operands.sizes[n]),
                       buffer->output);
    }
    if (auto read = device.read(operands.buffers[n], std::as_writable_bytes(std::span(bytes)));
        !read)
      return Unexpected(read.error());
    auto unwritten = device.unwrittenBytes(operands.buffers[n], bytes.size());
    if (!unwritten)
      return Unexpected(unwritten.error());
    if (auto written = writeFileAtomically(buffer->output, bytes); !written)
      return Unexpected(written.error());
    outputs.push_back(
        {{"file", buffer->output}, {"bytes", bytes.size()}, {"unwritten_bytes", *unwritten}});
  }
  return outputs;
}

// The first, the last and random workgroups between, always the same ones.
std::vector<std::uint64_t> sampleWorkgroups(std::uint64_t count, std::uint64_t total) {
  if (count == 0 || count >= total)
    return {};
  std::set<std::uint64_t> chosen = {0};
  if (count > 1)
    chosen.insert(total - 1);
  std::mt19937_64 random(total);
  while (chosen.size() < count)
    chosen.insert(random() % total);
  return {chosen.begin(), chosen.end()};
}

// A trace and a histogram of the same launch.
class Watchers : public emulator::Observer {
public:
  Watchers(emulator::Observer *first, emulator::Observer *second) : all_{first, second} {}
  void before(const emulator::Wave &wave, const emulator::Instruction &i) override {
    for (Observer *o : all_)
      o->before(wave, i);
  }
  void after(const emulator::Wave &wave, const emulator::Instruction &i) override {
    for (Observer *o : all_)
      o->after(wave, i);
  }

private:
  emulator::Observer *all_[2];
};

struct FileCloser {
  void operator()(std::FILE *file) const { std::fclose(file); }
};
using OwnedFile = std::unique_ptr<std::FILE, FileCloser>;

Expected<int> launchKernel(const EmulateOptions &options, const CodeObject &object,
                           std::span<const std::byte> file) {
  const Kernel *kernel = object.find(options.kernel);
  if (!kernel)
    return makeError(
        ErrorKind::kUsage,
        fmt::format("has no kernel '{}'; without --kernel its kernels are listed", options.kernel),
        options.file);
  if (options.grid.empty() || options.block.empty())
    return makeError(ErrorKind::kUsage, "a launch needs --grid and --block");
  emulator::LaunchParameters parameters;
  const auto grid = parseDim3("--grid", options.grid), block = parseDim3("--block", options.block);
  const auto checks = emulator::parseChecks(options.checks);
  if (!grid || !block || !checks)
    return Unexpected(!grid ? grid.error() : !block ? block.error() : checks.error());
  std::vector<LaunchArgument> arguments;
  for (const std::string &word : options.arguments) {
    auto argument = parseLaunchArgument(word);
    if (!argument)
      return Unexpected(argument.error());
    for (const LaunchArgument &other : arguments)
      if (argument->buffer && other.buffer && !other.buffer->output.empty() &&
          argument->buffer->output == other.buffer->output)
        return makeError(ErrorKind::kUsage,
                         fmt::format("argument '{}': '{}' is the output of '{}' already", word,
                                     other.buffer->output, other.word));
    arguments.push_back(std::move(*argument));
  }

  Device device(
      {.threads = options.threads, .checks = *checks, .instruction_limit = options.limit});
  const auto module = device.load(file);
  if (!module)
    return makeError(module.error().kind, module.error().message, options.file);
  const auto operands = makeOperands(device, arguments, kernel->metadata);
  if (!operands)
    return Unexpected(operands.error());
  parameters.grid = *grid;
  parameters.block = *block;
  parameters.dynamic_lds_bytes = options.dynamic_lds;
  parameters.arguments = operands->bytes;
  const std::uint64_t total = std::uint64_t{grid->x} * grid->y * grid->z;
  const auto sample = sampleWorkgroups(options.sample, total);
  parameters.workgroups = sample;

  OwnedFile trace_file;
  if (!options.trace.empty()) {
    trace_file.reset(std::fopen(options.trace.c_str(), "w"));
    if (!trace_file)
      return makeError(ErrorKind::kInput,
                       "cannot be written: " + std::generic_category().message(errno),
                       options.trace);
  }
  emulator::Trace trace(trace_file.get());
  emulator::Histogram histogram;
  Watchers both(&trace, &histogram);
  if (trace_file && options.histogram)
    parameters.observer = &both;
  else if (trace_file)
    parameters.observer = &trace;
  else if (options.histogram)
    parameters.observer = &histogram;

  std::optional<Progress> progress(std::in_place, "emulated",
                                   sample.empty() ? total : sample.size());
  parameters.progress = [&](std::uint64_t done, std::uint64_t) {
    progress->update(done, "workgroups");
  };
  auto report = device.run(**module, options.kernel, parameters);
  progress.reset();
  if (!report)
    return Unexpected(report.error());
  if (trace_file && (std::fflush(trace_file.get()) != 0 || std::ferror(trace_file.get())))
    return makeError(ErrorKind::kFailed,
                     "cannot be written: " + std::generic_category().message(errno), options.trace);
  // A kernel that did not run to its end has no result.
  OrderedJson outputs = OrderedJson::array();
  if (!report->error) {
    auto written = writeOutputs(device, arguments, *operands);
    if (!written)
      return Unexpected(written.error());
    outputs = std::move(*written);
  }
  const auto *counted = options.histogram ? &histogram : nullptr;
  if (options.json)
    fmt::print("{}", dumpJson(emulationJson(*report, outputs, counted)));
  else
    fmt::print("{}", emulationText(*report, outputs, counted));
  if (report->error)
    return Unexpected(*report->error);
  return report->findings.empty() ? kExitGood : kExitFailed;
}

int runEmulate(const EmulateOptions &options) {
  const auto file = readObjectFile(options.file);
  if (!file)
    return reportError(file.error());
  const auto object = parseCodeObject(*file);
  if (!object)
    return reportError({object.error().kind, object.error().message, options.file});
  if (options.kernel.empty()) {
    if (!options.arguments.empty() || !options.grid.empty() || !options.block.empty())
      return reportError({ErrorKind::kUsage, "a launch needs --kernel", {}});
    if (options.json)
      fmt::print("{}", dumpJson(kernelsJson(*object)));
    else
      fmt::print("{}", kernelsText(*object));
    return kExitGood;
  }
  const auto exit_code = launchKernel(options, *object, *file);
  return exit_code ? *exit_code : reportError(exit_code.error());
}

} // namespace

void addEmulateCommand(CLI::App &app, int &exit_code) {
  auto options = std::make_shared<EmulateOptions>();
  CLI::App *command = app.add_subcommand(
      "emulate", "Run a kernel of any gfx950 code object on the emulated MI355X; without --kernel, "
                 "list the kernels of the file");
  command->add_option("file", options->file, "The code object")->required();
  command->add_option("arguments", options->arguments,
                      "Kernel arguments in order: i32:N u32:N i64:N u64:N f32:X in:FILE "
                      "out:FILE:BYTES inout:IN:OUT pad:BYTES; or by name, NAME=i32:N …");
  command->add_option("--kernel", options->kernel, "The kernel to launch");
  command->add_option("--grid", options->grid, "Workgroups: X, X,Y or X,Y,Z");
  command->add_option("--block", options->block, "Threads of a workgroup: X, X,Y or X,Y,Z");
  command
      ->add_option("--checks", options->checks,
                   "all, none, a list of checks, or of checks to leave out, each with - before it")
      ->capture_default_str();
  command
      ->add_option("--sample", options->sample,
                   "Execute only this many workgroups, the first and the last among them")
      ->check(wholeNumber(1, 1 << 20));
  command->add_option("--trace", options->trace, "Write every executed instruction to this file");
  command->add_flag("--histogram", options->histogram, "Count the executed instructions");
  command->add_option("--dynamic-lds", options->dynamic_lds, "Bytes of LDS beside the static ones")
      ->check(wholeNumber(0, 160 << 10));
  command
      ->add_option("--limit", options->limit,
                   "Stop a wave that executes more instructions than this (0 = no limit)")
      ->check(wholeNumber(0, INT64_MAX))
      ->capture_default_str();
  command->add_option("-j,--threads", options->threads, "Host threads (default: one per core)")
      ->check(wholeNumber(1, 1024));
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, &exit_code] { exit_code = runEmulate(*options); });
}

} // namespace gemmsmith
