// One compile worker: a child process, the socket to it, and the end of its standard error.
//
// Promises: call() returns within the time limit plus a second whatever the worker does, and after
// a failure of the worker itself (as opposed to an error it reports) the process is gone, and with
// it its temporary files. The worker dies with the thread that started it: that thread must live as
// long as the worker is wanted. Does not: restart anything. Not thread-safe; one thread owns a
// WorkerProcess.
#pragma once

#include "compiler/temporary_directory.h"
#include "compiler/worker_protocol.h"
#include "configs/error.h"
#include "configs/file_descriptor.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>

namespace gemmsmith {

struct WorkerProcessOptions {
  std::uint64_t memory_limit_bytes = 0; // address space; 0 = no limit
  // Gives the worker a TMPDIR of its own, for programs whose libraries leave files behind when they
  // die.
  bool temporary_directory = false;
  // A program that runs another: `launcher program --fd 3`. It must replace itself by that.
  std::filesystem::path launcher = {};
  // Once this is readable no worker starts, and every call ends as interrupted; -1 = none.
  int interrupt_fd = -1;
};

class WorkerProcess {
public:
  // Runs `program --fd 3` with the socket as its descriptor 3, in its own limits.
  static Expected<WorkerProcess> start(const std::filesystem::path &program,
                                       const WorkerProcessOptions &options);
  ~WorkerProcess(); // kills the process and collects it
  WorkerProcess(WorkerProcess &&other) noexcept;
  WorkerProcess &operator=(WorkerProcess &&other) noexcept;

  // One request and its response. Readability of `cancel_fd` abandons it and kills the worker. An
  // error that the worker reports ends with what it wrote to its standard error meanwhile.
  Expected<WorkerResponse> call(const WorkerRequest &request, std::chrono::milliseconds time_limit,
                                int cancel_fd);

  // Whether the process still runs. False after call() found it dead or killed it.
  bool alive();
  pid_t pid() const { return pid_; }

private:
  WorkerProcess(pid_t pid, FileDescriptor socket, FileDescriptor errors,
                const WorkerProcessOptions &options, std::optional<TemporaryDirectory> temporary);

  Expected<WireMessage> exchange(const std::vector<std::byte> &request,
                                 std::chrono::milliseconds time_limit, int cancel_fd);
  // Waits for a process that closed its socket, and says what became of it.
  Error describeEnd();
  void drainErrors();
  // The end of what it wrote since the last response, without trailing white space.
  std::string lastWords() const;
  void kill();
  void collected(); // after waitpid

  pid_t pid_ = -1; // -1 once collected
  int status_ = 0; // as of waitpid
  FileDescriptor socket_;
  FileDescriptor errors_;  // both its stdout and its stderr
  std::string error_tail_; // the last few KiB of them since the last response
  std::uint64_t memory_limit_ = 0;
  int interrupt_fd_ = -1;
  std::optional<TemporaryDirectory> temporary_;
};

} // namespace gemmsmith
