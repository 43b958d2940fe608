// The C interface: arguments in, statuses out; what went wrong is kept per thread.
#include "runtime/gemmsmith.h"

#include "configs/path_list.h"
#include "runtime/context.h"
#include "runtime/sized.h"
#include "runtime/workspace_layout.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

using namespace gemmsmith::runtime;

struct gs_context {
  std::unique_ptr<Context> context;
};

static_assert(GS_WORKSPACE_ZERO_BYTES == kWorkspaceZeroBytes);
static_assert(sizeof(gs_problem) == 72 && sizeof(gs_pointers) == 48); // as long as the SONAME

namespace {

// The text of a thread's last failure. Fixed where memory is too short for a text of its own.
struct LastError {
  std::string text;
  const char *fixed = nullptr;
};

LastError &lastError() {
  thread_local LastError error;
  return error;
}

gs_status report(const Failure &failure) {
  lastError().text = failure.error.str();
  lastError().fixed = nullptr;
  return failure.status;
}

gs_status reportFixed(gs_status status, const char *text) {
  lastError().fixed = text;
  return status;
}

// Runs the body of a function; no exception leaves it.
template <typename F> gs_status guarded(F body) noexcept {
  try {
    const Outcome<void> outcome = body();
    return outcome ? GS_SUCCESS : report(outcome.error());
  } catch (const std::bad_alloc &) {
    return reportFixed(GS_ERROR_MEMORY, "host memory is exhausted");
  } catch (...) {
    return reportFixed(GS_ERROR_INTERNAL, "an unexpected exception: a bug in this library");
  }
}

tl::unexpected<Failure> isNull(const char *argument) {
  return fail(GS_ERROR_INVALID, std::string(argument) + " must not be null");
}

} // namespace

unsigned gs_version(void) {
  return GS_VERSION;
}

const char *gs_status_string(int status) {
  switch (status) {
  case GS_SUCCESS:
    return "success";
  case GS_ERROR_INVALID:
    return "an argument is wrong";
  case GS_ERROR_UNSUPPORTED:
    return "no kernel can serve this problem";
  case GS_ERROR_NOT_PREPARED:
    return "not prepared, and the stream is capturing";
  case GS_ERROR_NO_OBJECT:
    return "no code object";
  case GS_ERROR_TARGET:
    return "the code is for another target";
  case GS_ERROR_NO_HIP:
    return "HIP's library cannot be used";
  case GS_ERROR_HIP:
    return "a HIP call failed";
  case GS_ERROR_INPUT:
    return "a file cannot be read as what it should be";
  case GS_ERROR_MEMORY:
    return "host memory is exhausted";
  case GS_ERROR_FORKED:
    return "the context belongs to the parent process";
  case GS_ERROR_INTERNAL:
    return "a bug in this library";
  default:
    return "not a gs_status";
  }
}

const char *gs_last_error(void) {
  const LastError &error = lastError();
  return error.fixed ? error.fixed : error.text.c_str();
}

gs_status gs_context_create(const gs_options *options, gs_context **context) {
  return guarded([&]() -> Outcome<void> {
    if (!context)
      return isNull("context");
    *context = nullptr;
    return readSettings(options).and_then(Context::create).map([&](auto made) {
      *context = new gs_context{std::move(made)};
    });
  });
}

void gs_context_destroy(gs_context *context) {
  delete context;
}

gs_status gs_gemm(gs_context *context, const gs_problem *problem, const gs_pointers *pointers,
                  gs_stream stream) {
  if (!context || !problem || !pointers) [[unlikely]]
    return guarded([&]() -> Outcome<void> {
      return isNull(!context ? "context" : !problem ? "problem" : "pointers");
    });
  const auto handle = static_cast<hipStream_t>(stream);
  const auto launched = context->context->launchIfReady(*problem, *pointers, handle);
  if (launched == hipSuccess) [[likely]]
    return GS_SUCCESS;
  return guarded([&]() -> Outcome<void> {
    if (launched)
      return tl::unexpected(context->context->launchFailure(*launched));
    return context->context->gemm(*problem, *pointers, handle);
  });
}

gs_status gs_prepare(gs_context *context, const gs_problem *problems, size_t count,
                     const gs_prepare_options *options) {
  return guarded([&]() -> Outcome<void> {
    if (!context || (!problems && count > 0))
      return isNull(!context ? "context" : "problems");
    return readSized(options, "gs_prepare_options").and_then([&](const auto &known) {
      return context->context->prepare({problems, count}, known);
    });
  });
}

gs_status gs_prepare_tables(gs_context *context, const char *tables,
                            const gs_prepare_options *options) {
  return guarded([&]() -> Outcome<void> {
    if (!context)
      return isNull("context");
    return readSized(options, "gs_prepare_options").and_then([&](const auto &known) {
      return context->context->prepareTables(gemmsmith::splitPaths(tables ? tables : ""), known);
    });
  });
}

gs_status gs_workspace_size(gs_context *context, const gs_problem *problem, size_t *bytes) {
  return guarded([&]() -> Outcome<void> {
    if (!context || !problem || !bytes)
      return isNull(!context ? "context" : !problem ? "problem" : "bytes");
    return context->context->workspaceSize(*problem).map([&](std::size_t size) { *bytes = size; });
  });
}

gs_status gs_release_stream(gs_context *context, gs_stream stream) {
  return guarded([&]() -> Outcome<void> {
    if (!context)
      return isNull("context");
    return context->context->releaseStream(static_cast<hipStream_t>(stream));
  });
}

gs_status gs_reload_tables(gs_context *context) {
  return guarded([&]() -> Outcome<void> {
    return context ? context->context->reloadTables() : isNull("context");
  });
}

gs_status gs_get_counters(gs_context *context, gs_counters *counters) {
  return guarded([&]() -> Outcome<void> {
    if (!context || !counters)
      return isNull(!context ? "context" : "counters");
    const std::size_t size = counters->size;
    if (size < sizeof size)
      return fail(GS_ERROR_INVALID, "gs_counters.size must be sizeof(gs_counters)");
    gs_counters known{};
    return context->context->readCounters(known).map([&] {
      known.size = size;
      std::memcpy(counters, &known, std::min(size, sizeof known));
    });
  });
}
