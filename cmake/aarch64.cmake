# aarch64.cmake -- toolchain: Debian's cross compiler, build/sysroot-arm64 for the libraries, qemu to run.
# SPDX-License-Identifier: MIT
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(sysroot ${CMAKE_CURRENT_LIST_DIR}/../build/sysroot-arm64)
cmake_path(ABSOLUTE_PATH sysroot NORMALIZE)
list(APPEND CMAKE_FIND_ROOT_PATH ${sysroot} /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH) # an installed Raptors is looked for where it is
set(CMAKE_C_FLAGS_INIT "-isystem ${sysroot}/usr/include -isystem ${sysroot}/usr/include/aarch64-linux-gnu")
set(CMAKE_EXE_LINKER_FLAGS_INIT
    "-L${sysroot}/usr/lib/aarch64-linux-gnu -Wl,-rpath,${sysroot}/usr/lib/aarch64-linux-gnu,--disable-new-dtags") # for libraries of libraries, too
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-L${sysroot}/usr/lib/aarch64-linux-gnu")

# QEMU_CPU in the environment chooses the CPU: max (the default), cortex-a53 ...
find_program(RAPTORS_QEMU NAMES qemu-aarch64-static qemu-aarch64)
set(CMAKE_CROSSCOMPILING_EMULATOR ${RAPTORS_QEMU} -L /usr/aarch64-linux-gnu)
