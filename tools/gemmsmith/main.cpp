// gemmsmith: the command line. Links no LLVM: what needs it is asked of worker processes.

#include "tools/gemmsmith/build_command.h"
#include "tools/gemmsmith/cache_command.h"
#include "tools/gemmsmith/configs_command.h"
#include "tools/gemmsmith/doctor_command.h"
#include "tools/gemmsmith/emulate_command.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/inspect_command.h"
#include "tools/gemmsmith/plan_command.h"
#include "tools/gemmsmith/run_command.h"
#include "tools/gemmsmith/serve_command.h"
#include "tools/gemmsmith/verify_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>

using namespace gemmsmith;

namespace {

bool hasCommand(const CLI::App &app, std::string_view word) {
  return std::ranges::any_of(app.get_subcommands({}),
                             [&](const CLI::App *command) { return command->get_name() == word; });
}

// A misspelt command as what it is; CLI11 would only say that one is missing.
int reportUnknownCommand(const CLI::App &app, std::string_view word) {
  std::string known;
  for (const CLI::App *command : app.get_subcommands({}))
    known += (known.empty() ? "" : ", ") + command->get_name();
  return reportError({ErrorKind::kUsage,
                      "there is no command '" + std::string(word) + "'; there are: " + known,
                      {}});
}

// Output that went nowhere is work that failed: a full disk behind `> file`, say.
int flushOutput(int exit_code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0)
    return exit_code;
  const int failed =
      reportError({ErrorKind::kFailed,
                   "cannot write to standard output: " + std::generic_category().message(errno),
                   {}});
  return exit_code == kExitGood ? failed : exit_code;
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("Builds, checks and explains bf16 GEMM kernels for gfx950.", "gemmsmith");
  app.set_version_flag("--version", "gemmsmith " GEMMSMITH_VERSION);
  app.require_subcommand(1);
  // A file-size limit is a full disk by another name: an error of the write, not our end.
  std::signal(SIGXFSZ, SIG_IGN);

  int exit_code = kExitGood;
  addBuildCommand(app, exit_code);
  addVerifyCommand(app, exit_code);
  addInspectCommand(app, exit_code);
  addPlanCommand(app, exit_code);
  addRunCommand(app, exit_code);
  addConfigsCommand(app, exit_code);
  addCacheCommand(app, exit_code);
  addServeCommand(app, exit_code);
  addEmulateCommand(app, exit_code);
  addDoctorCommand(app, exit_code);

  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError &error) {
    const bool named = argc > 1 && argv[1][0] != '-';
    if (named && !hasCommand(app, argv[1]))
      exit_code = reportUnknownCommand(app, argv[1]);
    else
      exit_code = app.exit(error) == 0 ? kExitGood : kExitUsage;
  } catch (const CLI::ParseError &error) {
    // Help and version arrive as "errors" that succeeded.
    exit_code = app.exit(error) == 0 ? kExitGood : kExitUsage;
  } catch (const std::exception &error) {
    exit_code = reportError({ErrorKind::kInternal, error.what(), {}});
  }
  return flushOutput(exit_code);
}
