/*
 * One list's derivatives: gradients, Hessian diagonal, JVP and HVP. The upstream cotangent enters here. Knows no other
 * list.
 */
#ifndef RANKLOSS_SRC_LIST_GRADIENT_H
#define RANKLOSS_SRC_LIST_GRADIENT_H

#include "list/forward.h"
#include "list/list_chunks.h"
#include "list/output_writer.h"
#include "plan/plan.h"

/*
 * Writes the list's part of every output that has a writer. The writers share one block: the list's scratch->spare. Each
 * output chooses between the fast path and extended precision for itself. factors: those of upstream, in every lane.
 */
void rankloss__derivatives(rankloss__list *list, const rankloss__forward *forward, const rankloss__upstream *upstream,
                           const rankloss__factors *factors, rankloss__writer writers[RANKLOSS__NUM_DERIVATIVES]);

/* Whether double carries what a list with usable sums has by its tangent. */
bool rankloss__list_tangent_is_fast(rankloss__list *list, const rankloss__forward *forward);

/* The jvp of the list, which the cotangent does not enter. */
double rankloss__jvp(rankloss__list *list, const rankloss__forward *forward);

/* --- shared by lists alone and groups --- */

/*
 * The kernel of a derivative by the logits, and the value of each list's argmax, which it leaves to its caller; of other
 * derivatives NULL.
 */
typedef struct rankloss__step {
    void (*run)(const rankloss__items *items, const double *exps, const rankloss__terms *terms,
                const rankloss__lanes *argmax_row, rankloss__out out);
    const rankloss__lanes *argmax;
} rankloss__step;

rankloss__step rankloss__step_of(rankloss__derivative which, const rankloss__kernels *kernels,
                                 const rankloss__terms *terms);

/* Any derivative of some items in lane k, of which item `argmax` is the list's (beyond the items: none of them). */
void rankloss__derivative_step(rankloss__derivative which, const rankloss__kernels *kernels,
                               const rankloss__items *items, const double *exps, const rankloss__list_sums *sums,
                               const rankloss__losses *losses, const rankloss__terms *terms, size_t argmax,
                               rankloss__out out);

/* The jvp of the list in a lane, from the sum of v_i grad_i over the others; not finite where double does not carry it. */
double rankloss__jvp_of_sum(const rankloss__inputs *inputs, const rankloss__list_sums *sums,
                            const rankloss__terms *terms, int lane, rankloss__dd others);

#endif
