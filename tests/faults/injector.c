// Stands between a program and the C library (LD_PRELOAD): counts, records, fails, shortens and drops its calls on files.
// SPDX-License-Identifier: Apache-2.0
//
// Calls are numbered from 1 in three rows, from main() on, over the process and its forked copies: "w", what changes files
// or prints, "r", what reads and starts, and "t", what they tell each other. The environment says what happens:
//   FAULTS_STATE     a file of zeros, mapped by all of them: the numbers, and a line per call (running.py reads it)
//   FAULTS_RECORD    keep the bytes that are written, too
//   FAULTS_AT        w17: the call that FAULTS_ACTION happens to; w17+: that one and all after it
//   FAULTS_ACTION    a name of errno (EIO), SHORT (half of the bytes), or KILL (SIGKILL to the process before the call)
//   FAULTS_ROOM      so many bytes can be written into files in all; a write that crosses this is cut, then ENOSPC
//   FAULTS_DROP      files, folders: fsync of these says 0 and does nothing (for testing the checker of power cuts)
//   FAULTS_CLOCK     every look at the clock is 1 ms after the one before: what is written does not depend on the time
//   FAULTS_ALARM     a signal every so many microseconds, whose handler does not restart system calls
// Programs that are executed from here are left alone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))real(#name))

static void* real(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  return found;
}

// ---- what all processes share

struct State {
  _Atomic uint64_t calls[3], log_used, room_used, ticks, happened;
  int64_t main_process;
  char log[];
};

static struct State* state;
static size_t log_size;
static int records_bytes, wanted_row, goes_on, action, drops_files, drops_folders, fakes_clock;
static uint64_t wanted_number, room = UINT64_MAX;
static int64_t steady_start;

enum { WRITES, READS, TALK };
enum { NOTHING = 0, SHORT = -1, KILL = -2 };

static int action_of(const char* name) {
  if (!name) return NOTHING;
  if (!strcmp(name, "SHORT")) return SHORT;
  if (!strcmp(name, "KILL")) return KILL;
  for (int number = 1; number < 134; ++number)
    if (strerrorname_np(number) && !strcmp(strerrorname_np(number), name)) return number;
  abort();
}

static void ignore_alarm(int signal) { (void)signal; }

static void begin(void) {
  const char* path = getenv("FAULTS_STATE");
  const char* at = getenv("FAULTS_AT");
  const char* drop = getenv("FAULTS_DROP");
  const char* alarm = getenv("FAULTS_ALARM");
  struct timespec now;
  unsetenv("LD_PRELOAD");
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  steady_start = now.tv_sec * 1000;
  if (getenv("FAULTS_ROOM")) room = strtoull(getenv("FAULTS_ROOM"), NULL, 10);
  records_bytes = getenv("FAULTS_RECORD") != NULL;
  fakes_clock = getenv("FAULTS_CLOCK") != NULL;
  action = action_of(getenv("FAULTS_ACTION"));
  drops_files = drop && strstr(drop, "files");
  drops_folders = drop && strstr(drop, "folders");
  if (at) {
    char* end = NULL;
    wanted_row = at[0] == 'w' ? WRITES : at[0] == 'r' ? READS : TALK;
    wanted_number = strtoull(at + 1, &end, 10);
    goes_on = *end == '+';
  }
  if (path) {
    const int file = REAL(open)(path, O_RDWR | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) abort();
    log_size = (size_t)status.st_size - sizeof(struct State);
    struct State* mapped = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) abort();
    REAL(close)(file);
    mapped->main_process = getpid();
    state = mapped;
  }
  if (alarm) {
    struct sigaction quiet = {.sa_handler = ignore_alarm};
    const struct itimerval every = {{0, atoi(alarm)}, {0, atoi(alarm)}};
    sigaction(SIGALRM, &quiet, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
  }
}

typedef int (*Main)(int, char**, char**);
static Main program_main;

static int main_with_faults(int count, char** words, char** environment) {
  begin();
  return program_main(count, words, environment);
}

// What libraries do before main() is theirs.
int __libc_start_main(Main main, int count, char** words, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void* stack_end) {
  int (*start)(Main, int, char**, void (*)(void), void (*)(void), void (*)(void), void*) =
      real("__libc_start_main");
  program_main = main;
  return start(main_with_faults, count, words, init, fini, rtld_fini, stack_end);
}

// ---- one call

struct Call {
  int row;
  uint64_t number;  // 0: it is not counted
  int action;
};

static struct Call count_call(int row) {
  struct Call call = {row, 0, NOTHING};
  if (!state) return call;
  call.number = atomic_fetch_add(&state->calls[row], 1) + 1;
  const int hit = action && row == wanted_row &&
                  (call.number == wanted_number || (goes_on && call.number > wanted_number));
  if (!hit) return call;
  atomic_fetch_add(&state->happened, 1);
  call.action = action;
  if (action == KILL) {
    kill((pid_t)state->main_process, SIGKILL);
    kill(getpid(), SIGKILL);
  }
  return call;
}

static size_t shortened(struct Call call, size_t bytes) {
  return call.action == SHORT && bytes > 1 ? bytes / 2 : bytes;
}

// What makes a path absolute: the folder it starts from, or nothing.
static const char* before_path(const char* path, const char* base) {
  return path && path[0] && path[0] != '/' ? base : "";
}

// "w 17 pwrite RESULT INODE OFFSET BYTES\tPATH\tOTHER\n" and, of writes that are recorded, the bytes. RESULT is what
// the call returned, or minus errno.
static void note(struct Call call, const char* kind, long result, uint64_t inode, int64_t offset,
                 const char* path, const char* other, const void* bytes, size_t size) {
  if (call.number == 0) return;
  const int reason = errno;
  char line[4 * PATH_MAX], here[PATH_MAX] = "";
  const char* base = getcwd(here, sizeof here) ? here : "";
  const size_t kept = records_bytes && bytes && result > 0 ? size : 0;
  const int length = snprintf(
      line, sizeof line, "%c %llu %s %ld %llu %lld %zu\t%s%s%s\t%s%s%s\n", "wrt"[call.row],
      (unsigned long long)call.number, kind, result < 0 ? (long)-reason : result, (unsigned long long)inode,
      (long long)offset, kept, before_path(path, base), before_path(path, base)[0] ? "/" : "",
      path ? path : "", before_path(other, base), before_path(other, base)[0] ? "/" : "", other ? other : "");
  const uint64_t at = atomic_fetch_add(&state->log_used, (uint64_t)length + kept);
  if (at + (uint64_t)length + kept > log_size) abort();
  memcpy(state->log + at, line, (size_t)length);
  if (kept) memcpy(state->log + at + length, bytes, kept);
  errno = reason;
}

static int fails(struct Call call) {
  if (call.action <= 0) return 0;
  errno = call.action;
  return 1;
}

struct Known {
  mode_t mode;
  uint64_t inode;
  int writable;
  char path[PATH_MAX];
};

static struct Known look_at(int descriptor) {
  struct Known known = {0, 0, 0, ""};
  struct stat status;
  const int reason = errno;
  if (state && fstat(descriptor, &status) == 0) {
    char link[64];
    known.mode = status.st_mode;
    known.inode = status.st_ino;
    known.writable = (fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    const ssize_t length = readlink(link, known.path, sizeof known.path - 1);
    known.path[length < 0 ? 0 : length] = '\0';
  }
  errno = reason;
  return known;
}

static uint64_t inode_of(int descriptor) {
  struct stat status;
  return descriptor >= 0 && fstat(descriptor, &status) == 0 ? status.st_ino : 0;
}

// ---- what changes files

static int opened(const char* path, int flags, mode_t mode) {
  const int changes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
  const struct Call call = count_call(changes ? WRITES : READS);
  const char* kind = !changes ? "open-to-read" : flags & O_TRUNC ? "open-empty" : "open";
  const int file = fails(call) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode);
  note(call, kind, file, inode_of(file), flags, path, NULL, NULL, 0);
  return file;
}

#define OPEN(name)                             \
  int name(const char* path, int flags, ...) { \
    va_list list;                              \
    va_start(list, flags);                     \
    const mode_t mode = va_arg(list, mode_t);  \
    va_end(list);                              \
    return opened(path, flags, mode);          \
  }
OPEN(open)
OPEN(open64)
#define OPEN_AT(name)                                           \
  int name(int folder, const char* path, int flags, ...) {      \
    va_list list;                                               \
    va_start(list, flags);                                      \
    const mode_t mode = va_arg(list, mode_t);                   \
    va_end(list);                                               \
    if (folder == AT_FDCWD) return opened(path, flags, mode);   \
    return (int)syscall(SYS_openat, folder, path, flags, mode); \
  }
OPEN_AT(openat)
OPEN_AT(openat64)
int __open_2(const char* path, int flags) { return opened(path, flags, 0); }
int __open64_2(const char* path, int flags) { return opened(path, flags, 0); }
int creat(const char* path, mode_t mode) { return opened(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char* path, mode_t mode) { return creat(path, mode); }

static FILE* stream_opened(const char* path, const char* mode) {
  const struct Call call = count_call(mode[0] == 'r' && !strchr(mode, '+') ? READS : WRITES);
  FILE* stream = NULL;
  if (!fails(call)) {
    FILE* (*open_stream)(const char*, const char*) = real("fopen64");
    stream = open_stream(path, mode);
  }
  note(call, "fopen", stream ? 0 : -1, 0, 0, path, NULL, NULL, 0);
  return stream;
}
FILE* fopen(const char* path, const char* mode) { return stream_opened(path, mode); }
FILE* fopen64(const char* path, const char* mode) { return stream_opened(path, mode); }

// How many of the bytes there is room for; 0, with errno, where there is none.
static size_t bytes_with_room(struct Known known, size_t bytes) {
  if (room == UINT64_MAX || !S_ISREG(known.mode)) return bytes;
  const uint64_t before = atomic_fetch_add(&state->room_used, bytes);
  if (before + bytes <= room) return bytes;
  atomic_fetch_add(&state->happened, 1);
  if (before >= room) errno = ENOSPC;
  return before >= room ? 0 : (size_t)(room - before);
}

static ssize_t written(const char* kind, int file, const void* bytes, size_t size, off_t offset,
                       int positioned) {
  const struct Known known = look_at(file);
  if (!S_ISREG(known.mode) && file != STDOUT_FILENO && file != STDERR_FILENO)
    return syscall(SYS_write, file, bytes, size);
  if (file == STDOUT_FILENO) kind = "print";
  if (file == STDERR_FILENO) kind = "say";
  const struct Call call = count_call(WRITES);
  if (!positioned) offset = lseek(file, 0, SEEK_CUR);
  ssize_t result = -1;
  size_t length = shortened(call, size);
  if (!fails(call) && (size == 0 || (length = bytes_with_room(known, length)) > 0))
    result = positioned ? syscall(SYS_pwrite64, file, bytes, length, offset)
                        : syscall(SYS_write, file, bytes, length);
  note(call, kind, result, known.inode, offset, known.path, NULL, bytes, result > 0 ? (size_t)result : 0);
  return result;
}

ssize_t write(int file, const void* bytes, size_t size) { return written("write", file, bytes, size, 0, 0); }
ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
  return written("pwrite", file, bytes, size, offset, 1);
}
ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) {
  return written("pwrite", file, bytes, size, offset, 1);
}
// A short write is legal: the first part alone.
ssize_t writev(int file, const struct iovec* parts, int count) {
  for (int at = 0; at < count; ++at)
    if (parts[at].iov_len > 0) return written("writev", file, parts[at].iov_base, parts[at].iov_len, 0, 0);
  return 0;
}

static int synced(const char* kind, long number, int file) {
  const struct Known known = look_at(file);
  if ((S_ISREG(known.mode) && drops_files) || (S_ISDIR(known.mode) && drops_folders)) return 0;
  const struct Call call = count_call(WRITES);
  const int result = fails(call) ? -1 : (int)syscall(number, file);
  note(call, kind, result, known.inode, S_ISDIR(known.mode), known.path, NULL, NULL, 0);
  return result;
}
int fsync(int file) { return synced("fsync", SYS_fsync, file); }
int fdatasync(int file) { return synced("fdatasync", SYS_fdatasync, file); }

static int renamed(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  const struct Call call = count_call(WRITES);
  const int result = fails(call) ? -1 : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
  note(call, "rename", result, 0, (int64_t)flags, from, to, NULL, 0);
  return result;
}
int rename(const char* from, const char* to) { return renamed(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  return renamed(from_folder, from, to_folder, to, 0);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  return renamed(from_folder, from, to_folder, to, flags);
}

static int unlinked(const char* kind, int folder, const char* path, int flags) {
  const struct Call call = count_call(WRITES);
  const int result = fails(call) ? -1 : (int)syscall(SYS_unlinkat, folder, path, flags);
  note(call, kind, result, 0, flags, path, NULL, NULL, 0);
  return result;
}
int unlink(const char* path) { return unlinked("unlink", AT_FDCWD, path, 0); }
int unlinkat(int folder, const char* path, int flags) { return unlinked("unlink", folder, path, flags); }
int rmdir(const char* path) { return unlinked("rmdir", AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char* path) { return unlink(path); }

int link(const char* from, const char* to) {
  const struct Call call = count_call(WRITES);
  const int result = fails(call) ? -1 : (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
  note(call, "link", result, 0, 0, from, to, NULL, 0);
  return result;
}
int mkdir(const char* path, mode_t mode) {
  const struct Call call = count_call(WRITES);
  const int result = fails(call) ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
  note(call, "mkdir", result, 0, 0, path, NULL, NULL, 0);
  return result;
}

static int cut(int file, off_t length) {
  const struct Known known = look_at(file);
  const struct Call call = count_call(WRITES);
  const int result = fails(call) ? -1 : (int)syscall(SYS_ftruncate, file, length);
  note(call, "ftruncate", result, known.inode, length, known.path, NULL, NULL, 0);
  return result;
}
int ftruncate(int file, off_t length) { return cut(file, length); }
int ftruncate64(int file, off64_t length) { return cut(file, length); }
static int cut_by_name(const char* path, off_t length) {
  struct stat status;
  const struct Call call = count_call(WRITES);
  const uint64_t inode = stat(path, &status) == 0 ? status.st_ino : 0;
  const int result = fails(call) ? -1 : (int)syscall(SYS_truncate, path, length);
  note(call, "ftruncate", result, inode, length, path, NULL, NULL, 0);
  return result;
}
int truncate(const char* path, off_t length) { return cut_by_name(path, length); }
int truncate64(const char* path, off64_t length) { return cut_by_name(path, length); }

static int allocated(int file, int mode, off_t offset, off_t length) {
  const struct Known known = look_at(file);
  const struct Call call = count_call(WRITES);
  const int result = fails(call) ? -1 : (int)syscall(SYS_fallocate, file, mode, offset, length);
  note(call, "fallocate", result, known.inode, offset + length, known.path, NULL, NULL, 0);
  return result;
}
int fallocate(int file, int mode, off_t offset, off_t length) {
  return allocated(file, mode, offset, length);
}
int fallocate64(int file, int mode, off64_t offset, off64_t length) {
  return allocated(file, mode, offset, length);
}
int posix_fallocate(int file, off_t offset, off_t length) {
  return allocated(file, 0, offset, length) == 0 ? 0 : errno;
}
int posix_fallocate64(int file, off64_t offset, off64_t length) {
  return posix_fallocate(file, offset, length);
}

// The system closes the descriptor even where it reports a failure.
int close(int file) {
  const struct Known known = look_at(file);
  if (!S_ISREG(known.mode) && !S_ISDIR(known.mode)) return (int)syscall(SYS_close, file);
  const struct Call call = count_call(known.writable ? WRITES : READS);
  int result = (int)syscall(SYS_close, file);
  if (fails(call)) result = -1;
  note(call, "close", result, known.inode, 0, known.path, NULL, NULL, 0);
  return result;
}

// ---- what reads, tells and starts

static ssize_t was_read(const char* kind, int file, void* bytes, size_t size, off_t offset, int positioned) {
  const struct Known known = look_at(file);
  const struct Call call = count_call(READS);
  const size_t length = shortened(call, size);
  ssize_t result = -1;
  if (!fails(call))
    result = positioned ? syscall(SYS_pread64, file, bytes, length, offset)
                        : syscall(SYS_read, file, bytes, length);
  note(call, kind, result, known.inode, offset, known.path, NULL, NULL, 0);
  return result;
}
ssize_t read(int file, void* bytes, size_t size) { return was_read("read", file, bytes, size, 0, 0); }
ssize_t pread(int file, void* bytes, size_t size, off_t offset) {
  return was_read("read", file, bytes, size, offset, 1);
}
ssize_t pread64(int file, void* bytes, size_t size, off64_t offset) {
  return was_read("read", file, bytes, size, offset, 1);
}

ssize_t recv(int socket, void* bytes, size_t size, int flags) {
  const struct Call call = count_call(TALK);
  const ssize_t result =
      fails(call) ? -1 : syscall(SYS_recvfrom, socket, bytes, shortened(call, size), flags, NULL, NULL);
  note(call, "recv", result, 0, 0, NULL, NULL, NULL, 0);
  return result;
}
ssize_t send(int socket, const void* bytes, size_t size, int flags) {
  const struct Call call = count_call(TALK);
  const ssize_t result =
      fails(call) ? -1 : syscall(SYS_sendto, socket, bytes, shortened(call, size), flags, NULL, 0);
  note(call, "send", result, 0, 0, NULL, NULL, NULL, 0);
  return result;
}
int poll(struct pollfd* files, nfds_t count, int milliseconds) {
  const struct Call call = count_call(TALK);
  const int result = fails(call) ? -1 : (int)syscall(SYS_poll, files, count, milliseconds);
  note(call, "poll", result, 0, 0, NULL, NULL, NULL, 0);
  return result;
}
pid_t waitpid(pid_t child, int* status, int options) {
  const struct Call call = count_call(TALK);
  const pid_t result = fails(call) ? -1 : (pid_t)syscall(SYS_wait4, child, status, options, NULL);
  note(call, "wait", result, 0, 0, NULL, NULL, NULL, 0);
  return result;
}
int waitid(idtype_t type, id_t child, siginfo_t* info, int options) {
  const struct Call call = count_call(TALK);
  const int result = fails(call) ? -1 : (int)syscall(SYS_waitid, type, child, info, options, NULL);
  note(call, "wait", result, 0, 0, NULL, NULL, NULL, 0);
  return result;
}
int socketpair(int domain, int type, int protocol, int ends[2]) {
  const struct Call call = count_call(READS);
  const int result = fails(call) ? -1 : (int)syscall(SYS_socketpair, domain, type, protocol, ends);
  note(call, "start", result, 0, 0, NULL, NULL, NULL, 0);
  return result;
}
int pipe2(int ends[2], int flags) {
  const struct Call call = count_call(READS);
  const int result = fails(call) ? -1 : (int)syscall(SYS_pipe2, ends, flags);
  note(call, "start", result, 0, 0, NULL, NULL, NULL, 0);
  return result;
}
int memfd_create(const char* name, unsigned flags) {
  const struct Call call = count_call(READS);
  const int result = fails(call) ? -1 : (int)syscall(SYS_memfd_create, name, flags);
  note(call, "start", result, 0, 0, NULL, NULL, NULL, 0);
  return result;
}
pid_t fork(void) {
  const struct Call call = count_call(READS);
  const pid_t result = fails(call) ? -1 : REAL(fork)();
  if (result != 0) note(call, "start", result, 0, 0, NULL, NULL, NULL, 0);
  return result;
}

// ---- the clock

// Milliseconds. The steady clock begins at its real time, so that who waits for a time of it does not wait for ever.
static int64_t tick(clockid_t clock) {
  const int64_t start = clock == CLOCK_MONOTONIC ? steady_start : 1700000000000;
  return start + (int64_t)atomic_fetch_add(&state->ticks, 1);
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  const int told = clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC;
  if (!fakes_clock || !state || !told) return (int)syscall(SYS_clock_gettime, clock, now);
  const int64_t milliseconds = tick(clock);
  now->tv_sec = milliseconds / 1000;
  now->tv_nsec = milliseconds % 1000 * 1000000;
  return 0;
}
time_t time(time_t* into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}
int gettimeofday(struct timeval* now, void* zone) {
  struct timespec exact;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}
