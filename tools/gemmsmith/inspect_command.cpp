#include "tools/gemmsmith/inspect_command.h"

#include "compiler/kernel_compiler.h"
#include "configs/kernel_name.h"
#include "tools/gemmsmith/backend_option.h"
#include "tools/gemmsmith/config_view.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/interrupt.h"
#include "tools/gemmsmith/kernel_selection.h"
#include "tools/gemmsmith/object_file.h"
#include "tools/gemmsmith/resource_view.h"

#include <fmt/format.h>
#include <memory>
#include <optional>
#include <utility>

namespace gemmsmith {

namespace {

struct InspectOptions {
  std::string subject; // a kernel name or a file; empty = what the problem selects
  ProblemOptions problem;
  std::vector<std::string> tables;
  std::string stage;
  std::optional<Backend> backend;
  bool json = false;
};

// What is looked at: a configuration, or a code object from a file, whose kernel need not be ours.
struct Subject {
  std::string kernel;
  std::optional<KernelConfig> config;
  std::optional<std::vector<std::byte>> code_object;
};

Expected<Subject> subjectFromFile(const std::string &path) {
  auto bytes = readObjectFile(path);
  if (!bytes)
    return tl::unexpected(bytes.error());
  const auto summary = summarizeObject(*bytes);
  if (!summary)
    return makeError(summary.error().kind, summary.error().message, path);
  Subject subject{.kernel = summary->kernel, .config = {}, .code_object = std::move(*bytes)};
  if (auto config = parseKernelName(summary->kernel))
    subject.config = *config;
  return subject;
}

Expected<Subject> subjectOf(const InspectOptions &options) {
  // No kernel name has a slash or ends like a file.
  if (options.subject.ends_with(".co") || options.subject.find('/') != std::string::npos) {
    if (options.problem.any())
      return makeError(ErrorKind::kUsage, "give a file, a kernel name or a problem, not several");
    return subjectFromFile(options.subject);
  }
  KernelConfig config;
  if (!options.subject.empty()) {
    if (options.problem.any())
      return makeError(ErrorKind::kUsage, "give a file, a kernel name or a problem, not several");
    const auto named = legalConfig(options.subject);
    if (!named)
      return tl::unexpected(named.error());
    config = *named;
  } else {
    if (!options.problem.any())
      return makeError(ErrorKind::kUsage,
                       "give a kernel name, a code-object file (.co), or --m, --n and --k");
    const auto plan = planRequest(
        {.problem = options.problem, .config = {}, .splits = {}, .tables = options.tables});
    if (!plan)
      return tl::unexpected(plan.error());
    config = plan->launch.config;
  }
  return Subject{.kernel = kernelName(config), .config = config, .code_object = {}};
}

Expected<std::string> inspectConfig(const Subject &subject, bool json) {
  if (!subject.config)
    return makeError(ErrorKind::kInput, "not one of our kernels: it has no configuration",
                     subject.kernel);
  return json ? dumpJson(configJson(*subject.config)) : configText(*subject.config);
}

Expected<std::unique_ptr<KernelCompiler>> startCompiler(const KernelCompilerOptions &options) {
  auto compiler = KernelCompiler::start(options);
  if (compiler)
    fmt::print(stderr, "compiled by {}\n", (*compiler)->choice().str());
  return compiler;
}

Expected<std::vector<std::byte>> compile(KernelCompiler &compiler, const KernelConfig &config) {
  // Spills are what one may want to look at here.
  return compiler.compile(config, {.allow_spills = true}).get().map([](CompiledKernel &&kernel) {
    return std::move(kernel.code_object);
  });
}

// The code object of the file, or the one that the back end makes.
Expected<std::vector<std::byte>> codeObjectOf(const Subject &subject,
                                              const KernelCompilerOptions &options) {
  if (subject.code_object)
    return *subject.code_object;
  const auto compiler = startCompiler(options);
  return compiler ? compile(**compiler, *subject.config) : tl::unexpected(compiler.error());
}

Expected<std::string> inspectResources(WorkerPool &pool, const Subject &subject,
                                       const KernelCompilerOptions &options, bool json) {
  auto code_object = codeObjectOf(subject, options);
  if (!code_object)
    return tl::unexpected(code_object.error());
  const auto summary = summarizeObject(*code_object);
  if (!summary)
    return tl::unexpected(summary.error());
  const auto disassembly = pool.disassemble(std::move(*code_object)).get();
  if (!disassembly)
    return tl::unexpected(disassembly.error());
  const std::int64_t tile_area =
      subject.config ? std::int64_t{subject.config->tile.m} * subject.config->tile.n : 0;
  const ResourceView view = viewResources(*summary, *disassembly, tile_area);
  return json ? dumpJson(resourceJson(view)) : resourceText(view);
}

Expected<std::string> inspectAssembly(WorkerPool &pool, const Subject &subject,
                                      const KernelCompilerOptions &options) {
  if (subject.code_object)
    return pool.disassemble(*subject.code_object).get();
  const auto compiler = startCompiler(options);
  if (!compiler)
    return tl::unexpected(compiler.error());
  // LLVM emits the assembly proper, with its directives and comments.
  if ((*compiler)->choice().backend == Backend::kLlvm)
    return pool.printStage(*subject.config, Stage::kAsm).get();
  return compile(**compiler, *subject.config).and_then([&](std::vector<std::byte> code_object) {
    return pool.disassemble(std::move(code_object)).get();
  });
}

Expected<std::string> inspectText(WorkerPool &pool, const Subject &subject, Stage stage,
                                  const KernelCompilerOptions &options, bool json) {
  if (subject.code_object && stage != Stage::kAsm)
    return makeError(
        ErrorKind::kUsage,
        fmt::format("a code object no longer has its {}; give the kernel's name", toString(stage)));
  auto text = stage == Stage::kAsm ? inspectAssembly(pool, subject, options)
                                   : pool.printStage(*subject.config, stage).get();
  if (!text || !json)
    return text;
  return dumpJson({{"kernel", subject.kernel}, {"stage", toString(stage)}, {"text", *text}});
}

// A --backend that would say nothing of what is printed.
Expected<void> requireBackendMatters(const InspectOptions &options, const Subject &subject) {
  if (!options.backend)
    return {};
  if (subject.code_object)
    return makeError(ErrorKind::kUsage, "a code object is compiled already: leave out --backend",
                     options.subject);
  if (options.stage != "asm" && options.stage != "resources")
    return makeError(ErrorKind::kUsage,
                     fmt::format("--stage {} is the same for every back end: leave out --backend, "
                                 "or ask for asm or resources",
                                 options.stage));
  return {};
}

int runInspect(const InspectOptions &options) {
  const Interrupt interrupt;
  auto subject = subjectOf(options);
  if (!subject)
    return reportError(subject.error());
  if (auto matters = requireBackendMatters(options, *subject); !matters)
    return reportError(matters.error());
  const KernelCompilerOptions compiler{.backend = options.backend.value_or(Backend::kAuto),
                                       .workers = 1,
                                       .interrupt_fd = interrupt.fd()};
  WorkerPool pool({.workers = 1, .interrupt_fd = interrupt.fd()});
  Expected<std::string> text;
  if (options.stage == "config")
    text = inspectConfig(*subject, options.json);
  else if (options.stage == "resources")
    text = inspectResources(pool, *subject, compiler, options.json);
  else
    text = inspectText(pool, *subject, *parseStage(options.stage), compiler, options.json);
  if (!text)
    return interrupt.exitCodeOr(reportError(text.error()));
  fmt::print("{}{}", *text, text->ends_with('\n') ? "" : "\n");
  return kExitGood;
}

} // namespace

void addInspectCommand(CLI::App &app, int &exit_code) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App *command = app.add_subcommand("inspect", "Print what is generated for a kernel");
  command->add_option("subject", options->subject, "A kernel name, or a code-object file (.co)");
  addProblemOptions(*command, options->problem);
  command->add_option("--table", options->tables, "Tuned tables to look the problem up in");
  command->add_option("--stage", options->stage, "Where to stop")
      ->required()
      ->check(CLI::IsMember(
          {"config", "gemm", "tile", "scheduled", "hip", "llvm", "asm", "resources"}));
  addBackendOption(*command, options->backend);
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, &exit_code] { exit_code = runInspect(*options); });
}

} // namespace gemmsmith
