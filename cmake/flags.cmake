# flags.cmake -- the flags of everything we compile, as interface targets.
# SPDX-License-Identifier: MIT
option(RAPTORS_WERROR "Warnings are errors" ON)
set(RAPTORS_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")

add_library(raptors_flags INTERFACE)
target_compile_features(raptors_flags INTERFACE c_std_11)
target_compile_definitions(raptors_flags INTERFACE _GNU_SOURCE)
target_compile_options(raptors_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes
    $<$<BOOL:${RAPTORS_WERROR}>:-Werror>
    -ffp-contract=off -fno-math-errno -fwrapv # what a result's bits and a wrapping integer rest on
    -fno-lto)                                 # no code of one backend in another's path

# Hardening.
target_compile_options(raptors_flags INTERFACE -fstack-protector-strong)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  target_compile_options(raptors_flags INTERFACE -fcf-protection)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  target_compile_options(raptors_flags INTERFACE -mbranch-protection=standard)
endif()
if(NOT RAPTORS_SANITIZE)
  target_compile_options(raptors_flags INTERFACE
      $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
else()
  target_compile_options(raptors_flags INTERFACE
      -fsanitize=${RAPTORS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(raptors_flags INTERFACE -fsanitize=${RAPTORS_SANITIZE})
endif()

# What goes into the library: found from outside by its exported names only.
add_library(raptors_library_flags INTERFACE)
target_link_libraries(raptors_library_flags INTERFACE raptors_flags)
target_compile_definitions(raptors_library_flags INTERFACE RAPTORS_BUILD)
target_compile_options(raptors_library_flags INTERFACE -fvisibility=hidden -fPIC)
