# How the sources of the library are compiled, and how its objects become libraries.

# Bits are promised, so what floating-point flags mean has to be known. icx, for one, defaults to fast maths.
if(NOT CMAKE_C_COMPILER_ID MATCHES "^(GNU|Clang|AppleClang)$")
  message(FATAL_ERROR "RankLoss is built with GCC or Clang; ${CMAKE_C_COMPILER_ID} was not made to give the same bits.")
elseif(MSVC)
  message(FATAL_ERROR
    "clang-cl ignores -ffp-contract=off, without which bits differ: build with clang, as -DCMAKE_C_COMPILER=clang.")
endif()

# Flags for all files apply to the library's as well.
string(TOUPPER "${CMAKE_BUILD_TYPE}" config)
string(REGEX MATCH "(^| )(-ffast-math|-Ofast|-funsafe-math-optimizations|-ffinite-math-only|-fassociative-math)( |$)" found
  "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${config}}")
if(found)
  message(FATAL_ERROR
    "${CMAKE_MATCH_2} changes what floating-point numbers are; take it out of the C flags, for no bit is promised with it.")
endif()

# On the x87 stack a double has more bits than it should.
include(CheckCSourceCompiles)
check_c_source_compiles("
  #include <float.h>
  #if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 1
  #error
  #endif
  int main(void) { return 0; }" RANKLOSS_DOUBLES_ARE_DOUBLES)
if(NOT RANKLOSS_DOUBLES_ARE_DOUBLES)
  message(FATAL_ERROR
    "Doubles are computed in more than double precision: on 32-bit x86 add -msse2 -mfpmath=sse to the C flags.")
endif()

include(GNUInstallDirs)
include(CheckCCompilerFlag)
check_c_compiler_flag(-fstack-usage RANKLOSS_C_COMPILER_HAS_STACK_USAGE)
include(CheckLinkerFlag)
check_linker_flag(C -Wl,-z,nodelete RANKLOSS_LINKER_HAS_NODELETE)

# rankloss_set_library_flags(<target>): the flags that each source of the library gets. None of them reaches a consumer.
#
# -ffp-contract=off       a fused multiply-add is only where the source has one
# -fno-math-errno         no function of the library sets errno, and fma() and sqrt() become instructions
# -fno-trapping-math      nothing here depends on exception flags, so that selects can be vectorised
# -fstack-usage           where there are tests: notes on the size of each frame, beside the object
function(rankloss_set_library_flags target)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
  target_compile_options(${target} PRIVATE
    $<$<CONFIG:Release,RelWithDebInfo>:-O3> -ffp-contract=off -fno-math-errno -fno-trapping-math)
  if(RANKLOSS_BUILD_TESTS AND RANKLOSS_C_COMPILER_HAS_STACK_USAGE)
    target_compile_options(${target} PRIVATE -fstack-usage)
  endif()
  target_include_directories(${target} PRIVATE
    "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src" "${RANKLOSS_GENERATED_DIR}")
  rankloss_set_warnings(${target})
  rankloss_set_sanitizers(${target})
  rankloss_set_coverage(${target})
endfunction()

# rankloss_add_library(<target> SHARED|STATIC): a library of all objects.
function(rankloss_add_library target type)
  list(TRANSFORM RANKLOSS_ISAS REPLACE "(.+)" "$<TARGET_OBJECTS:rankloss_kernels_\\1>" OUTPUT_VARIABLE kernels)
  set(objects rankloss_objects)
  if(WIN32 AND type STREQUAL "SHARED")
    set(objects rankloss_dll_objects)
  endif()
  add_library(${target} ${type} $<TARGET_OBJECTS:${objects}> ${kernels})
  target_link_libraries(${target} PRIVATE ${RANKLOSS_SYSTEM_LIBRARIES})
  if(RANKLOSS_OPENMP)
    # RankLossConfig.cmake makes rankloss_openmp the OpenMP of the consumer's language.
    target_link_libraries(${target} PRIVATE
      $<BUILD_INTERFACE:OpenMP::OpenMP_C> $<INSTALL_INTERFACE:RankLoss::rankloss_openmp>)
  endif()
  rankloss_link_instrumentation(${target})
endfunction()

# rankloss_add_public_library(shared|static): one of the two libraries that users link, and its installed name.
function(rankloss_add_public_library kind)
  string(TOUPPER ${kind} type)
  rankloss_add_library(rankloss_${kind} ${type})
  add_library(RankLoss::rankloss_${kind} ALIAS rankloss_${kind})
  set_target_properties(rankloss_${kind} PROPERTIES
    OUTPUT_NAME rankloss VERSION ${PROJECT_VERSION} SOVERSION ${RANKLOSS_SOVERSION})
  if(WIN32 AND NOT MINGW AND kind STREQUAL "static")
    # rankloss.lib is what links the DLL.
    set_target_properties(rankloss_static PROPERTIES OUTPUT_NAME rankloss_static)
  endif()
  if(RANKLOSS_LINKER_HAS_NODELETE AND kind STREQUAL "shared")
    # The threads of a team wait for the next one after a call, in code of the OpenMP runtime, which would go as well.
    target_link_options(rankloss_shared PRIVATE -Wl,-z,nodelete)
  endif()
  if(MINGW AND kind STREQUAL "shared")
    # Or the DLL would ask for one of gcc's, which hardly any machine has.
    target_link_options(rankloss_shared PRIVATE -static-libgcc)
  endif()
  # Not a FILE_SET: CMake before 3.23 would find no headers.
  target_include_directories(rankloss_${kind} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  set(RANKLOSS_KINDS ${RANKLOSS_KINDS} ${kind} PARENT_SCOPE)
endfunction()

# RankLoss::rankloss is what BUILD_SHARED_LIBS prefers, or the shared library where that is not set; where only one
# library is built, it is that one. RankLossConfig.cmake has the same rule.
function(rankloss_add_default_alias)
  set(kind shared)
  if(DEFINED BUILD_SHARED_LIBS AND NOT BUILD_SHARED_LIBS)
    set(kind static)
  endif()
  if(NOT kind IN_LIST RANKLOSS_KINDS)
    set(kind ${RANKLOSS_KINDS})
  endif()
  add_library(RankLoss::rankloss ALIAS rankloss_${kind})
endfunction()
