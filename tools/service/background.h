// Leaving the process that was started, for a service that lives on without it.
//
//   the process that was started     waits until the service says ready(), or ends
//   the service                      its child, in a session of its own
//
// Promises: of what the service inherited nothing stays open but its standard streams, and of those
// nothing after ready(). What it writes to standard error before that is seen by whoever started
// it, and so is its exit code. Standard streams that are closed are none that wait.
#pragma once

#include "configs/error.h"
#include "configs/file_descriptor.h"

namespace gemmsmith {

class Background {
public:
  // To be called before there are threads. Returns in the service only; the process that was
  // started leaves from within, with the service's exit code, or 0 after ready().
  static Expected<Background> enter();

  void ready(); // once

private:
  Background(FileDescriptor null, FileDescriptor ready)
      : null_(std::move(null)), ready_(std::move(ready)) {}

  FileDescriptor null_; // what the standard streams become
  FileDescriptor ready_;
};

} // namespace gemmsmith
