/*
 * Tensors of DLPack, written by hand, as views: each dtype that there is and each that there is not, strides, offsets,
 * every refusal with the view left as it was; and the loss of a batch through tensors against that through plain views.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <rankloss/dlpack.h>
#include <rankloss/rankloss.h>

#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* kDLBool, for which version 0.6 has no name. */
enum { CODE_BOOL = 6 };

/* A tensor on the CPU, of floats and row-major until a test changes that. */
static DLTensor tensor_of(void *data, int ndim, int64_t *shape) {
    return (DLTensor){.data = data,
                      .device = {.device_type = kDLCPU},
                      .ndim = ndim,
                      .dtype = {.code = kDLFloat, .bits = 32, .lanes = 1},
                      .shape = shape};
}

static rankloss_array view_of(const DLTensor *tensor) {
    rankloss_array array = {0};
    assert_int_equal(rankloss_array_from_dlpack(tensor, &array), RANKLOSS_OK);
    return array;
}

/* Demands that a tensor is refused with that status, and that nothing was written. */
static void assert_refused(const DLTensor *tensor, rankloss_status status) {
    rankloss_array array, before;
    memset(&array, 0x5A, sizeof array);
    memcpy(&before, &array, sizeof array);
    assert_int_equal(rankloss_array_from_dlpack(tensor, &array), status);
    assert_memory_equal(&array, &before, sizeof array);
}

/* --- Dtypes --- */

static void test_dtypes(void **state) {
    (void)state;
    static const struct {
        uint8_t code, bits;
        int32_t dtype;
    } pairs[] = {
        {kDLFloat, 16, RANKLOSS_F16},   {kDLFloat, 32, RANKLOSS_F32}, {kDLFloat, 64, RANKLOSS_F64},
        {kDLBfloat, 16, RANKLOSS_BF16}, {kDLInt, 8, RANKLOSS_I8},     {kDLInt, 16, RANKLOSS_I16},
        {kDLInt, 32, RANKLOSS_I32},     {kDLInt, 64, RANKLOSS_I64},   {kDLUInt, 8, RANKLOSS_U8},
        {kDLUInt, 16, RANKLOSS_U16},    {kDLUInt, 32, RANKLOSS_U32},  {kDLUInt, 64, RANKLOSS_U64},
        {CODE_BOOL, 8, RANKLOSS_BOOL},
    };
    double data[4] = {0};
    int64_t shape[] = {4};
    DLTensor tensor = tensor_of(data, 1, shape);
    int taken = 0;
    for (int code = 0; code < 32; code++)
        for (int bits = 0; bits < 256; bits++) {
            int32_t dtype = 0;
            for (size_t i = 0; i < LENGTH(pairs); i++)
                if (pairs[i].code == code && pairs[i].bits == bits)
                    dtype = pairs[i].dtype;
            tensor.dtype = (DLDataType){.code = (uint8_t)code, .bits = (uint8_t)bits, .lanes = 1};
            if (dtype == 0) {
                assert_refused(&tensor, RANKLOSS_ERROR_DTYPE);
                continue;
            }
            assert_int_equal(view_of(&tensor).dtype, dtype);
            taken++;
        }
    assert_int_equal(taken, LENGTH(pairs));
}

/* A vector of four floats is no item; neither is none. */
static void test_lanes(void **state) {
    (void)state;
    float data[8] = {0};
    int64_t shape[] = {2};
    DLTensor tensor = tensor_of(data, 1, shape);
    const uint16_t lanes[] = {0, 2, 4, 257, UINT16_MAX};
    for (size_t i = 0; i < LENGTH(lanes); i++) {
        tensor.dtype.lanes = lanes[i];
        assert_refused(&tensor, RANKLOSS_ERROR_DTYPE);
    }
}

/* --- Where the elements are --- */

static void test_row_major_without_strides(void **state) {
    (void)state;
    float data[24] = {0};
    int64_t shape[] = {2, 3, 4};
    const DLTensor tensor = tensor_of(data, 3, shape);
    const rankloss_array array = view_of(&tensor), expected = RANKLOSS_ARRAY(data, 2, 3, 4);
    assert_memory_equal(&array, &expected, sizeof array);
}

static void test_strides(void **state) {
    (void)state;
    float data[24] = {0};
    int64_t shape[] = {4, 3, 2}, strides[] = {1, 0, -12};
    DLTensor tensor = tensor_of(data, 3, shape);
    tensor.strides = strides;
    const rankloss_array array = view_of(&tensor);
    assert_int_equal(array.ndim, 3);
    assert_memory_equal(array.shape, shape, sizeof shape);
    assert_memory_equal(array.strides, strides, sizeof strides);
}

/* In bytes, whatever the elements are. */
static void test_byte_offset(void **state) {
    (void)state;
    double data[6] = {0};
    int64_t shape[] = {3};
    DLTensor tensor = tensor_of(data, 1, shape);
    tensor.byte_offset = 3 * sizeof *data;
    assert_ptr_equal(view_of(&tensor).data, data + 3);
    tensor.dtype.bits = 64;
    assert_ptr_equal(view_of(&tensor).data, data + 3);
    tensor.byte_offset = (uint64_t)PTRDIFF_MAX + 1;
    assert_refused(&tensor, RANKLOSS_ERROR_OVERFLOW);
    tensor.byte_offset = UINT64_MAX;
    assert_refused(&tensor, RANKLOSS_ERROR_OVERFLOW);
}

static void test_no_elements(void **state) {
    (void)state;
    int64_t shape[] = {0, 5};
    DLTensor tensor = tensor_of(NULL, 2, shape);
    tensor.byte_offset = 64;
    const rankloss_array array = view_of(&tensor);
    assert_null(array.data);
    assert_int_equal(array.shape[1], 5);
}

static void test_one_number(void **state) {
    (void)state;
    float number = 2;
    DLTensor tensor = tensor_of(&number, 0, NULL);
    const rankloss_array array = view_of(&tensor);
    assert_int_equal(array.ndim, 0);
    assert_ptr_equal(array.data, &number);
    /* Its view would be an absent argument, and an argument that was given would be left out in silence. */
    tensor.data = NULL;
    assert_refused(&tensor, RANKLOSS_ERROR_NULL);
}

/* --- Refusals --- */

static void test_null(void **state) {
    (void)state;
    float data[2] = {0};
    int64_t shape[] = {2};
    const DLTensor tensor = tensor_of(data, 1, shape), shapeless = tensor_of(data, 1, NULL);
    assert_refused(NULL, RANKLOSS_ERROR_NULL);
    assert_refused(&shapeless, RANKLOSS_ERROR_NULL);
    assert_int_equal(rankloss_array_from_dlpack(&tensor, NULL), RANKLOSS_ERROR_NULL);
}

/* All devices of version 1, and what is none; memory that a CPU might be able to read among them. */
static void test_devices(void **state) {
    (void)state;
    float data[2] = {0};
    int64_t shape[] = {2};
    DLTensor tensor = tensor_of(data, 1, shape);
    for (int device = 0; device < 20; device++) {
        if (device == kDLCPU)
            continue;
        memcpy(&tensor.device.device_type, &device, sizeof device);
        assert_refused(&tensor, RANKLOSS_ERROR_OPTION);
    }
    tensor.device.device_type = kDLCPU;
    tensor.device.device_id = 3; /* a CPU has no number, and memory of it no other meaning */
    (void)view_of(&tensor);
}

static void test_axes(void **state) {
    (void)state;
    float data[1] = {0};
    int64_t shape[RANKLOSS_MAX_NDIM + 1];
    for (size_t k = 0; k < LENGTH(shape); k++)
        shape[k] = 1;
    DLTensor tensor = tensor_of(data, RANKLOSS_MAX_NDIM, shape);
    assert_int_equal(view_of(&tensor).ndim, RANKLOSS_MAX_NDIM);
    const int wrong[] = {RANKLOSS_MAX_NDIM + 1, INT32_MAX, -1, INT32_MIN};
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        tensor.ndim = wrong[i];
        assert_refused(&tensor, RANKLOSS_ERROR_SHAPE);
    }
}

/* The reasons are the calls': a view of a wrong shape is made, and refused in words where it is used. */
static void test_words_are_the_calls(void **state) {
    (void)state;
    float data[4] = {0}, loss = 7;
    int64_t shape[] = {2, 2}, negative[] = {2, -2};
    const DLTensor logits = tensor_of(data, 2, shape), labels = tensor_of(data, 2, negative);
    const rankloss_problem problem = {.logits = view_of(&logits), .labels = view_of(&labels)};
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1)};
    assert_int_equal(rankloss_softmax(&problem, &result), RANKLOSS_ERROR_SHAPE);
    assert_non_null(strstr(rankloss_last_error(), "labels"));
}

/* --- A batch --- */

/* Logits in columns behind a header, integer labels, a mask of bools; the gradient is written through a tensor. */
static void test_softmax(void **state) {
    (void)state;
    struct {
        float header[4], columns[3][2];
    } logits = {{0}, {{2, 0}, {1, 3}, {3, 1}}};
    int32_t labels[2][3] = {{1, 0, 2}, {0, 0, 1}};
    uint8_t where[2][3] = {{1, 1, 1}, {1, 0, 1}};
    float grad[2][3], loss = 0;
    int64_t shape[] = {2, 3}, by_columns[] = {1, 2};

    DLTensor logits_tensor = tensor_of(&logits, 2, shape);
    logits_tensor.byte_offset = sizeof logits.header;
    logits_tensor.strides = by_columns;
    DLTensor labels_tensor = tensor_of(labels, 2, shape);
    labels_tensor.dtype.code = kDLInt;
    DLTensor where_tensor = tensor_of(where, 2, shape);
    where_tensor.dtype = (DLDataType){.code = CODE_BOOL, .bits = 8, .lanes = 1};
    const DLTensor grad_tensor = tensor_of(grad, 2, shape), loss_tensor = tensor_of(&loss, 0, NULL);
    const rankloss_problem problem = {
        .logits = view_of(&logits_tensor), .labels = view_of(&labels_tensor), .where = view_of(&where_tensor)};
    const rankloss_result result = {.loss = view_of(&loss_tensor), .grad_logits = view_of(&grad_tensor)};
    assert_int_equal(rankloss_softmax(&problem, &result), RANKLOSS_OK);

    const float rows[2][3] = {{2, 1, 3}, {0, 3, 1}}, coefficients[2][3] = {{1, 0, 2}, {0, 0, 1}};
    float plain_grad[2][3], plain_loss;
    const rankloss_problem plain_problem = {.logits = RANKLOSS_ARRAY(&rows[0][0], 2, 3),
                                            .labels = RANKLOSS_ARRAY(&coefficients[0][0], 2, 3),
                                            .where = RANKLOSS_ARRAY(&where[0][0], 2, 3)};
    const rankloss_result plain = {.loss = RANKLOSS_ARRAY(&plain_loss, 1),
                                   .grad_logits = RANKLOSS_ARRAY(&plain_grad[0][0], 2, 3)};
    assert_int_equal(rankloss_softmax(&plain_problem, &plain), RANKLOSS_OK);
    assert_true(loss > 0);
    assert_memory_equal(&loss, &plain_loss, sizeof loss);
    assert_memory_equal(grad, plain_grad, sizeof grad);
}

int main(void) {
    const int refused = run_refused();
    if (refused)
        return refused;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dtypes),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_row_major_without_strides),
        cmocka_unit_test(test_strides),
        cmocka_unit_test(test_byte_offset),
        cmocka_unit_test(test_no_elements),
        cmocka_unit_test(test_one_number),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_axes),
        cmocka_unit_test(test_words_are_the_calls),
        cmocka_unit_test(test_softmax),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
