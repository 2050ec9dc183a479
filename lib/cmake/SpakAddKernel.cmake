# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: the rule that turns a .dsl into a library. Works in an outside project
# (after find_package) and must not need anything of this one but the compiler.

# spak_add_kernel(target SOURCE k.dsl [NAME stem] [ARCH sm_90a]
#                 [POINT axis=value …] [HEADER var] [MANIFEST var])
#
# Adds a static library with the launch functions of the kernels in SOURCE at
# one point of its space; its header is <stem>.h (default: the source's name).
# HEADER and MANIFEST name variables that receive the paths of the header and of
# the manifest. Touching the source, or a file that it imports, makes it anew.
# The project must have the language CUDA enabled.
function(spak_add_kernel target)
  cmake_parse_arguments(A "" "SOURCE;NAME;ARCH;HEADER;MANIFEST" "POINT" ${ARGN})
  if(NOT A_SOURCE)
    message(FATAL_ERROR "spak_add_kernel(${target}): expected SOURCE file.dsl")
  endif()
  if(A_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR
      "spak_add_kernel(${target}): unknown arguments ${A_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT CMAKE_CUDA_COMPILER)
    message(FATAL_ERROR "spak_add_kernel(${target}): expected a project with "
      "the language CUDA, e.g. project(name LANGUAGES CXX CUDA)")
  endif()
  get_filename_component(source "${A_SOURCE}" ABSOLUTE)
  if(NOT A_NAME)
    get_filename_component(A_NAME "${source}" NAME_WE)
  endif()
  if(NOT A_ARCH)
    set(A_ARCH sm_90a)
  endif()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}.spak")
  file(MAKE_DIRECTORY "${folder}")
  set(stem "${folder}/${A_NAME}")
  set(axes)
  foreach(axis IN LISTS A_POINT)
    list(APPEND axes -D "${axis}")
  endforeach()

  # The depfile names what the source imports.
  add_custom_command(
    OUTPUT "${stem}.cu" "${stem}.h" "${stem}.json"
    COMMAND spak::spakc "${source}" -o "${stem}.cu" "--arch=${A_ARCH}" ${axes}
      -MD -MF "${stem}.d"
    DEPENDS "${source}" spak::spakc
    DEPFILE "${stem}.d"
    COMMENT "Compiling ${A_SOURCE} for ${A_ARCH}"
    VERBATIM)
  add_library(${target} STATIC "${stem}.cu")
  string(REGEX REPLACE "^sm_" "" number "${A_ARCH}")
  set_target_properties(${target} PROPERTIES
    CUDA_ARCHITECTURES "${number}-real"
    CUDA_STANDARD 17
    POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${target} PUBLIC "${folder}")
  if(A_HEADER)
    set(${A_HEADER} "${stem}.h" PARENT_SCOPE)
  endif()
  if(A_MANIFEST)
    set(${A_MANIFEST} "${stem}.json" PARENT_SCOPE)
  endif()
endfunction()
