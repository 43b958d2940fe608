/* Gemmsmith's runtime: C[M,N] = A[M,K] * B[N,K]^T (+ bias[N]) on AMD's gfx950, through HIP.
 *
 * Promises: the first gs_gemm() of a problem chooses a kernel, gets its code object, loads and
 * launches it; every further one is a look-up and a launch, without a lock and without an
 * allocation. Results are bit-identical from run to run. Nothing is printed but warnings, and those
 * only where no log callback is given. No exception leaves the library, and no call ends the
 * process. A wrong call is a status and a sentence, as far as it can be told from its arguments.
 * Does not: synchronise a stream, allocate A, B or C, change the calling thread's device, or
 * compile kernels in this process: that is done by the compile service, a program of its own.
 *
 * Code objects are looked for in this order, and the first place that has one serves it:
 *   1. the directory that `gemmsmith build -o` wrote      gs_options.objects
 *   2. bundles                                            gs_options.bundles
 *   3. the store on this machine                          gs_options.cache, cache_directory
 *   4. remote stores                                      gs_options.remote
 *   5. the compile service, which makes it                gs_options.service
 * With "rw", what comes from 4 and 5 is kept in 3. Directories and bundles serve whatever compiler
 * they were made with; the store and the remote stores serve code objects of the installed
 * compiler, and where that cannot make new ones, of those that worked with the store before
 * (gs_options.compiler names one).
 *
 * Kernels: fp32 accumulation, one rounding to nearest even at the end, deterministic split-K. All
 * matrices are row-major; extents and strides are in elements, sizes in bytes.
 *
 * Threads: every function may be called from any thread at any time, on one context too, but for
 * gs_context_destroy(), which must be the last call on its context.
 *
 * Devices: as with HIP itself, a call concerns the calling thread's current device, and a stream
 * belongs to it. One context serves all devices.
 *
 * fork(): a context belongs to the process that first used it. In a forked child every call on it
 * returns GS_ERROR_FORKED, except gs_context_destroy(), which then leaves HIP alone. A context that
 * was created but never used before the fork is good in the child, and a child may create contexts
 * of its own where HIP itself can be used there (ROCm's cannot once the parent has used it).
 *
 * Stability: within one GS_VERSION_MAJOR, functions, enumerators and fields are only added; the
 * library's SONAME changes with it. Structures with a `size` field may grow at their ends, the
 * others do not change. What the caller fills in has fields of fixed width, not of enumerations, so
 * that a wrong value is a status instead of undefined behaviour.
 */
#ifndef GEMMSMITH_H
#define GEMMSMITH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GS_API __attribute__((visibility("default")))

#define GS_VERSION_MAJOR 0
#define GS_VERSION_MINOR 1
#define GS_VERSION_PATCH 0
#define GS_VERSION       (GS_VERSION_MAJOR * 1000000 + GS_VERSION_MINOR * 1000 + GS_VERSION_PATCH)

/* GS_VERSION of the library that is loaded. */
GS_API unsigned gs_version(void);

typedef enum gs_status {
  GS_SUCCESS = 0,
  GS_ERROR_INVALID = 1,      /* an argument is wrong */
  GS_ERROR_UNSUPPORTED = 2,  /* no kernel can serve this problem */
  GS_ERROR_NOT_PREPARED = 3, /* the stream is capturing and the launch is not ready: end the
                                capture, gs_prepare() the problem for this stream, capture again.
                                The capture itself is still good. */
  GS_ERROR_NO_OBJECT = 4,    /* no place that was asked has or makes the kernel's code object */
  GS_ERROR_TARGET = 5,       /* the code object or the kernel is not for this device */
  GS_ERROR_NO_HIP = 6,       /* HIP's library cannot be loaded, or it lacks a function */
  GS_ERROR_HIP = 7,          /* a HIP call failed; the text is HIP's */
  GS_ERROR_INPUT = 8,        /* a table or a code object cannot be read as what it should be */
  GS_ERROR_MEMORY = 9,       /* host memory is exhausted */
  GS_ERROR_FORKED = 10,      /* the context was used before fork(), in the parent */
  GS_ERROR_INTERNAL = 11     /* a bug in this library */
} gs_status;

/* What a status means, in a few words. Never null; the text is static. */
GS_API const char *gs_status_string(int status);

/* Why the calling thread's last failing call failed: what, where, what to do. Never null, empty if
 * none has failed. Valid until the thread's next failing call. */
GS_API const char *gs_last_error(void);

typedef struct gs_context gs_context;

/* A hipStream_t; null is the legacy default stream, hipStreamPerThread is understood. */
typedef void *gs_stream;

typedef enum gs_device_kind {
  GS_DEVICE_DEFAULT = 0, /* what $GEMMSMITH_DEVICE says, "hip" or "emulator"; hip if nothing */
  GS_DEVICE_HIP = 1,     /* the devices of HIP's runtime library */
  GS_DEVICE_EMULATOR = 2 /* the emulated MI355X: libgemmsmith_hipemu.so beside this library */
} gs_device_kind;

typedef enum gs_log_level {
  GS_LOG_WARNING = 0, /* worth an operator's attention; goes to stderr without a callback */
  GS_LOG_INFO = 1     /* rare events: a kernel loaded, a table read again */
} gs_log_level;

/* `message` is one line without a newline, valid during the call. Called from whichever thread the
 * event occurs in, by one thread at a time: during gs_prepare() from threads of the library too,
 * while the caller waits for them, so that it must not wait for what the caller holds. It must not
 * call this library on the same context, nor throw. */
typedef void (*gs_log_callback)(void *user, gs_log_level level, const char *message);

/* Zero in a field is the default. Paths are copied. */
typedef struct gs_options {
  size_t size;             /* sizeof(gs_options) */
  int32_t device;          /* a gs_device_kind */
  const char *hip_library; /* path of HIP's library; null: $GEMMSMITH_HIP_LIBRARY, else by soname:
                              what the process has loaded already, then libamdhip64.so.7, .6, .5 */
  const char *objects;     /* directory that `gemmsmith build` wrote; null: $GEMMSMITH_OBJECTS */
  const char *tables;      /* tuned tables, separated by ':'; null: $GEMMSMITH_TABLES. Without one
                              every kernel is chosen by the built-in cost model. */
  gs_log_callback log;     /* null: warnings go to stderr */
  void *log_user;
  const char *cache;           /* "rw", "ro", "off" or "require"; null: $GEMMSMITH_CACHE, else rw */
  const char *cache_directory; /* null: $GEMMSMITH_CACHE_DIR, else the user's */
  const char *cache_size;      /* "500M"; null: $GEMMSMITH_CACHE_SIZE, else 1G */
  const char *bundles;         /* separated by ':'; null: $GEMMSMITH_BUNDLES */
  const char *remote;          /* remote stores; null: $GEMMSMITH_REMOTE */
  const char *compiler;        /* whose code objects to take from the stores, 32 hexadecimal digits;
                                  null: $GEMMSMITH_COMPILER, else found out as said above */
  const char *service;         /* "auto": the compile service is started when it is needed,
                                  "connect": only used where it runs, "off"; null:
                                  $GEMMSMITH_SERVICE, else auto */
  const char *service_socket;  /* absolute; null: $GEMMSMITH_SOCKET, else the user's */
  const char *service_program; /* the `gemmsmith` that is the service; null: $GEMMSMITH_PROGRAM,
                                  else bin/gemmsmith beside this library's folder */
} gs_options;

/* Makes a context; null options are all defaults. Loads HIP's library, and reads the tables, but
 * does not touch a device yet. On failure *context is null. */
GS_API gs_status gs_context_create(const gs_options *options, gs_context **context);

/* Unloads the context's kernels and frees its workspaces; null is fine. Launches must have
 * finished, and graphs that captured some must not be launched any more. */
GS_API void gs_context_destroy(gs_context *context);

typedef enum gs_data_type { GS_BF16 = 0, GS_F16 = 1, GS_F32 = 2 } gs_data_type;

typedef enum gs_b_layout { GS_B_ROW_MAJOR = 0, GS_B_PRESHUFFLED = 1 } gs_b_layout;

typedef struct gs_problem {
  int64_t m, n, k;       /* 1 to 2^31 - 1 */
  int64_t lda, ldb, ldc; /* elements from one row to the next; 0 = dense (k, k and n) */
  int32_t in_type;       /* gs_data_type of A, B and bias */
  int32_t out_type;      /* gs_data_type of C */
  int32_t bias;          /* whether there is one: 0 or 1 */
  int32_t b_layout;      /* a gs_b_layout */
  int32_t unaligned; /* for gs_prepare() and gs_workspace_size(): 1 if A or B will not be aligned to
                        16 bytes. gs_gemm() looks at the pointers instead. */
  int32_t reserved;  /* 0 */
} gs_problem;

/* Device memory of the caller, which must stay until the launch has finished. */
typedef struct gs_pointers {
  const void *a;          /* [m, lda], aligned to its elements; best to 16 bytes */
  const void *b;          /* [n, ldb], likewise */
  void *c;                /* [m, ldc], aligned to its elements */
  const void *bias;       /* [n]; null exactly if the problem has none */
  void *workspace;        /* null: the context's own for this device and stream (see gs_prepare) */
  size_t workspace_bytes; /* of `workspace` */
} gs_pointers;

/* Launches the problem's kernel on `stream`. What is not prepared yet is prepared first, which may
 * take as long as a compile and loads and allocates, unless the stream is capturing: then that is
 * GS_ERROR_NOT_PREPARED. A problem is prepared when this or gs_prepare() has succeeded for it on
 * the device; if its kernel splits K, also for the stream. Pointers are not dereferenced. */
GS_API gs_status gs_gemm(gs_context *context, const gs_problem *problem,
                         const gs_pointers *pointers, gs_stream stream);

/* One line of a gs_prepare(). Texts are valid during the call. */
typedef struct gs_progress {
  size_t done, total; /* problems; `done` counts this one */
  const gs_problem *problem;
  gs_status status;
  const char *detail; /* the kernel's name, or why it failed */
} gs_progress;

typedef void (*gs_progress_callback)(void *user, const gs_progress *progress);

typedef struct gs_prepare_options {
  size_t size;              /* sizeof(gs_prepare_options) */
  const gs_stream *streams; /* to allocate workspaces for; null: the default stream */
  size_t stream_count;
  gs_progress_callback progress; /* called in the calling thread, after each problem; null: none */
  void *progress_user;
} gs_prepare_options;

/* Makes the problems' launches ready on the current device and allocates the workspaces that they
 * need on the streams given. Code objects are obtained by several threads at a time, which end
 * before it returns. Goes on after a failure; the status is that of the first one. Must not
 * be called for a stream that is capturing. `options` may be null.
 *
 * A kernel that splits K needs a workspace that no overlapping launch uses. The context keeps one
 * per device and stream, of the largest size asked for so far, and frees none before it is
 * destroyed or gs_release_stream() is called. A captured launch goes on using the workspace of the
 * stream that it was captured on: two graphs captured on the same stream, or such a graph and
 * launches on that stream, must not run at the same time. Where they should, capture them on
 * different streams, or pass a workspace in gs_pointers. */
GS_API gs_status gs_prepare(gs_context *context, const gs_problem *problems, size_t count,
                            const gs_prepare_options *options);

/* gs_prepare() for every row of `tables` (paths separated by ':'; null: the context's) that the
 * context would serve on the current device. Other rows are left out. */
GS_API gs_status gs_prepare_tables(gs_context *context, const char *tables,
                                   const gs_prepare_options *options);

/* Bytes that the problem needs in gs_pointers.workspace; 0 if its kernel does not split K. Needs no
 * device. A workspace must be aligned to 256 bytes and zero in its first GS_WORKSPACE_ZERO_BYTES
 * before its first use; launches leave them zero, so it can serve any problem after any other
 * whose size it suffices for. */
GS_API gs_status gs_workspace_size(gs_context *context, const gs_problem *problem, size_t *bytes);
#define GS_WORKSPACE_ZERO_BYTES 65536

/* Frees the workspaces of a stream, before the stream is destroyed say. Its launches must have
 * finished, and graphs captured on it must not be launched any more. For hipStreamPerThread: of the
 * calling thread's. */
GS_API gs_status gs_release_stream(gs_context *context, gs_stream stream);

/* Reads the tables again if a file has changed, and prepares anew the problems whose rows did. If a
 * table cannot be read, everything stays as it is, and each call returns GS_ERROR_INPUT until the
 * file is mended. The library does this by itself when a problem is not prepared, and now and then
 * on launches (each 1,024 of a thread or fewer, never while the stream captures): that call takes
 * as long as getting the new kernels does, others go on with the old ones meanwhile. A table that
 * cannot be read is then a warning, once. A launch that splits K now and did not before needs its
 * workspace: prepare again before capturing. */
GS_API gs_status gs_reload_tables(gs_context *context);

/* Where code objects come from, in the order in which the places are asked. */
typedef enum gs_tier {
  GS_TIER_DIRECTORY = 0, /* gs_options.objects */
  GS_TIER_BUNDLE = 1,    /* gs_options.bundles */
  GS_TIER_DISK = 2,      /* the store */
  GS_TIER_REMOTE = 3,    /* gs_options.remote */
  GS_TIER_SERVICE = 4,   /* the compile service: compiled on demand, or from its store */
  GS_TIER_COUNT = 8      /* room for more */
} gs_tier;

typedef struct gs_counters {
  size_t size;                  /* sizeof(gs_counters), set by the caller */
  uint64_t launches;            /* that HIP accepted */
  uint64_t misses;              /* gs_gemm() calls that found their problem not prepared */
  uint64_t prepared;            /* problems ready to launch, counted per device */
  uint64_t by_policy;           /* of these, those that no row of a table served at first */
  uint64_t hits[GS_TIER_COUNT]; /* code objects obtained, by where they came from */
  uint64_t not_found;           /* code objects that no place had */
  uint64_t loads;               /* modules loaded, counted per device */
  uint64_t compile_ns;          /* spent waiting for compiles, summed over threads */
  uint64_t load_ns;             /* spent in HIP loading modules */
  uint64_t workspace_bytes;     /* device memory held for workspaces */
  uint64_t table_reloads;
  uint64_t tier_ns[GS_TIER_COUNT]; /* spent asking each place, whether it had the code object or
                                      not; of the service, with the compile */
} gs_counters;

GS_API gs_status gs_get_counters(gs_context *context, gs_counters *counters);

#ifdef __cplusplus
}
#endif

#endif
