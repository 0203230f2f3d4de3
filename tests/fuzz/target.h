/*
 * What libFuzzer and the driver of main.c call.
 */
#ifndef RANKLOSS_TESTS_FUZZ_TARGET_H
#define RANKLOSS_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
