/*
 * src/status/error.c: the words of the last error, a text for each thread.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "run.h"
#include "status/error.h"

enum { ROOM = 320 };

/* Where cmocka's asserts would leave another thread. */
static void *fail_elsewhere(void *argument) {
    bool *const right = argument;
    *right = strcmp(rankloss_last_error(), "") == 0 &&
             rankloss__fail(RANKLOSS_ERROR_DTYPE, "elsewhere") == RANKLOSS_ERROR_DTYPE &&
             strcmp(rankloss_last_error(), "elsewhere") == 0;
    return NULL;
}

static void each_thread_has_its_own(void **state) {
    pthread_t thread;
    bool right = false;
    (void)state;
    assert_string_equal(rankloss_last_error(), "");
    (void)rankloss__fail(RANKLOSS_ERROR_SHAPE, "here");
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, &right), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(right);
    assert_string_equal(rankloss_last_error(), "here");
}

static void words_are_formatted(void **state) {
    (void)state;
    assert_int_equal(rankloss__fail(RANKLOSS_ERROR_OPTION, "%s is %lld of %.17g", "axis", -3LL, 0.1),
                     RANKLOSS_ERROR_OPTION);
    assert_string_equal(rankloss_last_error(), "axis is -3 of 0.10000000000000001");
    (void)rankloss__fail(RANKLOSS_ERROR_OPTION, "short");
    assert_string_equal(rankloss_last_error(), "short");
}

static void long_words_are_cut_off(void **state) {
    char words[2 * ROOM];
    (void)state;
    memset(words, 'x', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    (void)rankloss__fail(RANKLOSS_ERROR_OPTION, "%s", words);
    assert_int_equal(strlen(rankloss_last_error()), ROOM - 1);
    assert_memory_equal(rankloss_last_error(), words, ROOM - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thread_has_its_own), /* the first, for it looks at words that nothing has set yet */
        cmocka_unit_test(words_are_formatted),
        cmocka_unit_test(long_words_are_cut_off),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}
