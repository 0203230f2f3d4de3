/*
 * Reads and writes the registers themselves, where fenv.h has no functions for what they hold.
 */
#include "float_environment.h"

#include <fenv.h>

#if defined(__SSE2__)

#include <xmmintrin.h>

static uint64_t read_control(void) {
    return _mm_getcsr();
}

static void write_control(uint64_t control) {
    _mm_setcsr((unsigned)control);
}

/* MXCSR: flush to zero is bit 15, denormals are zero bit 6, the masks of the traps are bits 7 to 12. */
const float_mode float_modes[] = {
    {"ordinary", 0, 0, false},
    {"flush to zero", 0x8000, 0, false},
    {"denormals are zero", 0x0040, 0, false},
    {"flush to zero and denormals are zero", 0x8040, 0, false},
    {"traps", 0, 0x1F80, true},
    {"traps and flush to zero", 0x8000, 0x1F80, true},
    {"traps and denormals are zero", 0x0040, 0x1F80, true},
    {"traps, flush to zero and denormals are zero", 0x8040, 0x1F80, true},
};

#elif defined(__aarch64__) && defined(__GNUC__)

static uint64_t read_control(void) {
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    return control;
}

static void write_control(uint64_t control) {
    __asm__ volatile("msr fpcr, %0" : : "r"(control) : "memory");
}

/* FPCR: flush to zero is bit 24, default NaN bit 25. Few processors have the traps of bits 8 to 12; others ignore them. */
const float_mode float_modes[] = {
    {"ordinary", 0, 0, false},           {"flush to zero", 1u << 24, 0, false},
    {"default NaN", 1u << 25, 0, false}, {"flush to zero and default NaN", 3u << 24, 0, false},
    {"traps", 0x1F00, 0, true},
};

#else

static uint64_t read_control(void) {
    return 0;
}

static void write_control(uint64_t control) {
    (void)control;
}

const float_mode float_modes[] = {{"ordinary", 0, 0, false}};

#endif

const int num_float_modes = sizeof float_modes / sizeof *float_modes;

void float_mode_enter(const float_mode *mode) {
    write_control((read_control() | mode->set) & ~(uint64_t)mode->cleared);
}

float_environment float_environment_now(void) {
    return (float_environment){fegetround(), fetestexcept(FE_ALL_EXCEPT), read_control()};
}

bool float_environment_same(float_environment a, float_environment b) {
    return a.rounding == b.rounding && a.flags == b.flags && a.control == b.control;
}
