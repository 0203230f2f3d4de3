/*
 * The words of the vocabulary in the header VOCABULARY, as the array WORDS.
 */
#include VOCABULARY

#include "words.h"

#include <math.h>
#include <string.h>

/* --- what comes out --- */

static inline void put(words_out *out, vec a) {
    vec_store_f64(out->doubles, a);
}

/* Of arithmetic: which NaN it is may depend on the processor. */
static inline void put_numbers(words_out *out, vec a) {
    put(out, a);
    for (int k = 0; k < 8; k++)
        if (isnan(out->doubles[k]))
            out->doubles[k] = (double)NAN;
}

static inline void put_floats(words_out *out, const float *floats, size_t n) {
    for (size_t k = 0; k < n; k++)
        out->floats[k] = isnan(floats[k]) ? NAN : floats[k];
}

/* infinity: of the format. Everything above it is NaN. */
static inline void put_halves(words_out *out, const uint16_t *halves, size_t n, uint16_t infinity) {
    for (size_t k = 0; k < n; k++)
        out->halves[k] = (halves[k] & 0x7FFF) > infinity ? 0x7FFF : halves[k];
}

/* As the bits of lanes, and as what it selects. */
static inline void put_mask(words_out *out, mask m) {
    vec_store_f64(out->doubles, vec_select(m, vec_all(1.0), vec_all(2.0)));
    out->doubles[8] = (double)mask_bits(m);
}

/* --- reals, however many there are in a register --- */

#define EACH_F32 for (int i = 0; i < WORDS_REALS; i += (int)REALS_F32_LANES)
#define FX reals_load_f32(in->fx + i)
#define FY reals_load_f32(in->fy + i)
#define NUMBERS reals_load_f32(in->numbers + i)

static inline reals_f32 most_f32(const words_in *in) {
    reals_f32 most = reals_load_f32(in->numbers);
    EACH_F32 most = reals_max_f32(reals_load_f32(in->numbers + i), most);
    return most;
}

static inline reals_f32 least_f32(const words_in *in) {
    reals_f32 least = reals_load_f32(in->numbers);
    EACH_F32 least = reals_min_f32(reals_load_f32(in->numbers + i), least);
    return least;
}

/* --- squares --- */

/* rows[k] = the row k of a square of 8 x 8 */
#define ROWS(type, square)      \
    type *rows[8];              \
    for (int k = 0; k < 8; k++) \
    rows[k] = (square) + 8 * k

/* Of the rows so many elements. */
#define COUNTS                  \
    size_t counts[8];           \
    for (int k = 0; k < 8; k++) \
    counts[k] = (in->n + 3 * (size_t)k) % 9

/* --- the words --- */

#define EACH_WORD(WORD)                                                                                            \
    WORD(vec_all, put(out, vec_all(in->a[0])))                                                                     \
    WORD(vec_first, out->doubles[0] = vec_first(a))                                                                \
    WORD(vec_sum, put_numbers(out, vec_all(vec_sum(a))))                                                           \
    WORD(vec_load_f64, put(out, a))                                                                                \
    WORD(vec_load_f32, put_numbers(out, vec_load_f32(in->fx)))                                                     \
    WORD(vec_load_first_f64, put(out, vec_load_first_f64(in->first_f64, in->n)))                                   \
    WORD(vec_load_first_f32, put_numbers(out, vec_load_first_f32(in->first_f32, in->n)))                           \
    WORD(vec_load_i32, put(out, vec_load_i32(in->integers)))                                                       \
    WORD(vec_load_first_i32, put(out, vec_load_first_i32(in->first_i32, in->n)))                                   \
    WORD(vec_load_u8, put(out, vec_load_u8(in->square_u8)))                                                        \
    WORD(vec_load_first_u8, put(out, vec_load_first_u8(in->first_bytes, in->n)))                                   \
    WORD(vec_gather_f64, put(out, vec_gather_f64(in->square_f64, in->at)))                                         \
    WORD(vec_gather_f32, put_numbers(out, vec_gather_f32(in->square_f32, in->at)))                                 \
    WORD(vec_store_f64, vec_store_f64(out->doubles + 1, a))                                                        \
    WORD(vec_store_f32, float to[8]; vec_store_f32(to, a); put_floats(out, to, 8))                                 \
    WORD(vec_store_first_f64, vec_store_first_f64(in->first_f64, a, in->n);                                        \
         memcpy(out, in->first_f64, in->n * sizeof(double)))                                                       \
    WORD(vec_store_first_f32, vec_store_first_f32(in->first_f32, a, in->n); put_floats(out, in->first_f32, in->n)) \
    WORD(vec_store_f16, uint16_t to[8]; vec_store_f16(to, a); put_halves(out, to, 8, 0x7C00))                      \
    WORD(vec_store_bf16, uint16_t to[8]; vec_store_bf16(to, a); put_halves(out, to, 8, 0x7F80))                    \
    WORD(vec_store_first_f16, vec_store_first_f16(in->first_u16, a, in->n);                                        \
         put_halves(out, in->first_u16, in->n, 0x7C00))                                                            \
    WORD(vec_store_first_bf16, vec_store_first_bf16(in->first_u16, a, in->n);                                      \
         put_halves(out, in->first_u16, in->n, 0x7F80))                                                            \
    WORD(floats_from_f16, float to[8]; floats_from_f16(in->square_u16, to); put_floats(out, to, 8))                \
    WORD(floats_from_i32, float to[8]; memcpy(to, in->integers, sizeof to); floats_from_i32(to, to);               \
         put_floats(out, to, 8))                                                                                   \
    WORD(vec_add, put_numbers(out, vec_add(a, b)))                                                                 \
    WORD(vec_sub, put_numbers(out, vec_sub(a, b)))                                                                 \
    WORD(vec_mul, put_numbers(out, vec_mul(a, b)))                                                                 \
    WORD(vec_div, put_numbers(out, vec_div(a, b)))                                                                 \
    WORD(vec_fma, put_numbers(out, vec_fma(a, b, c)))                                                              \
    WORD(vec_fnma, put_numbers(out, vec_fnma(a, b, c)))                                                            \
    WORD(vec_fms, put_numbers(out, vec_fms(a, b, c)))                                                              \
    WORD(vec_max, put(out, vec_max(a, b)))                                                                         \
    WORD(vec_min, put(out, vec_min(a, b)))                                                                         \
    WORD(vec_ge, put_mask(out, vec_ge(a, b)))                                                                      \
    WORD(vec_gt, put_mask(out, vec_gt(a, b)))                                                                      \
    WORD(vec_eq, put_mask(out, vec_eq(a, b)))                                                                      \
    WORD(vec_ne, put_mask(out, vec_ne(a, b)))                                                                      \
    WORD(vec_select, put(out, vec_select(vec_ge(a, b), b, c)))                                                     \
    WORD(vec_add_where, put_numbers(out, vec_add_where(vec_ge(a, b), vec_add(b, vec_all(0.0)), c)))                \
    WORD(vec_swap_4, put(out, vec_swap_4(a)))                                                                      \
    WORD(vec_swap_2, put(out, vec_swap_2(a)))                                                                      \
    WORD(vec_swap_1, put(out, vec_swap_1(a)))                                                                      \
    WORD(vec_bits_shift_left, put(out, vec_bits_shift_left(a, in->shift)))                                         \
    WORD(vec_bits_shift_right, put(out, vec_bits_shift_right(a, in->shift)))                                       \
    WORD(vec_bits_and, put(out, vec_bits_and(a, in->bits)))                                                        \
    WORD(vec_bits_or, put(out, vec_bits_or(a, in->bits)))                                                          \
    WORD(vec_bits_xor, put(out, vec_bits_xor(a, in->bits)))                                                        \
    WORD(vec_bits_add, put(out, vec_bits_add(a, b)))                                                               \
    WORD(vec_bits_sub, put(out, vec_bits_sub(a, b)))                                                               \
    WORD(mask_first, put_mask(out, mask_first(in->n)))                                                             \
    WORD(mask_but, put_mask(out, mask_but(in->n)))                                                                 \
    WORD(mask_nonzero_bytes, put_mask(out, mask_nonzero_bytes(in->first_bytes, in->n)))                            \
    WORD(mask_bits, out->bits = mask_bits(vec_eq(a, b)))                                                           \
    WORD(mask_and, put_mask(out, mask_and(vec_ge(a, b), vec_ge(b, c))))                                            \
    WORD(mask_and_not, put_mask(out, mask_and_not(vec_ge(a, b), vec_ge(b, c))))                                    \
    WORD(mask_or, put_mask(out, mask_or(vec_gt(a, b), vec_gt(b, c))))                                              \
    WORD(reals_all_f32, EACH_F32 reals_store_f32(out->floats + i, reals_all_f32(in->fx[0])))                       \
    WORD(reals_load_f32, EACH_F32 reals_store_f32(out->floats + i, FX))                                            \
    WORD(reals_store_f32, EACH_F32 reals_store_f32(out->floats + i + 1, FX))                                       \
    WORD(reals_add_f32, EACH_F32 reals_store_f32(out->floats + i, reals_add_f32(NUMBERS, reals_all_f32(1.0f))))    \
    WORD(reals_mul_f32, EACH_F32 reals_store_f32(out->floats + i, reals_mul_f32(NUMBERS, reals_all_f32(3.0f))))    \
    WORD(reals_abs_f32, EACH_F32 reals_store_f32(out->floats + i, reals_abs_f32(NUMBERS)))                         \
    WORD(reals_max_f32, EACH_F32 reals_store_f32(out->floats + i, reals_max_f32(FX, FY)))                          \
    WORD(reals_min_f32, EACH_F32 reals_store_f32(out->floats + i, reals_min_f32(FX, FY)))                          \
    WORD(reals_where_greater_f32, const reals_f32 yes = reals_all_f32(1.0f), no = reals_all_f32(2.0f);             \
         EACH_F32 reals_store_f32(out->floats + i, reals_where_greater_f32(FX, FY, yes, no)))                      \
    WORD(reals_where_nonzero_f32,                                                                                  \
         EACH_F32 reals_store_f32(out->floats + i, reals_where_nonzero_f32(in->square_u8 + i, FX, FY)))            \
    /* + 0: of two zeros it may be either */                                                                       \
    WORD(reals_largest_f32, out->floats[0] = reals_largest_f32(most_f32(in)) + 0.0f)                               \
    WORD(reals_smallest_f32, out->floats[0] = reals_smallest_f32(least_f32(in)) + 0.0f)                            \
    WORD(reals_equal_f32, EACH_F32 out->bits |= reals_equal_f32(FX, FY) << i)                                      \
    WORD(transpose_in_f32, ROWS(const void, in->square_f32); transpose_in_f32(rows, in->n % 5, out->floats))       \
    WORD(transpose_in_f64, ROWS(const void, in->square_f64); transpose_in_f64(rows, 0, out->doubles))              \
    WORD(transpose_in_u16, ROWS(const void, in->square_u16); transpose_in_u16(rows, 0, out->halves))               \
    WORD(transpose_out_u16, ROWS(void, out->halves); transpose_out_u16(in->square_u16, 0, rows))                   \
    WORD(transpose_in_u8, ROWS(const void, in->square_u8); transpose_in_u8(rows, 0, out->bytes))                   \
    WORD(transpose_bytes_in_f32, ROWS(const void, in->square_u8);                                                  \
         transpose_bytes_in_f32(rows, in->n % 5, out->floats))                                                     \
    WORD(transpose_out_f32, ROWS(void, out->floats); transpose_out_f32(in->square_f32, in->n % 5, rows))           \
    WORD(transpose_out_f64, ROWS(void, out->doubles); transpose_out_f64(in->square_f64, 0, rows))                  \
    WORD(transpose_part_in_f32, ROWS(const void, in->square_f32); COUNTS;                                          \
         transpose_part_in_f32(rows, counts, in->n % 3, out->floats))                                              \
    WORD(transpose_part_in_f64, ROWS(const void, in->square_f64); COUNTS;                                          \
         transpose_part_in_f64(rows, counts, in->n % 3, out->doubles))                                             \
    WORD(transpose_part_in_u16, ROWS(const void, in->square_u16); COUNTS;                                          \
         transpose_part_in_u16(rows, counts, in->n % 3, out->halves))                                              \
    WORD(transpose_part_in_u8, ROWS(const void, in->square_u8); COUNTS;                                            \
         transpose_part_in_u8(rows, counts, in->n % 3, out->bytes))                                                \
    WORD(transpose_part_bytes_in_f32, ROWS(const void, in->square_u8); COUNTS;                                     \
         transpose_part_bytes_in_f32(rows, counts, in->n % 5, out->floats))                                        \
    WORD(transpose_part_out_f32, ROWS(void, out->floats); COUNTS;                                                  \
         transpose_part_out_f32(in->square_f32, counts, in->n % 3, rows))                                          \
    WORD(transpose_part_out_f64, ROWS(void, out->doubles); COUNTS;                                                 \
         transpose_part_out_f64(in->square_f64, counts, in->n % 3, rows))                                          \
    WORD(transpose_part_out_u16, ROWS(void, out->halves); COUNTS;                                                  \
         transpose_part_out_u16(in->square_u16, counts, in->n % 3, rows))

#define FUNCTION(name, ...)                                         \
    static void run_##name(const words_in *in, words_out *out) {    \
        const vec a = vec_load_f64(in->a), b = vec_load_f64(in->b); \
        const vec c = vec_load_f64(in->c);                          \
        (void)a;                                                    \
        (void)b;                                                    \
        (void)c;                                                    \
        __VA_ARGS__;                                                \
    }

#define ROW(name, ...) {#name, run_##name},

EACH_WORD(FUNCTION)

const word WORDS[] = {EACH_WORD(ROW){NULL, NULL}};
