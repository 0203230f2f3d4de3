/*
 * How large the last level of cache is, as the system tells.
 */
#ifndef RANKLOSS_SRC_CPU_CACHE_H
#define RANKLOSS_SRC_CPU_CACHE_H

#include <stdint.h>

/* In bytes; 8 MiB where the system does not tell. */
int64_t rankloss__cache_size(void);

#endif
