# x86-64-v3, less LZCNT and LAHF, which cpu_features does not report.
set(RP_BACKEND_ARCHITECTURES x86_64)
set(RP_BACKEND_FLAGS -march=x86-64-v3 -mno-lzcnt -mno-sahf)
set(RP_BACKEND_CONDITION "f.avx2 && f.fma3 && f.f16c && f.bmi1 && f.bmi2 && f.movbe && f.popcnt && f.cx16")
set(RP_BACKEND_RANK 20)
