/*
 * Loads the shared library, makes a call that threads share, and unloads it, over and over: what a host does with its
 * plugins. The threads of an OpenMP runtime wait for more work after a call, in code that must still be there.
 *
 *     unload LIBRARY
 */
#define _POSIX_C_SOURCE 200809L

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rankloss/softmax.h>

enum { LISTS = 2000, SIZE = 100, TIMES = 20 };

static float logits[LISTS * SIZE], labels[LISTS * SIZE], gradient[LISTS * SIZE];

typedef rankloss_status (*softmax_function)(const rankloss_problem *problem, const rankloss_result *result);

static void *load(const char *path, softmax_function *softmax) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library != NULL ? dlsym(library, "rankloss_softmax") : NULL;
    if (symbol == NULL) {
        printf("%s\n", dlerror());
        exit(EXIT_FAILURE);
    }
    memcpy((void *)softmax, (const void *)&symbol, sizeof symbol); /* ISO C has no cast for it */
    return library;
}

/* On a busy machine, too, the threads run before the library is loaded again, which may be to where it was. */
static void let_threads_run(void) {
    (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

int main(int argc, char **argv) {
    if (argc != 2)
        return EXIT_FAILURE;
    for (int i = 0; i < LISTS * SIZE; i++) {
        logits[i] = (float)(i % 17) / 4.0F;
        labels[i] = (float)(i % 5 == 0);
    }
    for (int time = 0; time < TIMES; time++) {
        float loss = 0.0F;
        /* Without RANKLOSS_ARRAY, which calls the library by its linked name. */
        const rankloss_array shape = {.dtype = RANKLOSS_F32, .ndim = 2, .shape = {LISTS, SIZE}, .strides = {SIZE, 1}};
        rankloss_problem problem = {.logits = shape, .labels = shape, .num_threads = 2};
        rankloss_result result = {.loss = {.data = &loss, .dtype = RANKLOSS_F32}, .grad_logits = shape};
        problem.logits.data = logits;
        problem.labels.data = labels;
        result.grad_logits.data = gradient;
        softmax_function softmax;
        void *library = load(argv[1], &softmax);
        const rankloss_status status = softmax(&problem, &result);
        if (status != RANKLOSS_OK || !(loss > 0.0F)) {
            printf("call %d: status %d, loss %g\n", time, (int)status, (double)loss);
            return EXIT_FAILURE;
        }
        if (dlclose(library) != 0) {
            printf("%s\n", dlerror());
            return EXIT_FAILURE;
        }
        let_threads_run();
    }
    printf("loaded, called and unloaded %d times\n", TIMES);
    return EXIT_SUCCESS;
}
