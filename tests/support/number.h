/*
 * One element of an array, for the tests: every dtype is read as a long double, and a long double is rounded to every
 * dtype in one step. Nothing here is shared with the library.
 */
#ifndef RANKLOSS_TESTS_NUMBER_H
#define RANKLOSS_TESTS_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rankloss/array.h>

/** Bytes of an element; 0 for a value that is no dtype. */
size_t number_size(int32_t dtype);

/** True for F32, F64, F16 and BF16. */
bool number_is_float(int32_t dtype);

/** "f32", "bool" and so on. */
const char *number_name(int32_t dtype);

/** Bits of the significand of a float dtype, the leading one included. */
int number_precision(int32_t dtype);

/** The element at data[index]. */
long double number_load(int32_t dtype, const void *data, int64_t index);

/** Stores value at data[index]: rounded to nearest even in a float dtype, as a C cast does in the others. */
void number_store(int32_t dtype, void *data, int64_t index, long double value);

/** value rounded once to a float dtype, ties to even, with its subnormals and its overflow to infinity. */
long double number_round(int32_t dtype, long double value);

/** The unit in the last place of a float dtype at a magnitude, as if the dtype had no largest number. */
long double number_spacing(int32_t dtype, long double magnitude);

#endif
