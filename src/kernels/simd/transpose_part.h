/*
 * Squares at the end of lists, for the sets and element sizes that have nothing better: the items of eight lists from
 * `first` on, as many as there are columns. What a list does not have is 0 in the block; nothing else of the lists is read
 * or written.
 */
#ifndef RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_PART_H
#define RANKLOSS_SRC_KERNELS_SIMD_TRANSPOSE_PART_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How many items a list has from `first` on, `most` at most. */
static inline size_t transpose_left(size_t size, size_t first, size_t most) {
    const size_t left = size > first ? size - first : 0;
    return left < most ? left : most;
}

/* n bytes, at most 8, the first of them lowest: by loads that overlap, of these bytes alone. For little-endian sets. */
static inline uint64_t load_few_bytes(const uint8_t *p, size_t n) {
    uint32_t low, high;
    if (n >= 4) {
        memcpy(&low, p, 4);
        memcpy(&high, p + n - 4, 4);
        return low | (uint64_t)high << 8 * (n - 4);
    }
    return n == 0 ? 0 : p[0] | (uint64_t)p[n / 2] << 8 * (n / 2) | (uint64_t)p[n - 1] << 8 * (n - 1);
}

/* numbers(bytes, block): the numbers that are the four bytes of each list, as floats. */
#define DEFINE_TRANSPOSE_BYTES_IN(name, part, numbers)                                                       \
    static inline void name(const void *const lists[8], size_t first, float *block) {                        \
        uint32_t bytes[8];                                                                                   \
        for (size_t k = 0; k < 8; k++)                                                                       \
            memcpy(&bytes[k], (const uint8_t *)lists[k] + first, 4);                                         \
        numbers(bytes, block);                                                                               \
    }                                                                                                        \
    static inline void part(const void *const lists[8], const size_t sizes[8], size_t first, float *block) { \
        uint32_t bytes[8];                                                                                   \
        for (size_t k = 0; k < 8; k++) {                                                                     \
            const size_t left = transpose_left(sizes[k], first, 4);                                          \
            const uint8_t *p = (const uint8_t *)lists[k] + (left > 0 ? first : 0);                           \
            bytes[k] = (uint32_t)load_few_bytes(p, left);                                                    \
        }                                                                                                    \
        numbers(bytes, block);                                                                               \
    }

#define DEFINE_TRANSPOSE_PART_IN(name, type, columns)                                                       \
    static inline void name(const void *const lists[8], const size_t sizes[8], size_t first, type *block) { \
        memset(block, 0, 8 * (columns) * sizeof *block);                                                    \
        for (size_t k = 0; k < 8; k++)                                                                      \
            for (size_t i = 0; i < transpose_left(sizes[k], first, columns); i++)                           \
                memcpy(&block[8 * i + k], (const type *)lists[k] + first + i, sizeof *block);               \
    }

/* At most 16 bytes, by moves of a constant size, which for most sizes overlap: no loop, and no function call. */
static inline void transpose_copy_few(unsigned char *to, const unsigned char *from, size_t size) {
    if (size >= 8) {
        memcpy(to, from, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else if (size >= 2) {
        memcpy(to, from, 2);
        memcpy(to + size - 2, from + size - 2, 2);
    } else if (size == 1) {
        *to = *from;
    }
}

/* For elements of 1 or 2 bytes: the lists are padded first, and are a whole square then. */
#define DEFINE_TRANSPOSE_PADDED_IN(name, type, whole)                                                                \
    static inline void name(const void *const lists[8], const size_t sizes[8], size_t first, type *block) {          \
        type rows[8][8];                                                                                             \
        const void *padded[8];                                                                                       \
        memset(rows, 0, sizeof rows);                                                                                \
        for (size_t k = 0; k < 8; k++) {                                                                             \
            const size_t left = transpose_left(sizes[k], first, 8);                                                  \
            padded[k] = rows[k];                                                                                     \
            if (left > 0)                                                                                            \
                transpose_copy_few((unsigned char *)rows[k], (const unsigned char *)lists[k] + first * sizeof(type), \
                                   left * sizeof(type));                                                             \
        }                                                                                                            \
        whole(padded, 0, block);                                                                                     \
    }

/* On the way back the square, in which a list may have ended, goes to rows that are whole. */
#define DEFINE_TRANSPOSE_PADDED_OUT(name, type, whole)                                                               \
    static inline void name(const type *block, const size_t sizes[8], size_t first, void *const lists[8]) {          \
        type rows[8][8];                                                                                             \
        void *padded[8];                                                                                             \
        for (size_t k = 0; k < 8; k++)                                                                               \
            padded[k] = rows[k];                                                                                     \
        whole(block, 0, padded);                                                                                     \
        for (size_t k = 0; k < 8; k++) {                                                                             \
            const size_t left = transpose_left(sizes[k], first, 8);                                                  \
            if (left > 0)                                                                                            \
                transpose_copy_few((unsigned char *)lists[k] + first * sizeof(type), (const unsigned char *)rows[k], \
                                   left * sizeof(type));                                                             \
        }                                                                                                            \
    }

#define DEFINE_TRANSPOSE_PART_OUT(name, type, columns)                                                      \
    static inline void name(const type *block, const size_t sizes[8], size_t first, void *const lists[8]) { \
        for (size_t k = 0; k < 8; k++)                                                                      \
            for (size_t i = 0; i < transpose_left(sizes[k], first, columns); i++)                           \
                memcpy((type *)lists[k] + first + i, &block[8 * i + k], sizeof *block);                     \
    }

#endif
