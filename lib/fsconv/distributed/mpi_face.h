/* What the module fsconv_mpi offers: plain C, so that it may be built by another compiler, for any MPI.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSCONV_MPI_FACE_H
#define FSCONV_MPI_FACE_H

#include <stddef.h>
#include <stdint.h>

/* Raised with every change below; a module of another one is refused. */
#define FSCONV_MPI_FACE 1

/* Functions return NULL, or what went wrong, in words that live until the thread's next call. One thread at a time. What the
 * bytes mean is the callers' affair. */
struct fsconv_mpi_face {
  int version; /* FSCONV_MPI_FACE */
  const char* (*start)(int* rank, int* size);
  const char* (*send)(const void* bytes, size_t count, int to);
  const char* (*receive)(void* bytes, size_t count, int from);
  const char* (*broadcast)(void* bytes, size_t count, int root);
  /* counts[rank] bytes of every rank, one after the other, to all. */
  const char* (*all_gather)(const void* mine, const uint64_t* counts, void* all);
  /* The bits that any rank has. */
  const char* (*all_or)(uint64_t* bits);
  void (*finish)(void); /* every rank calls it */
  void (*abort_all)(int code);
  const char* library; /* which MPI, after start() */
};

/* The only name that is looked up. */
#ifdef __cplusplus
extern "C"
#endif
    const struct fsconv_mpi_face*
    fsconv_mpi(void);

#endif
