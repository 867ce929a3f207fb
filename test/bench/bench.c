/*
 * The bench's own small programs, one binary: the raw pty recorder that stands for what the machine can do, and the
 * children whose output is measured.
 *
 *   record DIR N CMD…     runs CMD on N ptys at once, writes what each prints to DIR/0 … DIR/N-1; prints milliseconds
 *   read N CMD…           the same without files
 *   stamp CLOCK N US      prints a line "@<nanoseconds>;" N times, every US microseconds, then waits for ever
 *   flood                 prints agent-like text for ever
 *   noisy US              repaints a 40-line screen every US microseconds
 *   mark FILE NAME        appends "<nanoseconds> <pid> <name>" to FILE and waits for ever
 *   supervise N FILE      N children `mark FILE`, each started again when it ends
 *   pour BYTES            prints that many bytes of text, then waits for ever
 *   tell BYTES US         numbered lines of agent-like text, no two alike, one every US microseconds (0: as fast as they
 *                         are taken); a rare word at 1, 10, 50, 90 and 99 percent; then a last line, and waits for ever
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_on(clockid_t clock) {
  struct timespec at;
  clock_gettime(clock, &at);
  return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static void write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, bytes, length);
    if (written < 0) {
      if (errno == EINTR) continue;
      exit(1);
    }
    bytes += written;
    length -= (size_t)written;
  }
}

static void wait_us(long us) {
  struct timespec rest = {us / 1000000, (us % 1000000) * 1000};
  nanosleep(&rest, NULL);
}

static int record(const char *dir, int count, char **command) {
  struct pollfd masters[512];
  int files[512];
  static char buffer[65536];
  int open_masters = count;
  int64_t began = now_on(CLOCK_MONOTONIC);
  for (int i = 0; i < count; i++) {
    struct winsize size = {24, 80, 0, 0};
    int master;
    pid_t pid = forkpty(&master, NULL, NULL, &size);
    if (pid < 0) return 1;
    if (pid == 0) {
      execvp(command[0], command);
      _exit(127);
    }
    masters[i] = (struct pollfd){master, POLLIN, 0};
    files[i] = -1;
    if (dir != NULL) {
      char path[4096];
      snprintf(path, sizeof path, "%s/%d", dir, i);
      files[i] = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    }
  }
  while (open_masters > 0) {
    poll(masters, (nfds_t)count, -1);
    for (int i = 0; i < count; i++) {
      if (masters[i].fd < 0 || masters[i].revents == 0) continue;
      ssize_t length = read(masters[i].fd, buffer, sizeof buffer);
      if (length > 0) {
        if (files[i] >= 0) write_all(files[i], buffer, (size_t)length);
      } else if (length == 0 || errno != EINTR) {
        close(masters[i].fd);
        masters[i].fd = -1;
        open_masters--;
      }
    }
  }
  while (wait(NULL) > 0) {
  }
  printf("%.3f\n", (double)(now_on(CLOCK_MONOTONIC) - began) / 1e6);
  return 0;
}

static int stamp(clockid_t clock, long count, long every_us) {
  wait_us(300000);
  for (long i = 0; i < count; i++) {
    char text[40];
    int length = snprintf(text, sizeof text, "\r\n@%lld;", (long long)now_on(clock));
    write_all(1, text, (size_t)length);
    wait_us(every_us + (long)(now_on(CLOCK_MONOTONIC) / 1000 % 1000));
  }
  for (;;) pause();
}

static const char *LINE = "\033[38;5;244m  12 \033[0m\033[32m+  const answer = await session.send(prompt, { signal });\033[0m  // why not\r\n";

static int pour(int64_t bytes) {
  static char block[65536];
  size_t length = strlen(LINE), filled = 0;
  while (filled + length <= sizeof block) {
    memcpy(block + filled, LINE, length);
    filled += length;
  }
  while (bytes != 0) {
    size_t part = bytes > 0 && bytes < (int64_t)filled ? (size_t)bytes : filled;
    write_all(1, block, part);
    if (bytes > 0) bytes -= (int64_t)part;
  }
  printf("\r\nlast line\r\n");
  fflush(stdout);
  for (;;) pause();
}

static const char *WORDS[] = {"review", "tests", "merge", "lint", "cache", "socket", "schema", "replay", "queue", "terminal",
                              "budget", "ledger", "signal", "branch", "update", "session"};
static const struct {
  int percent;
  const char *word;
} WAYMARKS[] = {{1, "quokka"}, {10, "axolotl"}, {50, "pangolin"}, {90, "narwhal"}, {99, "okapi"}};

static const char *word_of(uint64_t *seed) {
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return WORDS[*seed >> 60];
}

static int told_line(char *into, size_t room, int64_t n, uint64_t *seed) {
  const char *a = word_of(seed), *b = word_of(seed), *c = word_of(seed);
  unsigned x = (unsigned)(*seed >> 40);
  switch (x % 6) {
    case 0: return snprintf(into, room, "%09lld \033[36m✻\033[0m Thinking about the %s of the %s (%u s · %u tokens)\n", (long long)n, a, b, x % 900, x % 90001);
    case 1: return snprintf(into, room, "%09lld \033[32m+  const %s%u = await %s.%s(prompt, { signal });\033[0m\n", (long long)n, a, x % 977, b, c);
    case 2: return snprintf(into, room, "%09lld \033[31m-  const %s%u = %s.%s(prompt);\033[0m\n", (long long)n, a, x % 977, b, c);
    case 3: return snprintf(into, room, "%09lld │ \033[1mtest/unit/%s%u.test.ts\033[22m keeps the %s of its %s │\n", (long long)n, a, x % 89, b, c);
    case 4: return snprintf(into, room, "%09lld   ✓ %s: the %s is there before the %s asks for it (%u ms)\n", (long long)n, a, b, c, x % 5000);
    default: return snprintf(into, room, "%09lld Reading electron/core/%s/%s.ts, lines %u to %u, to see who ends a %s.\n", (long long)n, a, b, x % 300, x % 300 + 40, c);
  }
}

/* Bytes as they come out of the terminal, which puts a carriage return before each newline. */
static int tell(int64_t bytes, long every_us) {
  static char block[65536];
  size_t filled = 0, next_mark = 0;
  uint64_t seed = 7;
  int64_t told = 0;
  for (int64_t n = 1; bytes < 0 || told < bytes; n++) {
    char *at = block + filled;
    int length = told_line(at, 512, n, &seed);
    if (bytes > 0 && next_mark < sizeof WAYMARKS / sizeof *WAYMARKS && told >= bytes / 100 * WAYMARKS[next_mark].percent) {
      length = snprintf(at, 512, "%09lld a waymark at %d percent: %s\n", (long long)n, WAYMARKS[next_mark].percent, WAYMARKS[next_mark].word);
      next_mark++;
    }
    filled += (size_t)length;
    told += length + 1;
    if (every_us == 0 && filled < sizeof block - 512) continue;
    write_all(1, block, filled);
    filled = 0;
    if (every_us > 0) wait_us(every_us);
  }
  write_all(1, block, filled);
  printf("the last line\n");
  fflush(stdout);
  for (;;) pause();
}

static int noisy(long every_us) {
  for (int frame = 0;; frame++) {
    char screen[8192];
    int length = snprintf(screen, sizeof screen, "\033[H");
    for (int row = 0; row < 24; row++)
      length += snprintf(screen + length, sizeof screen - (size_t)length, "\033[3%dm%3d\033[0m working on frame %d of many\033[K\r\n", row % 8, row, frame);
    write_all(1, screen, (size_t)length);
    wait_us(every_us);
  }
}

static int mark(const char *file, const char *name) {
  int64_t at = now_on(CLOCK_MONOTONIC);
  char text[200];
  int fd = open(file, O_WRONLY | O_APPEND);
  if (fd < 0) return 1;
  int length = snprintf(text, sizeof text, "%lld %d %s\n", (long long)at, (int)getpid(), name);
  write_all(fd, text, (size_t)length);
  close(fd);
  for (;;) pause();
}

static int supervise(int count, const char *file) {
  for (int running = 0;; running--) {
    while (running < count) {
      if (fork() == 0) {
        execl("/proc/self/exe", "bench", "mark", file, "c", (char *)NULL);
        _exit(127);
      }
      running++;
    }
    wait(NULL);
  }
}

int main(int argc, char **argv) {
  if (argc > 4 && strcmp(argv[1], "record") == 0) return record(argv[2], atoi(argv[3]), argv + 4);
  if (argc > 3 && strcmp(argv[1], "read") == 0) return record(NULL, atoi(argv[2]), argv + 3);
  if (argc == 5 && strcmp(argv[1], "stamp") == 0)
    return stamp(strcmp(argv[2], "wall") == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, atol(argv[3]), atol(argv[4]));
  if (argc == 2 && strcmp(argv[1], "flood") == 0) return pour(-1);
  if (argc == 3 && strcmp(argv[1], "pour") == 0) return pour(atoll(argv[2]));
  if (argc == 4 && strcmp(argv[1], "tell") == 0) return tell(atoll(argv[2]), atol(argv[3]));
  if (argc == 3 && strcmp(argv[1], "noisy") == 0) return noisy(atol(argv[2]));
  if (argc == 4 && strcmp(argv[1], "mark") == 0) return mark(argv[2], argv[3]);
  if (argc == 4 && strcmp(argv[1], "supervise") == 0) return supervise(atoi(argv[2]), argv[3]);
  fprintf(stderr, "bench.c says what it takes\n");
  return 2;
}
