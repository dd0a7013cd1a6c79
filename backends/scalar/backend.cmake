# The scalar backend defines every result's bits, so it stays scalar. Any machine runs it.
set(RP_BACKEND_ARCHITECTURES any)
set(RP_BACKEND_FLAGS -fno-tree-vectorize -fno-tree-slp-vectorize)
set(RP_BACKEND_CONDITION "1")
set(RP_BACKEND_RANK 0)
