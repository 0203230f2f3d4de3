/*
 * The size of the last level of cache, as the system reports it.
 */
#ifndef RANKLOSS_SRC_CPU_CACHE_H
#define RANKLOSS_SRC_CPU_CACHE_H

#include <stdint.h>

/* In bytes; 8 MiB where the system does not report it. */
int64_t rankloss__cache_size(void);

#endif
