/*
 * The handler that XLA calls where a compiled JAX program computes the loss. It turns buffers into views, calls
 * rankloss_softmax(), and knows nothing of the loss.
 *
 * Arguments   logits, labels, and of where, weights and cotangent those that the attribute `arguments` has the bit of.
 * Results     those of loss, grad_logits, grad_labels and grad_weights that the attribute `results` has the bit of.
 * Attributes  `reduction`, a rankloss_reduction, and `rank`, the number of axes that the logits have in the program.
 *
 * Under vmap the logits have more axes than that: in front, as many as there are nested vmaps. All arguments then have
 * them, of extent 1 where an argument is the same for all, and all results have them. Behind them an argument has its own
 * axes, which broadcast to those of the logits.
 *
 * The functions of the library are given to this one at import, so that both are those of the same file.
 */
#include <stdbool.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "ffi.h"

#define EXPORT __attribute__((visibility("default")))

static rankloss_status (*softmax)(const rankloss_problem *problem, const rankloss_result *result);
static const char *(*last_error)(void);

EXPORT void rankloss_xla_use(rankloss_status (*softmax_of_library)(const rankloss_problem *, const rankloss_result *),
                             const char *(*last_error_of_library)(void));
EXPORT XLA_FFI_Error *rankloss_xla_softmax(XLA_FFI_CallFrame *frame);

void rankloss_xla_use(rankloss_status (*softmax_of_library)(const rankloss_problem *, const rankloss_result *),
                      const char *(*last_error_of_library)(void)) {
    softmax = softmax_of_library;
    last_error = last_error_of_library;
}

/* --- What XLA asks and is told ----------------------------------------------------------------------------------------- */

/* Before it calls a handler XLA asks for its version, by a call that computes nothing. */
static bool tells_version(const XLA_FFI_CallFrame *frame) {
    XLA_FFI_Extension_Base *const extension = frame->extension_start;
    if (extension == NULL || extension->type != XLA_FFI_Extension_Metadata)
        return false;
    XLA_FFI_Metadata *const metadata = ((XLA_FFI_Metadata_Extension *)extension)->metadata;
    metadata->api_version.major_version = XLA_FFI_API_MAJOR;
    metadata->api_version.minor_version = XLA_FFI_API_MINOR;
    return true;
}

static XLA_FFI_Error *error(const XLA_FFI_CallFrame *frame, XLA_FFI_Error_Code code, const char *message) {
    XLA_FFI_Error_Create_Args args = {.struct_size = sizeof args, .message = message, .errc = code};
    return frame->api->XLA_FFI_Error_Create(&args);
}

/* An attribute that is an int64; -1 where there is none of the name. */
static int64_t attribute(const XLA_FFI_Attrs *attrs, const char *name) {
    for (int64_t i = 0; i < attrs->size; i++) {
        const XLA_FFI_ByteSpan *const found = attrs->names[i];
        const XLA_FFI_Scalar *const scalar = attrs->attrs[i];
        if (found->len == strlen(name) && memcmp(found->ptr, name, found->len) == 0 &&
            attrs->types[i] == XLA_FFI_AttrType_SCALAR && scalar->dtype == XLA_FFI_DataType_S64)
            return *(const int64_t *)scalar->value;
    }
    return -1;
}

/* --- Views of buffers -------------------------------------------------------------------------------------------------- */

/* What the library calls a dtype of XLA's, and the bytes of an item; {0, 0} for one that it does not have. */
struct item {
    int32_t dtype; /* a rankloss_dtype */
    int64_t size;
};

static struct item item_of(XLA_FFI_DataType dtype) {
    static const struct item items[] = {
        [XLA_FFI_DataType_PRED] = {RANKLOSS_BOOL, 1}, [XLA_FFI_DataType_S8] = {RANKLOSS_I8, 1},
        [XLA_FFI_DataType_S16] = {RANKLOSS_I16, 2},   [XLA_FFI_DataType_S32] = {RANKLOSS_I32, 4},
        [XLA_FFI_DataType_S64] = {RANKLOSS_I64, 8},   [XLA_FFI_DataType_U8] = {RANKLOSS_U8, 1},
        [XLA_FFI_DataType_U16] = {RANKLOSS_U16, 2},   [XLA_FFI_DataType_U32] = {RANKLOSS_U32, 4},
        [XLA_FFI_DataType_U64] = {RANKLOSS_U64, 8},   [XLA_FFI_DataType_F16] = {RANKLOSS_F16, 2},
        [XLA_FFI_DataType_F32] = {RANKLOSS_F32, 4},   [XLA_FFI_DataType_F64] = {RANKLOSS_F64, 8},
        [XLA_FFI_DataType_BF16] = {RANKLOSS_BF16, 2},
    };
    return (size_t)dtype < sizeof items / sizeof items[0] ? items[dtype] : (struct item){0};
}

/* The axes of vmap, and which of their elements a call of the library is for. */
struct mapped {
    int64_t axes;
    int64_t extents[RANKLOSS_MAX_NDIM];
    int64_t count;   /* of their elements */
    int64_t element; /* the number of one of them, where each has a call of its own */
};

/* How many items lie behind one element of the axis before `axis`. */
static int64_t items_from(const XLA_FFI_Buffer *buffer, int64_t axis) {
    int64_t items = 1;
    for (int64_t i = axis; i < buffer->rank; i++)
        items *= buffer->dims[i];
    return items;
}

/* The part of a buffer that one element of vmap has, without the axes of vmap. */
static rankloss_array view_of_element(const XLA_FFI_Buffer *buffer, const struct mapped *mapped) {
    int64_t offset = 0, element = mapped->element;
    for (int64_t axis = mapped->axes - 1; axis >= 0; axis--) {
        if (buffer->dims[axis] != 1)
            offset += element % mapped->extents[axis] * items_from(buffer, axis + 1);
        element /= mapped->extents[axis];
    }
    rankloss_array view = {.dtype = item_of(buffer->dtype).dtype, .ndim = (int32_t)(buffer->rank - mapped->axes)};
    view.data = (char *)buffer->data + offset * item_of(buffer->dtype).size;
    for (int32_t i = 0; i < view.ndim; i++) {
        view.shape[i] = buffer->dims[mapped->axes + i];
        view.strides[i] = items_from(buffer, mapped->axes + i + 1);
    }
    return view;
}

/* All of a buffer, with the axes of vmap in front and its own at the end of `rank` more. */
static rankloss_array view_of_all(const XLA_FFI_Buffer *buffer, const struct mapped *mapped, int64_t rank) {
    rankloss_array view = {.dtype = item_of(buffer->dtype).dtype, .ndim = (int32_t)(mapped->axes + rank)};
    view.data = buffer->data;
    for (int64_t i = 0; i < mapped->axes; i++) {
        view.shape[i] = mapped->extents[i];
        view.strides[i] = buffer->dims[i] == 1 ? 0 : items_from(buffer, i + 1);
    }
    const int64_t missing = mapped->axes + rank - buffer->rank;
    for (int64_t i = mapped->axes; i < view.ndim; i++) {
        const bool own = i - missing >= mapped->axes;
        view.shape[i] = own ? buffer->dims[i - missing] : 1;
        view.strides[i] = own ? items_from(buffer, i - missing + 1) : 0;
    }
    return view;
}

/* --- A call of the library --------------------------------------------------------------------------------------------- */

enum { NUM_ARGUMENTS = 5, NUM_RESULTS = 4 };

/* The buffers of a call by what they are; NULL where there is none. */
struct buffers {
    const XLA_FFI_Buffer *arguments[NUM_ARGUMENTS]; /* logits, labels, where, weights, cotangent */
    const XLA_FFI_Buffer *results[NUM_RESULTS];     /* loss, grad_logits, grad_labels, grad_weights */
};

/* Deals out buffers, in their order, to the places that have a bit. False where their numbers differ. */
static bool deal(void **from, int64_t size, int64_t bits, const XLA_FFI_Buffer **to, int places) {
    int64_t dealt = 0;
    for (int i = 0; i < places; i++) {
        if ((bits >> i & 1) != 0 && dealt < size)
            to[i] = from[dealt++];
    }
    return dealt == size;
}

static rankloss_array view_of(const XLA_FFI_Buffer *buffer, const struct mapped *mapped, int64_t rank, bool all) {
    if (buffer == NULL)
        return (rankloss_array){0};
    return all ? view_of_all(buffer, mapped, rank) : view_of_element(buffer, mapped);
}

static rankloss_status call(const struct buffers *buffers, const struct mapped *mapped, int64_t rank,
                            rankloss_reduction reduction) {
    /* Losses of lists that are not reduced are those of one large batch. */
    const bool all = reduction == RANKLOSS_NONE;
    rankloss_array in[NUM_ARGUMENTS], out[NUM_RESULTS];
    for (int i = 0; i < NUM_ARGUMENTS; i++)
        in[i] = view_of(buffers->arguments[i], mapped, i == NUM_ARGUMENTS - 1 ? rank - 1 : rank, all);
    for (int i = 0; i < NUM_RESULTS; i++)
        out[i] = view_of(buffers->results[i], mapped, i == 0 ? rank - 1 : rank, all);
    const rankloss_problem problem = {
        .logits = in[0], .labels = in[1], .where = in[2], .weights = in[3], .cotangent = in[4], .reduction = reduction};
    const rankloss_result result = {
        .loss = out[0], .grad_logits = out[1], .grad_labels = out[2], .grad_weights = out[3]};
    return softmax(&problem, &result);
}

/* The axes of vmap, whose extents are those of any result. */
static struct mapped mapped_of(const struct buffers *buffers, int64_t rank) {
    struct mapped mapped = {.axes = buffers->arguments[0]->rank - rank, .count = 1};
    const XLA_FFI_Buffer *result = NULL;
    for (int i = 0; i < NUM_RESULTS && result == NULL; i++)
        result = buffers->results[i];
    for (int64_t axis = 0; axis < mapped.axes; axis++) {
        mapped.extents[axis] = result->dims[axis];
        mapped.count *= result->dims[axis];
    }
    return mapped;
}

XLA_FFI_Error *rankloss_xla_softmax(XLA_FFI_CallFrame *frame) {
    if (tells_version(frame))
        return NULL;
    const int64_t rank = attribute(&frame->attrs, "rank");
    const int64_t results = attribute(&frame->attrs, "results");
    const int64_t reduction = attribute(&frame->attrs, "reduction");
    struct buffers buffers = {{0}, {0}};
    if (rank < 1 || results < 1 || reduction < RANKLOSS_MEAN || reduction > RANKLOSS_NONE ||
        !deal(frame->args.args, frame->args.size, attribute(&frame->attrs, "arguments"), buffers.arguments,
              NUM_ARGUMENTS) ||
        !deal(frame->rets.rets, frame->rets.size, results, buffers.results, NUM_RESULTS))
        return error(frame, XLA_FFI_Error_Code_INTERNAL, "rankloss: a call that rankloss.jax does not make");
    if (buffers.arguments[0]->rank > RANKLOSS_MAX_NDIM)
        return error(frame, XLA_FFI_Error_Code_INVALID_ARGUMENT, "rankloss: more than 8 axes, vmap's included");

    struct mapped mapped = mapped_of(&buffers, rank);
    const int64_t calls = reduction == RANKLOSS_NONE ? 1 : mapped.count;
    for (mapped.element = 0; mapped.element < calls; mapped.element++) {
        const rankloss_status status = call(&buffers, &mapped, rank, (rankloss_reduction)reduction);
        if (status == RANKLOSS_ERROR_MEMORY)
            return error(frame, XLA_FFI_Error_Code_RESOURCE_EXHAUSTED, last_error());
        if (status != RANKLOSS_OK)
            return error(frame, XLA_FFI_Error_Code_INVALID_ARGUMENT, last_error());
    }
    return NULL;
}
