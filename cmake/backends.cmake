# backends.cmake -- builds backends/kernels.c once for each folder of backends/ that fits the architecture.
# SPDX-License-Identifier: MIT
#
# backends/NAME/backend.cmake states the facts of a backend:
#   RP_BACKEND_ARCHITECTURES  x86_64, aarch64 or any
#   RP_BACKEND_FLAGS          what the compiler needs
#   RP_BACKEND_CONDITION      a C expression over cpu_features' struct `f`: can this CPU run it?
#   RP_BACKEND_RANK           the greatest that runs is chosen
# The rows RP_BACKEND(name, condition), best first, go to backends.def in the build tree, and after them
# RP_BACKEND_ELSEWHERE(name) for the folders that are of another architecture.
set(RAPTORS_ONLY "" CACHE STRING "Only these backends, of those that fit; all where empty")

function(raptors_architecture result)
  string(TOLOWER "${CMAKE_SYSTEM_PROCESSOR}" processor)
  if(processor MATCHES "^(x86_64|amd64)$")
    set(processor x86_64)
  elseif(processor MATCHES "^(aarch64|arm64)$")
    set(processor aarch64)
  endif()
  set(${result} ${processor} PARENT_SCOPE)
endfunction()

# One object library, raptors_backend_NAME, whose only symbol is the table rp_kernels_NAME.
function(raptors_add_backend name flags)
  set(optimise -O3)
  if(RAPTORS_SANITIZE)
    set(optimise -O1) # instrumented vectors take a compiler half an hour at -O3
  endif()
  # A body reaches its loop as a function to be inlined there: gcc 14 refuses to, below -O1.
  set(optimise $<IF:$<CONFIG:Debug>,-O1,${optimise}>)
  add_library(raptors_backend_${name} OBJECT ${PROJECT_SOURCE_DIR}/backends/kernels.c)
  target_link_libraries(raptors_backend_${name} PRIVATE raptors_library_flags)
  target_compile_definitions(raptors_backend_${name} PRIVATE RP_BACKEND=${name})
  # Scheduling before registers are given out loads a block's rows before it adds any, and spills them (gcc, on aarch64).
  # A profile and a backtrace need lines; to say where each value of inlined vectors lies takes gcc half as long again.
  target_compile_options(raptors_backend_${name} PRIVATE
      ${optimise} $<$<CONFIG:RelWithDebInfo>:-g1>
      $<$<C_COMPILER_ID:GNU>:-fno-schedule-insns> ${flags})
  foreach(folder backends/${name} backends core)
    target_compile_options(raptors_backend_${name} PRIVATE -iquote${PROJECT_SOURCE_DIR}/${folder})
  endforeach()
endfunction()

# Sets `result` to the names of the backends built, best first, and writes backends.def into `directory`.
function(raptors_add_backends result directory)
  raptors_architecture(architecture)
  file(GLOB facts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/backends/*/backend.cmake)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${facts})
  set(ranked "")
  set(elsewhere "")
  foreach(file IN LISTS facts)
    include(${file})
    cmake_path(GET file PARENT_PATH folder)
    cmake_path(GET folder FILENAME name)
    if(NOT RP_BACKEND_ARCHITECTURES MATCHES "(^|;)(any|${architecture})(;|$)")
      string(APPEND elsewhere "RP_BACKEND_ELSEWHERE(${name})\n")
    elseif(NOT RAPTORS_ONLY OR name IN_LIST RAPTORS_ONLY)
      raptors_add_backend(${name} "${RP_BACKEND_FLAGS}")
      list(APPEND ranked "${RP_BACKEND_RANK} ${name} ${RP_BACKEND_CONDITION}")
    endif()
  endforeach()
  list(SORT ranked COMPARE NATURAL ORDER DESCENDING)

  set(names "")
  set(rows "/* backends.def -- the backends of this build, best first. Made by cmake/backends.cmake. */
#ifndef RP_BACKEND
#define RP_BACKEND(name, condition)
#endif
#ifndef RP_BACKEND_ELSEWHERE
#define RP_BACKEND_ELSEWHERE(name)
#endif
")
  foreach(entry IN LISTS ranked)
    string(REGEX MATCH "^[^ ]+ ([^ ]+) (.*)$" entry "${entry}")
    list(APPEND names ${CMAKE_MATCH_1})
    string(APPEND rows "RP_BACKEND(${CMAKE_MATCH_1}, ${CMAKE_MATCH_2})\n")
  endforeach()
  string(APPEND rows "${elsewhere}#undef RP_BACKEND\n#undef RP_BACKEND_ELSEWHERE\n")
  file(CONFIGURE OUTPUT ${directory}/backends.def CONTENT "${rows}" @ONLY)
  set(${result} ${names} PARENT_SCOPE)
endfunction()
