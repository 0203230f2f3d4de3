/*
 * The size of the last level of cache, as the system reports it.
 */
#ifndef RANKLOSS_SRC_CPU_CACHE_H
#define RANKLOSS_SRC_CPU_CACHE_H

#include <stdbool.h>
#include <stdint.h>

/* In bytes; 8 MiB where the system does not report it. */
int64_t rankloss__cache_size(void);

/* Whether an array of so many items, as floats, is too long to stay there, beside three others, until it is used again. */
bool rankloss__exceeds_last_cache(int64_t items);

#endif
