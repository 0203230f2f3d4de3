/*
 * One list over many calls or machines: what is to be known of a stretch of a list's items for the loss of the whole list,
 * and for the derivatives of any of its items.
 *
 * A list that does not fit one machine, such as the scores of all items of a catalogue, is cut into stretches. For each, a
 * call with rankloss_result.state gives its state. States of stretches are merged in the order of the stretches. A call with
 * the merged state in rankloss_problem.state takes it in the place of its own sums: its loss is that of the whole list, and
 * its derivatives are those of the items at hand.
 *
 *     rank r    rankloss_softmax(items of r, result.state = &mine)
 *     all       send mine to one rank, which merges them in order and sends the result back
 *     rank r    rankloss_softmax(items of r, problem.state = &merged, result.loss, result.grad_logits, ...)
 *
 * For a batch in stretches every call has the same lists, some of them perhaps without items, and there is one state for
 * each list. It serves a backward pass as well: with the state of the forward pass, which read the same items, the list is
 * not summed again.
 *
 * Numerical guarantee: the bounds of softmax.h hold for the whole list, whatever the number of stretches. Merging is done in
 * 106 bits with a wide exponent: nothing overflows or underflows, and each stretch costs some 2^-90 of what was lower. Where
 * labels sum to one, the coefficients of all stretches may cancel in their sum to 2^-40 of their magnitudes, no further. The
 * same stretches merged in the same order give the same bits on every machine; other stretches may give others, within the
 * bounds.
 *
 * One list of n items over r ranks takes 192 bytes from each rank and to it.
 */
#ifndef RANKLOSS_LIST_STATE_H
#define RANKLOSS_LIST_STATE_H

#include <rankloss/export.h>
#include <rankloss/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The words of a state. */
#define RANKLOSS_LIST_STATE_WORDS 24

/**
 * Plain memory. Zeroed it is the state of a stretch without a valid item. It may be copied, stored, and sent to a machine of
 * the same byte order. What the words mean is the library's own, and may change with its minor version; memory that
 * obviously holds something else is an RANKLOSS_ERROR_OPTION.
 *
 * It is for one compute dtype, temperature and label mode, those of the call that wrote it, which all stretches have to
 * share and the calls that take it; and for the tangent of that call, if it had one, which hvp_logits needs. Other inputs may
 * be absent in some stretches, where they stand for their defaults.
 */
typedef struct rankloss_list_state {
    double words[RANKLOSS_LIST_STATE_WORDS];
} rankloss_list_state;

/**
 * Makes `into`, the state of a stretch, that of it and of the stretch behind it, `from`. Both may be merged already. They may
 * be one and the same, which stands for the items twice; apart from that they must not overlap.
 *
 * RANKLOSS_ERROR_OPTION where they are of calls with another dtype, temperature or label mode, or one has a tangent and the
 * other not; RANKLOSS_ERROR_OVERFLOW for more than 2^46 valid items. On an error `into` is as it was.
 */
RANKLOSS_API rankloss_status rankloss_list_state_merge(rankloss_list_state *into, const rankloss_list_state *from);

#ifdef __cplusplus
}
#endif

#endif
