/*
 * Which kernels are in use; here with RANKLOSS_ISA=portable in the environment.
 */
#include <stdio.h>

#include <rankloss/rankloss.h>

int main(void) {
    printf("kernels: %s\n", rankloss_isa());
    return 0;
}
