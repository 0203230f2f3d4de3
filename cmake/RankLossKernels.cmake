# One OBJECT library of kernels for each instruction set.

include(CheckCCompilerFlag)

# rankloss_add_kernels(<isa> [FLAGS <flag>...])
#
# Compiles kernels/isa/softmax_<isa>_f32.c and _f64.c with the flags into rankloss_kernels_<isa>, defines
# RANKLOSS_HAVE_<ISA> for cpu/dispatch.c, and appends <isa> to RANKLOSS_ISAS. A set for which this tree has no source, or
# the compiler a flag too few, is left out: the other sets give the same bits.
#
# The flags sit on a target of their own so that no function outside the kernels can be compiled with them: the linker
# might keep that copy of it, and an older processor would meet it.
function(rankloss_add_kernels isa)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FLAGS")
  set(sources kernels/isa/softmax_${isa}_f32.c kernels/isa/softmax_${isa}_f64.c)

  foreach(source IN LISTS sources)
    if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${source}")
      return()
    endif()
  endforeach()

  foreach(flag IN LISTS arg_FLAGS)
    string(MAKE_C_IDENTIFIER "RANKLOSS_C_COMPILER_HAS${flag}" has_flag)
    check_c_compiler_flag(${flag} ${has_flag})
    if(NOT ${has_flag})
      message(STATUS "RankLoss: no ${isa} kernels, since the compiler lacks ${flag}")
      return()
    endif()
  endforeach()

  add_library(rankloss_kernels_${isa} OBJECT ${sources})
  rankloss_set_library_flags(rankloss_kernels_${isa})
  target_compile_options(rankloss_kernels_${isa} PRIVATE ${arg_FLAGS})

  string(TOUPPER ${isa} ISA)
  set_property(SOURCE cpu/dispatch.c APPEND PROPERTY COMPILE_DEFINITIONS RANKLOSS_HAVE_${ISA})
  set(RANKLOSS_ISAS ${RANKLOSS_ISAS} ${isa} PARENT_SCOPE)
endfunction()
