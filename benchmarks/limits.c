/*
 * Compiled for the processor at hand (-O3 -march=native), or the figures would be limits of the compiler's default.
 */
#define _POSIX_C_SOURCE 200809L

#include "limits.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support.h"

enum { BLOCK = 2048 };

bench_triad bench_triad_make(int64_t num_bytes, int threads) {
    const int64_t num_items = num_bytes / 12 + 1;
    return (bench_triad){.a = bench_allocate(num_items, sizeof(float)),
                         .b = bench_allocate(num_items, sizeof(float)),
                         .c = bench_allocate(num_items, sizeof(float)),
                         .num_items = num_items,
                         .threads = threads};
}

void bench_triad_free(bench_triad *triad) {
    free(triad->a);
    free(triad->b);
    free(triad->c);
}

void bench_triad_run(void *context) {
    const bench_triad *triad = context;
    float *restrict a = triad->a;
    const float *restrict b = triad->b, *restrict c = triad->c;
    const int64_t num_items = triad->num_items;
#pragma omp parallel for num_threads(triad->threads) if (triad->threads > 1)
    for (int64_t i = 0; i < num_items; i++)
        a[i] = b[i] + 3.0F * c[i];
}

/*
 * exp(x) for |x| < 80: x = n ln 2 + r, the Taylor polynomial of e^r, then n added to the exponent. Adding 3 * 2^22
 * rounds to an integer and leaves it in the low bits. A few last places off, which is enough for a speed limit.
 */
static inline float fast_exp(float x) {
    const float shifted = x * 1.44269504F + 12582912.0F;
    const float n = shifted - 12582912.0F;
    const float r = (x - n * .693145752F) - n * 1.42860677e-6F;
    float p = 1.0F / 720;
    p = p * r + 1.0F / 120;
    p = p * r + 1.0F / 24;
    p = p * r + 1.0F / 6;
    p = p * r + .5F;
    p = p * r + 1.0F;
    p = p * r + 1.0F;
    uint32_t bits, exponent;
    memcpy(&bits, &p, sizeof bits);
    memcpy(&exponent, &shifted, sizeof exponent);
    bits += exponent << 23;
    memcpy(&p, &bits, sizeof p);
    return p;
}

static double clock_seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Each thread keeps its own block; the asm keeps the compiler from leaving out a pass over it. */
void bench_exps_run(void *context) {
    bench_exps *exps = context;
    const int64_t blocks = exps->num_items / BLOCK + 1;
    const double begin = clock_seconds(CLOCK_MONOTONIC);
    double cpu = 0.0;
#pragma omp parallel num_threads(exps->threads) if (exps -> threads > 1) reduction(+ : cpu)
    {
        const double cpu_begin = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
        float in[BLOCK], out[BLOCK];
        for (int i = 0; i < BLOCK; i++)
            in[i] = (float)i * -.01F;
#pragma omp for
        for (int64_t block = 0; block < blocks; block++) {
            for (int i = 0; i < BLOCK; i++)
                out[i] = fast_exp(in[i]);
            __asm__ volatile("" : : "r"(out) : "memory");
        }
        cpu += clock_seconds(CLOCK_THREAD_CPUTIME_ID) - cpu_begin;
    }
    exps->cpu += cpu;
    exps->wall += clock_seconds(CLOCK_MONOTONIC) - begin;
}
