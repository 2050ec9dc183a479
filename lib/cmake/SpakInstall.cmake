# Part of spakc. SPDX-License-Identifier: Apache-2.0
#
# Owns: what `cmake --install` installs, and the package that an outside
# project finds. Included once, last, by the top CMakeLists.txt.
include(CMakePackageConfigHelpers)

set(SPAK_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/SPAK)

# libMLIR stays where the distribution put it.
set_target_properties(spakc PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
set_target_properties(spak_rt_static PROPERTIES EXPORT_NAME runtime)

add_library(spak_device INTERFACE)
target_include_directories(spak_device INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/runtime/include>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(spak_device PROPERTIES EXPORT_NAME device)

install(TARGETS spakc EXPORT SPAKTargets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT Development)
install(TARGETS spak_rt_static spak_device EXPORT SPAKTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT Development)
install(TARGETS spak_rt
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT Runtime)
install(EXPORT SPAKTargets NAMESPACE spak:: DESTINATION ${SPAK_PACKAGE_DIR}
  COMPONENT Development)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/include/
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT Development
  FILES_MATCHING PATTERN "*.h" PATTERN "*.cuh")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/schema/
  DESTINATION ${CMAKE_INSTALL_DATADIR}/spak/schema COMPONENT Runtime
  FILES_MATCHING PATTERN "*.json")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/python/
  DESTINATION ${CMAKE_INSTALL_DATADIR}/spak/python COMPONENT Runtime
  FILES_MATCHING PATTERN "*.py" PATTERN "__pycache__" EXCLUDE)

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/SPAKConfig.cmake.in
  ${CMAKE_BINARY_DIR}/SPAKConfig.cmake
  INSTALL_DESTINATION ${SPAK_PACKAGE_DIR}
  PATH_VARS CMAKE_INSTALL_BINDIR CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/SPAKConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_BINARY_DIR}/SPAKConfig.cmake
  ${CMAKE_BINARY_DIR}/SPAKConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/SpakAddKernel.cmake
  DESTINATION ${SPAK_PACKAGE_DIR} COMPONENT Development)
