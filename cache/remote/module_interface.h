/* The C interface between the store and its remote modules, libgemmsmith_http.so and
 * libgemmsmith_redis.so: separate files, so that a process that needs no remote store loads neither
 * libcurl nor hiredis.
 *
 * Promises: nothing but C types crosses it and each side frees its own memory, so that the two may
 * come from different compilers and C++ libraries. No exception crosses it. A remote may be used by
 * several threads at once, and in a forked child beside its parent: unless another thread was
 * inside a call when the child was forked, as what that thread had locked stays locked in the
 * child. Does not: retry for long, warn, or know what an entry is; the store does.
 */
#ifndef GEMMSMITH_CACHE_REMOTE_MODULE_INTERFACE_H
#define GEMMSMITH_CACHE_REMOTE_MODULE_INTERFACE_H

#include <stddef.h> /* NOLINT(modernize-deprecated-headers): C as well */
#include <stdint.h> /* NOLINT(modernize-deprecated-headers) */

#ifdef __cplusplus
extern "C" {
#endif

/* Raised with every change to what is below: a module of another version is refused. */
#define GS_REMOTE_ABI   1u
#define GS_REMOTE_ENTRY "gemmsmith_remote_module"

/* The remote was asked and has answered, or why not. */
#define GS_REMOTE_OK      0
#define GS_REMOTE_ABSENT  1 /* nothing has this key */
#define GS_REMOTE_DAMAGED 2 /* what has this key is not what was put there */
#define GS_REMOTE_FAILED  3 /* not reached, too slow, refused, or an error of its own */

typedef struct gs_remote gs_remote; /* one remote, with its connections */

/* Texts are terminated and never null: "" where there is none. */
typedef struct gs_remote_options {
  const char *address; /* the base URL of HTTP, without user and password; for messages */
  const char *user;
  const char *password;
  const char *token;       /* HTTP: sent as bearer token */
  const char *ca_file;     /* HTTP: PEM certificates instead of the system's */
  const char *host;        /* Redis */
  const char *socket_path; /* Redis: instead of host and port */
  uint32_t port;           /* Redis */
  uint32_t database;       /* Redis */
  uint32_t connect_timeout_ms;
  uint32_t timeout_ms; /* of one request, with connecting */
  uint64_t max_bytes;  /* of one entry; what is larger is not received */
} gs_remote_options;

typedef struct gs_remote_key {
  const char *text;
  size_t text_bytes;
  const char *hash; /* 32 hexadecimal digits, terminated */
} gs_remote_key;

/* Memory of the module's, to be released there. */
typedef struct gs_remote_blob {
  unsigned char *data;
  size_t bytes;
} gs_remote_blob;

/* Each call returns a status. `out` holds an entry's bytes after a get() that found one, and after
 * GS_REMOTE_DAMAGED and GS_REMOTE_FAILED a sentence that names neither the remote nor anything
 * secret; it is to be released in any case. */
typedef struct gs_remote_module {
  uint32_t abi; /* GS_REMOTE_ABI */
  int (*open)(const gs_remote_options *options, gs_remote **remote, gs_remote_blob *out);
  void (*close)(gs_remote *remote);
  int (*get)(gs_remote *remote, const gs_remote_key *key, gs_remote_blob *out);
  int (*put)(gs_remote *remote, const gs_remote_key *key, const unsigned char *data, size_t bytes,
             gs_remote_blob *out);
  int (*remove)(gs_remote *remote, const gs_remote_key *key, gs_remote_blob *out);
  void (*release)(gs_remote_blob *out);
} gs_remote_module;

/* What a module exports, as GS_REMOTE_ENTRY. */
typedef const gs_remote_module *gs_remote_entry(void);

#ifdef __cplusplus
}
#endif

#endif
