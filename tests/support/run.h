/*
 * For the main function of a test program, which CTest may run with a certain instruction set.
 */
#ifndef RANKLOSS_TESTS_RUN_H
#define RANKLOSS_TESTS_RUN_H

/**
 * 0 where the kernels are those that the environment variable RANKLOSS_ISA names, or where it names none. Otherwise says
 * so and returns the exit status for the program: that of a skipped test, or 1 for "portable", which every machine has.
 */
int run_refused(void);

/** run_refused(), and the same for a machine on which the long double reference cannot judge float64. */
int run_refused_reference(void);

/** Sets a variable of the environment. */
void run_set_variable(const char *name, const char *value);

#endif
