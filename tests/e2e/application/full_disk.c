/* A disk that is full after some bytes, for LD_PRELOAD where no small file system can be mounted
 * (small_disk.sh).
 *
 * FULL_DISK_FOLDER=DIR   files below this folder are on the disk (its path without symbolic links)
 * FULL_DISK_BYTES=K      that this process may write to them, all together; then a write is short,
 *                        and the next one fails with ENOSPC, as fsync and fdatasync do from then on
 *
 * Covered are write, pwrite, fsync and fdatasync; names still can be made, renamed and removed.
 * Without both variables nothing is changed. */
#define _GNU_SOURCE
#include "real_function.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned long long used;
static pthread_mutex_t used_mutex = PTHREAD_MUTEX_INITIALIZER;

static int is_on_disk(int fd) {
  const char *folder = getenv("FULL_DISK_FOLDER");
  char link[64], path[PATH_MAX];
  const int saved = errno;
  ssize_t length;
  size_t prefix;
  if (!folder || !getenv("FULL_DISK_BYTES"))
    return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, path, sizeof path - 1);
  errno = saved;
  if (length < 0)
    return 0;
  path[length] = '\0';
  prefix = strlen(folder);
  return strncmp(path, folder, prefix) == 0 && path[prefix] == '/';
}

static unsigned long long room(void) {
  const unsigned long long all = strtoull(getenv("FULL_DISK_BYTES"), NULL, 10);
  return used < all ? all - used : 0;
}

static int no_space(void) {
  errno = ENOSPC;
  return -1;
}

/* One writer at a time, so that together they get what there is. */
#define WRITE_TO_DISK(fd, size, call)                                                              \
  do {                                                                                             \
    ssize_t written;                                                                               \
    pthread_mutex_lock(&used_mutex);                                                               \
    if (size > room())                                                                             \
      size = (size_t)room();                                                                       \
    written = size == 0 ? no_space() : call;                                                       \
    if (written > 0)                                                                               \
      used += (unsigned long long)written;                                                         \
    pthread_mutex_unlock(&used_mutex);                                                             \
    return written;                                                                                \
  } while (0)

ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(ssize_t(*function)(int, const void *, size_t), function, "write");
  if (size == 0 || !is_on_disk(fd))
    return function(fd, bytes, size);
  WRITE_TO_DISK(fd, size, function(fd, bytes, size));
}

#define PWRITE(name, offset_type)                                                                  \
  ssize_t name(int fd, const void *bytes, size_t size, offset_type offset) {                       \
    REAL(ssize_t(*function)(int, const void *, size_t, offset_type), function, #name);             \
    if (size == 0 || !is_on_disk(fd))                                                              \
      return function(fd, bytes, size, offset);                                                    \
    WRITE_TO_DISK(fd, size, function(fd, bytes, size, offset));                                    \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

static int is_full(void) {
  unsigned long long left;
  pthread_mutex_lock(&used_mutex);
  left = room();
  pthread_mutex_unlock(&used_mutex);
  return left == 0;
}

#define SYNC(name)                                                                                 \
  int name(int fd) {                                                                               \
    REAL(int (*function)(int), function, #name);                                                   \
    return is_on_disk(fd) && is_full() ? no_space() : function(fd);                                \
  }
SYNC(fsync)
SYNC(fdatasync)
