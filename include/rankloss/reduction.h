/*
 * Reductions: from one loss per list to the loss of the call.
 */
#ifndef RANKLOSS_REDUCTION_H
#define RANKLOSS_REDUCTION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a call makes of the losses of its lists. */
typedef enum rankloss_reduction {
    RANKLOSS_MEAN = 0,  /**< the sum over the lists divided by the divisor of the problem, or where it has none by the
                             number of lists that have a valid item; 0 where none has */
    RANKLOSS_SUM = 1,   /**< the sum over the lists */
    RANKLOSS_NONE = 2,  /**< one loss for each list */
    RANKLOSS_CUSTOM = 3 /**< the caller's own, see rankloss_reducer */
} rankloss_reduction;

/**
 * The caller's own reduction, for RANKLOSS_CUSTOM. A call of rankloss_softmax calls each function once, on its own
 * thread, in the caller's floating-point environment, reduce before derivative, and both before any output is written.
 * A return value other than 0 ends the call with RANKLOSS_ERROR_CALLBACK and no output written. Neither may leave by
 * longjmp or an exception.
 *
 * losses has num_lists values (a list without a valid item has 0); counted[i] is 1 where list i has a valid item,
 * else 0. The arrays live until the function returns.
 */
typedef struct rankloss_reducer {
    /** Writes *reduced: the loss of the call. Required, and called whenever an output is asked for. */
    int (*reduce)(const double *losses, const uint8_t *counted, int64_t num_lists, double *reduced, void *user);
    /** Writes d(reduced)/d(losses[i]) to d_losses[i] for every list. May be NULL where no derivative is asked for. */
    int (*derivative)(const double *losses, const uint8_t *counted, int64_t num_lists, double *d_losses, void *user);
    /** Handed to both. */
    void *user;
} rankloss_reducer;

#ifdef __cplusplus
}
#endif

#endif
