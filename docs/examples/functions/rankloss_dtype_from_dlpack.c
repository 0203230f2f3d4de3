/*
 * The dtypes of some of DLPack's; the library has none for a complex number.
 */
#include <stdio.h>

#include <rankloss/dlpack.h>

int main(void) {
    const DLDataType types[3] = {{kDLFloat, 32, 1}, {kDLBfloat, 16, 1}, {kDLComplex, 64, 1}};
    for (int i = 0; i < 3; i++) {
        rankloss_dtype dtype = RANKLOSS_F32;
        if (rankloss_dtype_from_dlpack(types[i], &dtype))
            printf("%d\n", (int)dtype);
        else
            puts("none");
    }
    return 0;
}
