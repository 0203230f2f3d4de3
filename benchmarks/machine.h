/*
 * What figures depend on: the machine and the build.
 */
#ifndef BENCHMARKS_MACHINE_H
#define BENCHMARKS_MACHINE_H

#include <stdint.h>

typedef struct bench_machine {
    char cpu[128];   /**< the model's name */
    char kind[128];  /**< vendor, family, model and number of cores: what a baseline file is named after */
    int cores;       /**< processors that are on line */
    int64_t l1d, l2; /**< bytes of one core's caches; 0 where unknown */
    int64_t l3;      /**< bytes */
    int64_t memory;  /**< bytes */
} bench_machine;

bench_machine bench_machine_describe(void);

#endif
