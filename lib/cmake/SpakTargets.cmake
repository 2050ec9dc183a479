# SPDX-License-Identifier: Apache-2.0
#
# Owns: how a library, a tool and a unit test of this project are declared.

# spak_add_library(name SOURCES … [DEPENDS tablegen targets] [LIBS our libraries]
#                  [MLIR_LIBS MLIR libraries, resolved to libMLIR.so])
function(spak_add_library name)
  cmake_parse_arguments(A "" "" "SOURCES;DEPENDS;LIBS;MLIR_LIBS" ${ARGN})
  add_mlir_library(${name} ${A_SOURCES} EXCLUDE_FROM_LIBMLIR DISABLE_INSTALL
    PARTIAL_SOURCES_INTENDED DEPENDS ${A_DEPENDS} LINK_LIBS PUBLIC ${A_LIBS})
  mlir_target_link_libraries(${name} PUBLIC ${A_MLIR_LIBS})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wno-unused-parameter)
  if(SPAK_PCH AND NOT name STREQUAL SpakPch)
    target_precompile_headers(${name} REUSE_FROM SpakPch)
  endif()
endfunction()

# spak_add_tool(name SOURCES … [LIBS …] [MLIR_LIBS …])
function(spak_add_tool name)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS;MLIR_LIBS" ${ARGN})
  add_llvm_executable(${name} ${A_SOURCES} PARTIAL_SOURCES_INTENDED)
  target_link_libraries(${name} PRIVATE ${A_LIBS})
  mlir_target_link_libraries(${name} PRIVATE ${A_MLIR_LIBS})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wno-unused-parameter)
endfunction()

# spak_add_unittest(name SOURCES … [LIBS …] [MLIR_LIBS …]): one GoogleTest
# executable, registered with CTest as one test.
function(spak_add_unittest name)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS;MLIR_LIBS" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${name} ${A_SOURCES})
  llvm_update_compile_flags(${name})
  target_link_libraries(${name} PRIVATE ${A_LIBS} GTest::gtest GTest::gtest_main)
  mlir_target_link_libraries(${name} PRIVATE ${A_MLIR_LIBS})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test/bin)
  add_test(NAME ${name} COMMAND ${name})
  set_property(GLOBAL APPEND PROPERTY SPAK_UNITTESTS ${name})
endfunction()

if(SPAK_PCH)
  spak_add_library(SpakPch SOURCES ${CMAKE_SOURCE_DIR}/lib/Support/Pch.cpp MLIR_LIBS MLIRIR)
  target_precompile_headers(SpakPch PRIVATE ${CMAKE_SOURCE_DIR}/lib/Support/Pch.h)
endif()
