# x86-64-v2, less LAHF, which cpu_features does not report.
set(RP_BACKEND_ARCHITECTURES x86_64)
set(RP_BACKEND_FLAGS -march=x86-64-v2 -mno-sahf)
set(RP_BACKEND_CONDITION "f.sse3 && f.ssse3 && f.sse4_1 && f.sse4_2 && f.popcnt && f.cx16")
set(RP_BACKEND_RANK 10)
