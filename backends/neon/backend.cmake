# Advanced SIMD, which every aarch64 machine with an OS has.
set(RP_BACKEND_ARCHITECTURES aarch64)
set(RP_BACKEND_FLAGS -march=armv8-a)
set(RP_BACKEND_CONDITION "f.fp && f.asimd")
set(RP_BACKEND_RANK 10)
