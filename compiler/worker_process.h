// One compile worker: a child process, the socket to it, and the end of its standard error.
//
// Promises: call() returns within the time limit plus a second whatever the worker does, and after
// a failure of the worker itself (as opposed to an error it reports) the process is gone. The
// worker dies with the thread that started it: that thread must live as long as the worker is
// wanted. Does not: restart anything. Not thread-safe; one thread owns a WorkerProcess.
#pragma once

#include "compiler/worker_protocol.h"
#include "configs/error.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>

namespace gemmsmith {

// A file descriptor, closed when it goes.
class FileDescriptor {
public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(FileDescriptor &&other) noexcept : fd_(other.release()) {}
  FileDescriptor &operator=(FileDescriptor &&other) noexcept;
  int get() const { return fd_; }
  int release();
  void reset();

private:
  int fd_ = -1;
};

class WorkerProcess {
public:
  // Runs `program --fd 3` with the socket as its descriptor 3, in its own limits; 0 = no limit.
  static Expected<WorkerProcess> start(const std::filesystem::path &program,
                                       std::uint64_t memory_limit_bytes);
  ~WorkerProcess(); // kills the process and collects it
  WorkerProcess(WorkerProcess &&other) noexcept;
  WorkerProcess &operator=(WorkerProcess &&other) noexcept;

  // One request and its response. Readability of `cancel_fd` abandons it and kills the worker.
  Expected<WorkerResponse> call(const WorkerRequest &request, std::chrono::milliseconds time_limit,
                                int cancel_fd);

  // Whether the process still runs. False after call() found it dead or killed it.
  bool alive();
  pid_t pid() const { return pid_; }

private:
  WorkerProcess(pid_t pid, FileDescriptor socket, FileDescriptor errors,
                std::uint64_t memory_limit);

  Expected<WireMessage> exchange(const std::vector<std::byte> &request,
                                 std::chrono::milliseconds time_limit, int cancel_fd);
  // Waits for a process that closed its socket, and says what became of it.
  Error describeEnd();
  void drainErrors();
  void kill();

  pid_t pid_ = -1; // -1 once collected
  int status_ = 0; // as of waitpid
  FileDescriptor socket_;
  FileDescriptor errors_;  // both its stdout and its stderr
  std::string error_tail_; // the last few KiB of them since the last response
  std::uint64_t memory_limit_ = 0;
};

} // namespace gemmsmith
