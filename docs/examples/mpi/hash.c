#include "hash.h"

#include <string.h>

/* The mixing step of SplitMix64, which lets every bit change about half of all. */
uint64_t hash_number(uint64_t hash, uint64_t number) {
    uint64_t bits = (hash ^ number) + UINT64_C(0x9E3779B97F4A7C15);
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94D049BB133111EB);
    return bits ^ (bits >> 31);
}

uint64_t hash_words(uint64_t hash, const void *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint64_t word = 0;
        memcpy(&word, (const char *)words + i * sizeof(word), sizeof(word));
        hash = hash_number(hash, word);
    }
    return hash;
}

static uint64_t bits_of_float(float number) {
    uint32_t bits = 0;
    memcpy(&bits, &number, sizeof(bits));
    return bits;
}

uint64_t hash_lists(uint64_t hash, const struct dataset *lists) {
    hash = hash_number(hash, lists->num_lists);
    for (size_t list = 0; list <= lists->num_lists; list++) {
        hash = hash_number(hash, (uint64_t)lists->offsets[list]);
    }
    for (size_t i = 0; i < lists->num_items; i++) {
        hash = hash_number(hash, (uint64_t)lists->where[i] << 32 | bits_of_float(lists->labels[i]));
        hash = hash_number(hash, lists->rows[i + 1]);
    }
    for (size_t e = 0; e < lists->rows[lists->num_items]; e++) {
        hash = hash_number(hash, (uint64_t)lists->entries[e].column << 32 | bits_of_float(lists->entries[e].value));
    }
    return hash;
}
