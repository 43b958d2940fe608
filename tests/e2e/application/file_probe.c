/* What a process sees of files, one answer a line: `file_probe WORD PATH...`.
 *
 *   see FILE        "open" or the errno's name, then the same of stat, fstatat and access
 *   put FILE        writes FILE.pending and renames it to FILE, then as `see`
 *   fill FILE N     writes N bytes in pieces of 1,000, then fdatasync: "N written, ERROR" */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *answer(int result) {
  return result >= 0 ? "good" : strerrorname_np(errno);
}

static void see(const char *file) {
  struct stat status;
  const int fd = open(file, O_RDONLY);
  printf("open %s, ", answer(fd));
  if (fd >= 0)
    close(fd);
  printf("stat %s, ", answer(stat(file, &status)));
  printf("fstatat %s, ", answer(fstatat(AT_FDCWD, file, &status, 0)));
  printf("access %s\n", answer(access(file, F_OK)));
}

static int put(const char *file) {
  char pending[4096];
  int fd;
  snprintf(pending, sizeof pending, "%s.pending", file);
  fd = open(pending, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (fd < 0 || write(fd, "x", 1) != 1 || close(fd) != 0 || rename(pending, file) != 0)
    return 1;
  see(file);
  return 0;
}

static int fill(const char *file, long bytes) {
  static const char piece[1000];
  const int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  long written = 0;
  ssize_t n = 0;
  if (fd < 0)
    return 1;
  while (written < bytes && (n = write(fd, piece, sizeof piece)) > 0)
    written += n;
  printf("%ld written, write %s, ", written, answer((int)n));
  printf("fdatasync %s\n", answer(fdatasync(fd)));
  return close(fd);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "put") == 0)
    return put(argv[2]);
  if (argc == 4 && strcmp(argv[1], "fill") == 0)
    return fill(argv[2], atol(argv[3]));
  if (argc != 3 || strcmp(argv[1], "see") != 0)
    return 2;
  see(argv[2]);
  return 0;
}
