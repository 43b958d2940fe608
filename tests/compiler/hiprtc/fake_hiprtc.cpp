// libhiprtc.so of the tests' ROCm; see fake_rocm.h.

#include "tests/compiler/hiprtc/fake_rocm.h"

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace fake = gemmsmith::fake;

namespace {

constexpr int kSuccess = 0;
constexpr int kCompilationError = 6;

struct Program {
  std::string source;
  std::string name;
  std::string log;
  std::string code;
};

bool told(const char *word) {
  const char *words = std::getenv(fake::kVariable);
  return words != nullptr && std::strstr(words, word) != nullptr;
}

[[noreturn]] void abortWith(const char *words) {
  std::fprintf(stderr, "%s\n", words);
  std::abort();
}

[[noreturn]] void hang() {
  for (;;)
    ::pause();
}

void writeFiles() {
  const std::string directory = std::getenv("TMPDIR");
  for (const char *file : {"/input", "/output"})
    std::ofstream(directory + file) << "left behind";
}

// As a real one does: whatever comgr does not list ends the process.
bool comgrLists(std::string_view processor) {
  void *comgr = ::dlopen("libamd_comgr.so.3", RTLD_NOW);
  if (comgr == nullptr)
    abortWith("there is no comgr");
  const auto count =
      reinterpret_cast<int (*)(std::size_t *)>(::dlsym(comgr, "amd_comgr_get_isa_count"));
  const auto name = reinterpret_cast<int (*)(std::size_t, const char **)>(
      ::dlsym(comgr, "amd_comgr_get_isa_name"));
  std::size_t isas = 0;
  count(&isas);
  for (std::size_t i = 0; i < isas; ++i) {
    const char *isa = nullptr;
    name(i, &isa);
    if (isa == "amdgcn-amd-amdhsa--" + std::string(processor))
      return true;
  }
  return false;
}

int fail(Program &program, const std::string &log) {
  program.log = log;
  return kCompilationError;
}

int compile(Program &program, const std::vector<std::string> &options) {
  std::string processor;
  for (const std::string &option : options) {
    constexpr std::string_view kArch = "--offload-arch=";
    if (option.starts_with(kArch))
      processor = option.substr(kArch.size());
    const bool leaves_out_header = option == "--hiprtc-no-builtin-header";
    const bool leaves_out = leaves_out_header || option.starts_with("-nogpu");
    if (leaves_out_header && told(fake::kRefuseHeader))
      return fail(program, "error: unsupported option '" + option + "'\n");
    if (leaves_out && told(fake::kRefuseAll))
      return fail(program, "error: unknown argument: '" + option + "'\n");
  }
  if (!comgrLists(processor))
    abortWith("asked for an architecture that comgr does not list");

  const std::string &source = program.source;
  const auto says = [&](const char *word) { return source.find(word) != std::string::npos; };
  const bool is_probe = says("gemmsmith-probe<");
  if (says(fake::kAbort) || (is_probe && told(fake::kProbeAborts)))
    abortWith("last words");
  if (says(fake::kHang) || (is_probe && told(fake::kProbeHangs)))
    hang();
  static int probes = 0;
  const bool fails = told(fake::kProbeFails) || (probes == 0 && told(fake::kFirstProbeFails));
  probes += is_probe ? 1 : 0;
  if (is_probe && fails)
    return fail(program, "error: no such instruction\n");
  if (is_probe) {
    program.code = "\x7f"
                   "ELF gemmsmith-probe<23.4.5 (fake) |7.9.12345>";
    return kSuccess;
  }
  if (says(fake::kSegfault)) {
    std::signal(SIGSEGV, SIG_DFL); // sanitizers have a handler of their own
    std::raise(SIGSEGV);
  }
  if (says(fake::kMemory)) {
    std::vector<std::vector<char>> blocks;
    for (;;)
      blocks.emplace_back(1 << 24, 'x');
  }
  if (says(fake::kFilesAndDie) || says(fake::kFiles))
    writeFiles();
  if (says(fake::kFilesAndDie))
    std::raise(SIGKILL);
  if (says(fake::kError)) {
    std::fprintf(stderr, "a diagnostic beside the log\n");
    const std::string path = std::getenv("TMPDIR") + std::string("/comgr-1a2b3c/input/");
    return fail(program, path + program.name + ":7:3: error: no such thing\n");
  }
  if (says(fake::kNothing))
    return kSuccess;
  if (says(fake::kWarning) || told(fake::kWarns))
    program.log = program.name + ":1:1: warning: a warning\n";
  if (says(fake::kPid))
    program.code = std::to_string(::getpid());
  else if (says(fake::kEnvironment))
    for (char **variable = ::environ; *variable != nullptr; ++variable)
      program.code += std::string(*variable) + "\n";
  else
    for (const std::string &option : options)
      program.code += option + "\n";
  return kSuccess;
}

[[gnu::constructor]] void loaded() {
  if (told(fake::kLoadAborts))
    abortWith("aborted while loading");
}

} // namespace

extern "C" {

int hiprtcVersion(int *major, int *minor) {
  *major = 9;
  *minor = 0;
  return kSuccess;
}

const char *hiprtcGetErrorString(int result) {
  return result == kSuccess ? "HIPRTC_SUCCESS" : "HIPRTC_ERROR_COMPILATION";
}

int hiprtcCreateProgram(Program **program, const char *source, const char *name, int, const char **,
                        const char **) {
  *program = new Program{source, name, {}, {}};
  return kSuccess;
}

int hiprtcCompileProgram(Program *program, int options, const char **texts) {
  return compile(*program, {texts, texts + options});
}

// With the terminating zero counted, as newer versions do.
int hiprtcGetProgramLogSize(Program *program, std::size_t *bytes) {
  *bytes = program->log.size() + 1;
  return kSuccess;
}

int hiprtcGetProgramLog(Program *program, char *to) {
  std::memcpy(to, program->log.c_str(), program->log.size() + 1);
  return kSuccess;
}

int hiprtcGetCodeSize(Program *program, std::size_t *bytes) {
  *bytes = program->code.size();
  return kSuccess;
}

int hiprtcGetCode(Program *program, char *to) {
  std::memcpy(to, program->code.data(), program->code.size());
  return kSuccess;
}

int hiprtcDestroyProgram(Program **program) {
  delete *program;
  *program = nullptr;
  return kSuccess;
}

} // extern "C"
