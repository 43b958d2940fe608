#include "tools/gemmsmith/doctor_command.h"

#include "compiler/backend.h"
#include "compiler/hiprtc/hiprtc_finder.h"
#include "compiler/kernel_compiler.h"
#include "compiler/worker_pool.h"
#include "runtime/emulator/module.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/interrupt.h"
#include "tools/gemmsmith/launch_json.h"
#include "tools/gemmsmith/report_lines.h"
#include "tools/gemmsmith/service_diagnosis.h"
#include "tools/gemmsmith/store_diagnosis.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

namespace {

constexpr const char *kTarget = "gfx950";
constexpr const char *kDevice = "emulated AMD Instinct MI355X";

struct Diagnosis {
  std::filesystem::path llvm_program;
  Expected<std::string> llvm_fingerprint;
  std::filesystem::path hiprtc_program;
  std::filesystem::path hiprtc_launcher; // empty: none
  Expected<std::vector<HiprtcDescription>> hiprtcs;
  int workers = 0;
  WorkerPoolOptions limits;
  StoreDiagnosis store;
  ServiceDiagnosis service;
};

// The back end that `--backend auto` takes; an empty name when nothing here compiles.
struct Choice {
  std::string_view backend;
  std::string why;
  std::string identity; // compilerIdentity()
};

Diagnosis diagnose(int interrupt_fd) {
  WorkerPoolOptions options;
  options.workers = 1;
  options.time_limit = HiprtcFinderOptions{}.time_limit;
  options.interrupt_fd = interrupt_fd;
  WorkerPool llvm(options);
  auto fingerprint = llvm.fingerprint(); // meanwhile the hiprtcs are tried
  auto hiprtcs = findHiprtcs({.target = kTarget, .interrupt_fd = interrupt_fd});
  return {.llvm_program = defaultWorkerProgram(),
          .llvm_fingerprint = fingerprint.get(),
          .hiprtc_program = defaultHiprtcWorkerProgram(),
          .hiprtc_launcher = hiprtcLauncher(),
          .hiprtcs = std::move(hiprtcs),
          .workers = WorkerPool().workers(),
          .limits = {},
          .store = diagnoseStore(),
          .service = diagnoseService()};
}

Choice choiceOf(const Diagnosis &diagnosis) {
  const BackendChoice choice = chooseBackend(Backend::kAuto, kTarget, diagnosis.hiprtcs).value();
  if (choice.backend == Backend::kLlvm && !diagnosis.llvm_fingerprint)
    return {"", choice.why + ", and the embedded LLVM does not run", ""};
  const auto &generator = diagnosis.llvm_fingerprint;
  return {toString(choice.backend), choice.why,
          generator ? compilerIdentity(*generator, choice) : ""};
}

std::string getHiprtc() {
  return fmt::format("install ROCm {} or later, or name one with GEMMSMITH_HIPRTC",
                     firstRocm(kTarget));
}

std::string titleOf(const HiprtcDescription &d) {
  const std::string_view rocm = rocmVersion(d);
  return rocm.empty() ? "hiprtc" : fmt::format("hiprtc of ROCm {}", rocm);
}

// "33, gfx600 to gfx1036, without gfx950"
std::string summary(const std::vector<std::string> &isas) {
  const auto generic = [](const std::string &isa) { return isa.ends_with("-generic"); };
  const auto last = std::ranges::find_if_not(isas.rbegin(), isas.rend(), generic);
  if (last == isas.rend())
    return "none";
  const bool has_target = std::ranges::find(isas, kTarget) != isas.end();
  return fmt::format("{}, {} to {}, {} {}", isas.size(), isas.front(), *last,
                     has_target ? "with" : "without", kTarget);
}

void printLlvm(const Diagnosis &diagnosis) {
  const auto &fingerprint = diagnosis.llvm_fingerprint;
  printHead(fingerprint.has_value(), "embedded LLVM");
  printField("program", diagnosis.llvm_program.native());
  if (fingerprint)
    printField("fingerprint", *fingerprint);
  else
    printField("fails", fingerprint.error().message);
}

void printHiprtc(const HiprtcDescription &d, const Diagnosis &diagnosis) {
  printHead(d.usable, titleOf(d));
  printField("library", d.path.empty() ? d.library : d.path);
  printField("found by", d.origin);
  printField("run by", diagnosis.hiprtc_launcher.native());
  printField("HIP", d.hip_version);
  if (!d.comgr_path.empty())
    printField("comgr", fmt::format("{}, {}", d.comgr_version, d.comgr_path));
  if (!d.clang_version.empty())
    printField("compiler", fmt::format("clang {}", d.clang_version));
  if (!d.comgr_path.empty())
    printField("ISAs", summary(d.isas));
  printField("not usable", d.reason);
}

void printHiprtcs(const Diagnosis &diagnosis) {
  if (!diagnosis.hiprtcs) {
    printHead(false, "hiprtc");
    printField("program", diagnosis.hiprtc_program.native());
    printField("run by", diagnosis.hiprtc_launcher.native());
    printField("fails", diagnosis.hiprtcs.error().message);
    return;
  }
  if (diagnosis.hiprtcs->empty())
    printHead(false, fmt::format("no hiprtc found: {}", getHiprtc()));
  for (const HiprtcDescription &description : *diagnosis.hiprtcs)
    printHiprtc(description, diagnosis);
}

void printDiagnosis(const Diagnosis &diagnosis) {
  printLlvm(diagnosis);
  printHiprtcs(diagnosis);
  printHead(true, "compile workers");
  printField("at a time", fmt::format("{}, one per core", diagnosis.workers));
  printField("each kernel", fmt::format("at most {} s and {} MiB of address space",
                                        diagnosis.limits.time_limit.count() / 1000,
                                        diagnosis.limits.memory_limit_bytes >> 20));
  printHead(true, kDevice);
  printField("target", emulator::kDeviceTarget);
  printStore(diagnosis.store);
  printService(diagnosis.service);

  const Choice choice = choiceOf(diagnosis);
  if (choice.backend.empty()) {
    printHead(false, fmt::format("nothing here compiles: {}", choice.why));
    printField("to do", fmt::format("build gemmsmith-llvm-worker, or {}", getHiprtc()));
  } else {
    printHead(true, fmt::format("--backend auto takes {}: {}", choice.backend, choice.why));
    printField("compiler", choice.identity);
  }
}

OrderedJson hiprtcJson(const HiprtcDescription &d) {
  return {{"library", d.path.empty() ? d.library : d.path},
          {"origin", d.origin},
          {"hip_version", textOrNull(d.hip_version)},
          {"hiprtc_version", textOrNull(d.hiprtc_version)},
          {"comgr", textOrNull(d.comgr_path)},
          {"comgr_version", textOrNull(d.comgr_version)},
          {"clang_version", textOrNull(d.clang_version)},
          {"llvm_major", d.llvm_major == 0 ? OrderedJson(nullptr) : OrderedJson(d.llvm_major)},
          {"isas", d.isas},
          {"identity", textOrNull(d.identity)},
          {"usable", d.usable},
          {"reason", textOrNull(d.reason)}};
}

OrderedJson diagnosisJson(const Diagnosis &diagnosis) {
  const auto &fingerprint = diagnosis.llvm_fingerprint;
  OrderedJson llvm{{"program", diagnosis.llvm_program.native()},
                   {"usable", fingerprint.has_value()},
                   {"fingerprint", textOrNull(fingerprint.value_or(""))},
                   {"reason", textOrNull(fingerprint ? "" : fingerprint.error().message)}};
  OrderedJson found = OrderedJson::array();
  if (diagnosis.hiprtcs)
    for (const HiprtcDescription &description : *diagnosis.hiprtcs)
      found.push_back(hiprtcJson(description));
  OrderedJson hiprtc{
      {"program", diagnosis.hiprtc_program.native()},
      {"launcher", textOrNull(diagnosis.hiprtc_launcher.native())},
      {"found", std::move(found)},
      {"reason", textOrNull(diagnosis.hiprtcs ? "" : diagnosis.hiprtcs.error().message)}};
  const Choice choice = choiceOf(diagnosis);
  return {{"llvm", std::move(llvm)},
          {"hiprtc", std::move(hiprtc)},
          {"workers",
           {{"at_a_time", diagnosis.workers},
            {"time_limit_seconds", diagnosis.limits.time_limit.count() / 1000},
            {"memory_limit_bytes", diagnosis.limits.memory_limit_bytes}}},
          {"device", {{"name", kDevice}, {"target", emulator::kDeviceTarget}}},
          {"store", storeJson(diagnosis.store)},
          {"service", serviceJson(diagnosis.service)},
          {"backend",
           {{"auto", textOrNull(choice.backend)},
            {"why", choice.why},
            {"compiler", textOrNull(choice.identity)}}}};
}

int runDoctor(bool json) {
  const Interrupt interrupt;
  const Diagnosis diagnosis = diagnose(interrupt.fd());
  if (interrupt.requested()) {
    reportError({ErrorKind::kFailed, "interrupted", {}});
    return interrupt.exitCode();
  }
  if (json)
    fmt::print("{}", dumpJson(diagnosisJson(diagnosis)));
  else
    printDiagnosis(diagnosis);
  return choiceOf(diagnosis).backend.empty() ? kExitFailed : kExitGood;
}

} // namespace

void addDoctorCommand(CLI::App &app, int &exit_code) {
  auto json = std::make_shared<bool>(false);
  CLI::App *command =
      app.add_subcommand("doctor", "Say what this machine compiles and runs kernels with");
  command->add_flag("--json", *json, "Print JSON");
  command->callback([json, &exit_code] { exit_code = runDoctor(*json); });
}

} // namespace gemmsmith
