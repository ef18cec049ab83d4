// The module fsconv_mpi: messages by MPI, behind a face of plain C. The library loads it, and is never linked with it.
// SPDX-License-Identifier: Apache-2.0
#include <mpi.h>
#include <sched.h>
#include <time.h>

#include <fsconv/distributed/mpi_face.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <new>
#include <vector>

namespace {

MPI_Comm ranks = MPI_COMM_NULL;
char library[MPI_MAX_LIBRARY_VERSION_STRING] = "";

const char* words_of(const char* doing, int code) {
  thread_local char words[MPI_MAX_ERROR_STRING + 64];
  char reason[MPI_MAX_ERROR_STRING] = "unknown";
  int length = 0;
  MPI_Error_string(code, reason, &length);
  std::snprintf(words, sizeof words, "cannot %s by MPI: %s", doing, reason);
  return words;
}

// MPI's own waiting keeps a core busy, which belongs to the threads that compute while sums travel. This looks often
// for a while, for what comes at once, and then less and less often.
const char* wait(const char* doing, int begun, MPI_Request* request) {
  using Clock = std::chrono::steady_clock;
  const auto awake_until = Clock::now() + std::chrono::microseconds(100);
  long nap = 5'000;
  for (int code = begun, done = 0;;) {
    if (code == MPI_SUCCESS) code = MPI_Test(request, &done, MPI_STATUS_IGNORE);
    if (code != MPI_SUCCESS) return words_of(doing, code);
    if (done != 0) return nullptr;
    if (Clock::now() < awake_until) {
      sched_yield();
    } else {
      const timespec length{0, nap};
      nanosleep(&length, nullptr);
      nap = std::min(2 * nap, 200'000l);
    }
  }
}

// MPI counts in int: calls message(offset, length) for pieces that it can count.
template <class F>
const char* in_pieces(size_t count, F&& message) {
  constexpr size_t longest = size_t{1} << 30;
  for (size_t at = 0; at < count; at += longest)
    if (const char* problem = message(at, static_cast<int>(std::min(longest, count - at)))) return problem;
  return nullptr;
}

const char* start(int* rank, int* size) {
  // Messages come from one thread at a time, but not always from the same.
  int level = MPI_THREAD_SINGLE;
  int code = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &level);
  if (code == MPI_SUCCESS) code = MPI_Comm_dup(MPI_COMM_WORLD, &ranks);
  if (code == MPI_SUCCESS) code = MPI_Comm_set_errhandler(ranks, MPI_ERRORS_RETURN);
  if (code == MPI_SUCCESS) code = MPI_Comm_rank(ranks, rank);
  if (code == MPI_SUCCESS) code = MPI_Comm_size(ranks, size);
  if (code != MPI_SUCCESS) return words_of("start", code);
  int length = 0;
  MPI_Get_library_version(library, &length);
  return level >= MPI_THREAD_SERIALIZED
             ? nullptr
             : "this MPI lets only one thread send: MPI_THREAD_SERIALIZED is missing";
}

const char* send(const void* bytes, size_t count, int to) {
  return in_pieces(count, [&](size_t at, int length) {
    MPI_Request request;
    return wait("send",
                MPI_Isend(static_cast<const char*>(bytes) + at, length, MPI_BYTE, to, 0, ranks, &request),
                &request);
  });
}

const char* receive(void* bytes, size_t count, int from) {
  return in_pieces(count, [&](size_t at, int length) {
    MPI_Request request;
    return wait("receive",
                MPI_Irecv(static_cast<char*>(bytes) + at, length, MPI_BYTE, from, 0, ranks, &request),
                &request);
  });
}

const char* broadcast(void* bytes, size_t count, int root) {
  return in_pieces(count, [&](size_t at, int length) {
    MPI_Request request;
    return wait("broadcast",
                MPI_Ibcast(static_cast<char*>(bytes) + at, length, MPI_BYTE, root, ranks, &request),
                &request);
  });
}

const char* all_gather(const void* mine, const uint64_t* counts, void* all) try {
  int rank = 0, size = 0;
  MPI_Comm_rank(ranks, &rank);
  MPI_Comm_size(ranks, &size);
  constexpr uint64_t longest = uint64_t{1} << 30;
  std::vector<int> lengths, places;
  uint64_t sum = 0;
  for (int at = 0; at < size && sum < longest; sum += counts[at], ++at) {
    lengths.push_back(static_cast<int>(std::min(counts[at], longest)));
    places.push_back(static_cast<int>(sum));
  }
  if (sum < longest && lengths.size() == static_cast<size_t>(size)) {
    MPI_Request request;
    const int length = lengths[static_cast<size_t>(rank)];
    return wait("gather",
                MPI_Iallgatherv(mine, length, MPI_BYTE, all, lengths.data(), places.data(), MPI_BYTE, ranks,
                                &request),
                &request);
  }
  char* place = static_cast<char*>(all);
  for (int at = 0; at < size; place += counts[at], ++at) {
    if (at == rank) std::copy_n(static_cast<const char*>(mine), counts[at], place);
    if (const char* problem = broadcast(place, counts[at], at)) return problem;
  }
  return nullptr;
} catch (const std::bad_alloc&) {  // no exception leaves a face of C
  return "cannot gather by MPI: there is no memory for the list of the ranks' parts";
}

const char* all_or(uint64_t* bits) {
  MPI_Request request;
  return wait("vote", MPI_Iallreduce(MPI_IN_PLACE, bits, 1, MPI_UINT64_T, MPI_BOR, ranks, &request),
              &request);
}

void finish() {
  int over = 0;
  MPI_Finalized(&over);
  if (over == 0) MPI_Finalize();
}

void abort_all(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

}  // namespace

extern "C" const fsconv_mpi_face* fsconv_mpi() {
  static const fsconv_mpi_face face{FSCONV_MPI_FACE, start,  send,   receive,   broadcast,
                                    all_gather,      all_or, finish, abort_all, library};
  return &face;
}
