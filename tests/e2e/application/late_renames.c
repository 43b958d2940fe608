/* A network file system on which files that others put there are seen late, for LD_PRELOAD.
 *
 * LATE_RENAMES_SECONDS=N: to this process a file NAME.entry is not there (ENOENT) until it has had
 * its name for N seconds, unless this process itself gave it that name by a rename. Clients of NFS
 * behave like this while their cached answer "there is no such file" is valid.
 *
 * How long a file has had its name is told by its ctime, which a rename sets. Covered is what looks
 * at a file by its name: open, openat, stat, lstat, fstatat, statx, access, faccessat. Listing a
 * directory shows all files, as it does on NFS. Without the variable nothing is changed. */
#define _GNU_SOURCE
#include "real_function.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What this process has renamed: the same file is known by device and inode. */
enum { kMostOwn = 4096 };
static struct {
  dev_t device;
  ino_t inode;
} own[kMostOwn];
static int own_count;
static pthread_mutex_t own_mutex = PTHREAD_MUTEX_INITIALIZER;

static int is_entry(const char *path) {
  const size_t length = strlen(path);
  return length > 6 && strcmp(path + length - 6, ".entry") == 0;
}

static void remember(const struct stat *status) {
  pthread_mutex_lock(&own_mutex);
  if (own_count < kMostOwn) {
    own[own_count].device = status->st_dev;
    own[own_count].inode = status->st_ino;
    ++own_count;
  }
  pthread_mutex_unlock(&own_mutex);
}

static int is_own(const struct stat *status) {
  int i, found = 0;
  pthread_mutex_lock(&own_mutex);
  for (i = 0; i < own_count && !found; ++i)
    found = own[i].device == status->st_dev && own[i].inode == status->st_ino;
  pthread_mutex_unlock(&own_mutex);
  return found;
}

static int real_fstatat(int directory, const char *path, struct stat *status, int flags) {
  REAL(int (*function)(int, const char *, struct stat *, int), function, "fstatat");
  return function(directory, path, status, flags);
}

/* Whether the file is there and others cannot see it yet. */
static int is_late(int directory, const char *path) {
  const char *seconds = getenv("LATE_RENAMES_SECONDS");
  const int saved = errno;
  struct stat status;
  struct timespec now;
  double age;
  int late = 0;
  if (seconds && is_entry(path) &&
      real_fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode)) {
    clock_gettime(CLOCK_REALTIME, &now);
    age = (double)(now.tv_sec - status.st_ctim.tv_sec) +
          (double)(now.tv_nsec - status.st_ctim.tv_nsec) / 1e9;
    late = age < atof(seconds) && !is_own(&status);
  }
  errno = saved;
  return late;
}

static int not_there(void) {
  errno = ENOENT;
  return -1;
}

/* open() and its like pass a mode when they may create. */
#define MODE_OF(flags, mode)                                                                       \
  do {                                                                                             \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
      va_list list;                                                                                \
      va_start(list, flags);                                                                       \
      mode = (mode_t)va_arg(list, unsigned);                                                       \
      va_end(list);                                                                                \
    }                                                                                              \
  } while (0)

#define OPENAT(name)                                                                               \
  int name(int directory, const char *path, int flags, ...) {                                      \
    mode_t mode = 0;                                                                               \
    REAL(int (*function)(int, const char *, int, ...), function, #name);                           \
    MODE_OF(flags, mode);                                                                          \
    return is_late(directory, path) ? not_there() : function(directory, path, flags, mode);        \
  }
OPENAT(openat)
OPENAT(openat64)

#define OPEN(name)                                                                                 \
  int name(const char *path, int flags, ...) {                                                     \
    mode_t mode = 0;                                                                               \
    REAL(int (*function)(const char *, int, ...), function, #name);                                \
    MODE_OF(flags, mode);                                                                          \
    return is_late(AT_FDCWD, path) ? not_there() : function(path, flags, mode);                    \
  }
OPEN(open)
OPEN(open64)

int fstatat(int directory, const char *path, struct stat *status, int flags) {
  return is_late(directory, path) ? not_there() : real_fstatat(directory, path, status, flags);
}

int fstatat64(int directory, const char *path, struct stat64 *status, int flags) {
  REAL(int (*function)(int, const char *, struct stat64 *, int), function, "fstatat64");
  return is_late(directory, path) ? not_there() : function(directory, path, status, flags);
}

#define STAT(name, type)                                                                           \
  int name(const char *path, struct type *status) {                                                \
    REAL(int (*function)(const char *, struct type *), function, #name);                           \
    return is_late(AT_FDCWD, path) ? not_there() : function(path, status);                         \
  }
STAT(stat, stat)
STAT(stat64, stat64)
STAT(lstat, stat)
STAT(lstat64, stat64)

int statx(int directory, const char *path, int flags, unsigned mask, struct statx *status) {
  REAL(int (*function)(int, const char *, int, unsigned, struct statx *), function, "statx");
  return is_late(directory, path) ? not_there() : function(directory, path, flags, mask, status);
}

int faccessat(int directory, const char *path, int mode, int flags) {
  REAL(int (*function)(int, const char *, int, int), function, "faccessat");
  return is_late(directory, path) ? not_there() : function(directory, path, mode, flags);
}

int access(const char *path, int mode) {
  REAL(int (*function)(const char *, int), function, "access");
  return is_late(AT_FDCWD, path) ? not_there() : function(path, mode);
}

/* After a rename that succeeded. */
static int renamed(int result, int directory, const char *path) {
  struct stat status;
  if (result == 0 && is_entry(path) &&
      real_fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0)
    remember(&status);
  return result;
}

int renameat(int from_directory, const char *from, int to_directory, const char *to) {
  REAL(int (*function)(int, const char *, int, const char *), function, "renameat");
  return renamed(function(from_directory, from, to_directory, to), to_directory, to);
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to,
              unsigned flags) {
  REAL(int (*function)(int, const char *, int, const char *, unsigned), function, "renameat2");
  return renamed(function(from_directory, from, to_directory, to, flags), to_directory, to);
}

int rename(const char *from, const char *to) {
  REAL(int (*function)(const char *, const char *), function, "rename");
  return renamed(function(from, to), AT_FDCWD, to);
}
