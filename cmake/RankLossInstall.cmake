# What is installed, and the two ways to find it: the CMake package and rankloss.pc. Both still work when the whole
# prefix is moved. RankLoss_Runtime is what programs load; RankLoss_Development what they are built with.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/RankLoss")
set(generated "${PROJECT_BINARY_DIR}/package")

# --- Libraries, headers, the program ----------------------------------------------------------------------------------

# An export set each, so that a consumer of the shared library need not have what the static one needs.
foreach(kind IN LISTS RANKLOSS_KINDS)
  install(TARGETS rankloss_${kind} EXPORT RankLoss-${kind}
    RUNTIME COMPONENT RankLoss_Runtime
    LIBRARY COMPONENT RankLoss_Runtime NAMELINK_COMPONENT RankLoss_Development
    ARCHIVE COMPONENT RankLoss_Development)
  install(EXPORT RankLoss-${kind} NAMESPACE RankLoss:: DESTINATION "${package_dir}" COMPONENT RankLoss_Development)
endforeach()

install(FILES ${RANKLOSS_PUBLIC_HEADERS} ${RANKLOSS_ADAPTER_HEADERS}
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/rankloss" COMPONENT RankLoss_Development)
# In no package of a distribution: beside a library for several architectures no program can lie.
if(RANKLOSS_BUILD_INFO)
  install(TARGETS rankloss_info RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT RankLoss_Info)
endif()
# Nor is this: packages of a distribution have a place and a form of their own for it.
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT RankLoss_License)

# --- The CMake package ------------------------------------------------------------------------------------------------

configure_package_config_file(cmake/RankLossConfig.cmake.in "${generated}/RankLossConfig.cmake"
  INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
# While the version is 0.x a new minor version may break the interface.
write_basic_package_version_file("${generated}/RankLossConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${generated}/RankLossConfig.cmake" "${generated}/RankLossConfigVersion.cmake"
  DESTINATION "${package_dir}" COMPONENT RankLoss_Development)

# --- pkg-config -------------------------------------------------------------------------------------------------------

# The file names its prefix relative to itself. An absolute CMAKE_INSTALL_LIBDIR leaves no such relation.
set(pc_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}/${pc_dir}"
    OUTPUT_VARIABLE pc_prefix)
  string(PREPEND pc_prefix "\${pcfiledir}/")
endif()
foreach(dir IN ITEMS LIBDIR INCLUDEDIR)
  set(pc_${dir} "${CMAKE_INSTALL_${dir}}")
  cmake_path(ABSOLUTE_PATH pc_${dir} BASE_DIRECTORY "\${prefix}")
endforeach()

set(pc_private_libs -lm ${CMAKE_THREAD_LIBS_INIT})
if(RANKLOSS_OPENMP)
  list(APPEND pc_private_libs ${OpenMP_C_FLAGS})
endif()
list(JOIN pc_private_libs " " pc_private_libs)
# Where the static library is the only one, every consumer needs what it needs.
set(pc_public_flags)
set(pc_public_libs)
if(NOT RANKLOSS_BUILD_SHARED)
  set(pc_public_flags " -DRANKLOSS_STATIC")
  set(pc_public_libs " ${pc_private_libs}")
endif()

configure_file(cmake/rankloss.pc.in "${generated}/rankloss.pc" @ONLY)
install(FILES "${generated}/rankloss.pc" DESTINATION "${pc_dir}" COMPONENT RankLoss_Development)
