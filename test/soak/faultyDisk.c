/*
 * A faulty disk for one process tree, by LD_PRELOAD: below SIGNALBOX_FAULTS_DIR it either records every change of a
 * file in the order in which it was made (SIGNALBOX_FAULTS_LOG), so that a test can rebuild what a disk that lost its
 * power would hold; or it answers EIO (SIGNALBOX_FAULTS_FAIL=N[+]: the N-th call, or the N-th and all after it) while
 * the file SIGNALBOX_FAULTS_ARMED exists.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *dir, *armed;
static size_t dir_length;
static int log_fd = -1;
static long fail_at, calls;
static int persistent;

__attribute__((constructor)) static void begin(void) {
  dir = getenv("SIGNALBOX_FAULTS_DIR");
  dir_length = dir ? strlen(dir) : 0;
  armed = getenv("SIGNALBOX_FAULTS_ARMED");
  const char *fail = getenv("SIGNALBOX_FAULTS_FAIL");
  if (fail) {
    fail_at = atol(fail);
    persistent = strchr(fail, '+') != NULL;
  }
  const char *log = getenv("SIGNALBOX_FAULTS_LOG");
  if (log) log_fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int below(const char *path) {
  return dir && strncmp(path, dir, dir_length) == 0 && (path[dir_length] == '/' || path[dir_length] == 0);
}

/* The file's name now; what was unlinked while open cannot come back after a power cut and is left out. */
static int named(int fd, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return below(path) && !strstr(path, " (deleted)");
}

static int fails(void) {
  if (!fail_at || !armed || access(armed, F_OK) != 0) return 0;
  long n = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  return n == fail_at || (persistent && n > fail_at);
}

/* One record: a line `kind offset length path-length other-length`, then path, other path and data. */
static void record(char kind, const char *path, const char *other, off_t offset, const void *data, size_t length) {
  if (log_fd < 0) return;
  char head[128];
  size_t path_length = strlen(path), other_length = other ? strlen(other) : 0;
  int n = snprintf(head, sizeof head, "%c %lld %zu %zu %zu\n", kind, (long long)offset, length, path_length, other_length);
  struct iovec parts[4] = {{head, n}, {(void *)path, path_length}, {(void *)(other ? other : ""), other_length},
                           {(void *)(data ? data : ""), data ? length : 0}};
  syscall(SYS_writev, log_fd, parts, 4);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define REFUSE(result) do { errno = EIO; return result; } while (0)

static ssize_t written(int fd, const void *data, size_t size, off_t at, ssize_t (*work)(int, const void *, size_t, off_t)) {
  char path[4096];
  if (!named(fd, path, sizeof path)) return work(fd, data, size, at);
  if (fails()) REFUSE(-1);
  pthread_mutex_lock(&lock);
  ssize_t done = work(fd, data, size, at);
  int error = errno;
  if (done > 0) {
    off_t offset = at;
    if (at < 0) offset = lseek(fd, 0, SEEK_CUR) - done;
    struct stat now;
    if ((fcntl(fd, F_GETFL) & O_APPEND) && fstat(fd, &now) == 0) offset = now.st_size - done;
    record('w', path, NULL, offset, data, done);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return done;
}

static ssize_t do_write(int fd, const void *data, size_t size, off_t at) { (void)at; return NEXT(write)(fd, data, size); }
static ssize_t do_pwrite(int fd, const void *data, size_t size, off_t at) { return NEXT(pwrite64)(fd, data, size, at); }

ssize_t write(int fd, const void *data, size_t size) { return written(fd, data, size, -1, do_write); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return written(fd, data, size, at, do_pwrite); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return written(fd, data, size, at, do_pwrite); }

static int truncated(int fd, off_t size, int (*work)(int, off64_t)) {
  char path[4096];
  if (!named(fd, path, sizeof path)) return work(fd, size);
  if (fails()) REFUSE(-1);
  pthread_mutex_lock(&lock);
  int done = work(fd, size);
  if (done == 0) record('t', path, NULL, size, NULL, 0);
  pthread_mutex_unlock(&lock);
  return done;
}
int ftruncate(int fd, off_t size) { return truncated(fd, size, NEXT(ftruncate64)); }
int ftruncate64(int fd, off64_t size) { return truncated(fd, size, NEXT(ftruncate64)); }

static int synced(int fd, int (*work)(int)) {
  char path[4096];
  if (!named(fd, path, sizeof path)) return work(fd);
  if (fails()) REFUSE(-1);
  int done = work(fd);
  pthread_mutex_lock(&lock);
  if (done == 0) record('s', path, NULL, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return done;
}
int fsync(int fd) { return synced(fd, NEXT(fsync)); }
int fdatasync(int fd) { return synced(fd, NEXT(fdatasync)); }

int rename(const char *from, const char *to) {
  int ours = below(to);
  if (ours && fails()) REFUSE(-1);
  pthread_mutex_lock(&lock);
  int done = NEXT(rename)(from, to);
  if (ours && done == 0) record('r', from, to, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return done;
}

int unlink(const char *path) {
  int ours = below(path);
  if (ours && fails()) REFUSE(-1);
  pthread_mutex_lock(&lock);
  int done = NEXT(unlink)(path);
  if (ours && done == 0) record('u', path, NULL, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return done;
}

int link(const char *from, const char *to) {
  pthread_mutex_lock(&lock);
  int done = NEXT(link)(from, to);
  if (below(to) && done == 0) record('l', from, to, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return done;
}

static int opened(const char *path, int flags, mode_t mode, int (*work)(const char *, int, ...)) {
  int isNew = (flags & O_CREAT) && below(path) && access(path, F_OK) != 0;
  if ((flags & O_CREAT) && below(path) && fails()) REFUSE(-1);
  pthread_mutex_lock(&lock);
  int fd = work(path, flags, mode);
  if (fd >= 0 && isNew) record('c', path, NULL, 0, NULL, 0);
  else if (fd >= 0 && (flags & O_TRUNC) && below(path)) record('t', path, NULL, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return fd;
}
int open(const char *path, int flags, ...) {
  va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, int); va_end(rest);
  return opened(path, flags, mode, NEXT(open));
}
int open64(const char *path, int flags, ...) {
  va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, int); va_end(rest);
  return opened(path, flags, mode, NEXT(open64));
}
