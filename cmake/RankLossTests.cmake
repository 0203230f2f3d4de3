# How the programs of tests/ are built and registered.

find_package(Threads REQUIRED)

# The best set that a processor has is preferred, and needs no run by name.
set(isas ${RANKLOSS_PROCESSOR_ISAS})
list(POP_BACK isas)
set(RANKLOSS_TEST_ISAS ${isas} CACHE STRING "The instruction sets by whose names tests of the kernels run, besides the best")

# Tests of what users see link the library as users do.
set(rankloss_api RankLoss::rankloss)
if(TARGET RankLoss::rankloss_shared)
  set(rankloss_api RankLoss::rankloss_shared)
endif()

set(rankloss_test_support_dir "${PROJECT_SOURCE_DIR}/tests/support")

# A caller may use OpenMP itself.
set(rankloss_test_openmp)
if(RANKLOSS_OPENMP)
  set(rankloss_test_openmp OpenMP::OpenMP_C)
endif()

# rankloss_register_test(<name> [SETS] LABELS <label>... [COST <n>] [ENVIRONMENT <variable>=<value>...]
#                        [ARGS <argument>...] [SET_ARGS <argument>...])
#
# Registers the program <name> as <name>, which takes the best kernels that the machine has. SETS: also as <name>.<isa> for
# each other instruction set, with SET_ARGS besides; a set that the build or the machine lacks is reported as skipped.
function(rankloss_register_test name)
  cmake_parse_arguments(PARSE_ARGV 1 test "SETS" "COST" "LABELS;ENVIRONMENT;ARGS;SET_ARGS")
  set(suffixes "")
  if(test_SETS)
    set(suffixes ${RANKLOSS_TEST_ISAS})
    list(TRANSFORM suffixes PREPEND ".")
  endif()
  foreach(suffix IN LISTS suffixes ITEMS "")
    set(environment ${test_ENVIRONMENT})
    set(arguments ${test_ARGS})
    if(suffix)
      list(APPEND arguments ${test_SET_ARGS})
      string(SUBSTRING "${suffix}" 1 -1 isa)
      list(APPEND environment RANKLOSS_ISA=${isa})
    endif()
    add_test(NAME ${name}${suffix} COMMAND ${name} ${arguments})
    set_tests_properties(${name}${suffix} PROPERTIES
      LABELS "${test_LABELS}" TIMEOUT 900 SKIP_RETURN_CODE 77 ENVIRONMENT "${environment}")
    if(test_COST)
      set_tests_properties(${name}${suffix} PROPERTIES COST ${test_COST})
    endif()
  endforeach()
endfunction()

# rankloss_add_test(<name> [INTERNAL] [SETS] [LONG] [POSIX] [VALGRIND] [MSAN] [LONG_DOUBLE] [COST <n>] [SUPPORT <file>...]
#                   [SOURCES <file>...] [LIBRARIES <target>...] [ENVIRONMENT <variable>=<value>...] [ARGS <argument>...])
#
# Builds <name>.c and registers it as <name>.
# INTERNAL   link the objects of the library, hidden functions included, instead of the library; RANKLOSS_HAVE_<ISA> says
#            which kernels they contain
# SETS       register it for each other instruction set as well, as <name>.<isa>. For tests of numbers, of memory and of stack, on
#            which the kernels can differ; the same bits from all of them are for golden_bits, test_isa and tests/kernels
# LONG       register it as a long test; see below
# POSIX      it needs fork(), or stacks that it lays out itself; skipped on Windows
# VALGRIND   label it as fit for valgrind: seconds, and no need of a precise long double; tests-valgrind builds them
# MSAN       label it for clang's sanitizer of memory, which runs what is fit for valgrind as well; tests-msan builds them
# LONG_DOUBLE   label it as long-double: that is where its time goes, minutes where an emulator computes it in software
# COST       its seconds, where they are many: ctest starts the longest first
# SUPPORT    further files of tests/support;  SOURCES  further files;  LIBRARIES  further libraries
# ENVIRONMENT   variables for its runs;  ARGS  the program's arguments
function(rankloss_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 test "INTERNAL;SETS;LONG;POSIX;VALGRIND;MSAN;LONG_DOUBLE" "COST"
    "SUPPORT;SOURCES;LIBRARIES;ENVIRONMENT;ARGS")
  if(test_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "rankloss_add_test(${name}): unknown arguments ${test_UNPARSED_ARGUMENTS}")
  endif()
  if(test_POSIX AND WIN32)
    rankloss_add_skipped_test(${name} "needs POSIX")
    return()
  endif()
  list(TRANSFORM test_SUPPORT PREPEND "${rankloss_test_support_dir}/")
  add_executable(${name} ${name}.c "${rankloss_test_support_dir}/run.c" ${test_SUPPORT} ${test_SOURCES}
    $<TARGET_OBJECTS:rankloss_test_support> $<TARGET_OBJECTS:rankloss_test_check>)
  target_include_directories(${name} PRIVATE "${rankloss_test_support_dir}" "${RANKLOSS_GENERATED_DIR}")
  if(test_INTERNAL)
    target_link_libraries(${name} PRIVATE rankloss_internals)
  else()
    target_link_libraries(${name} PRIVATE ${rankloss_api})
  endif()
  target_link_libraries(${name} PRIVATE cmocka::cmocka $<$<NOT:$<PLATFORM_ID:Windows>>:m> ${test_LIBRARIES})
  rankloss_set_warnings(${name})
  rankloss_set_sanitizers(${name})

  if(test_LONG)
    rankloss_add_long_test(${name} ${name} ${test_ARGS})
    return()
  endif()
  set(labels fast)
  if(test_VALGRIND)
    list(APPEND labels valgrind)
    add_dependencies(tests-valgrind ${name})
  endif()
  if(test_MSAN)
    list(APPEND labels msan)
    add_dependencies(tests-msan ${name})
  endif()
  if(test_LONG_DOUBLE)
    list(APPEND labels long-double)
  endif()
  set(sets)
  if(test_SETS)
    set(sets SETS)
  endif()
  rankloss_register_test(${name} ${sets}
    LABELS ${labels} COST ${test_COST} ENVIRONMENT ${test_ENVIRONMENT} ARGS ${test_ARGS})
endfunction()

# tests-valgrind and tests-msan build what these labels need.
add_custom_target(tests-valgrind)
add_custom_target(tests-msan)
add_dependencies(tests-msan tests-valgrind)

# rankloss_add_long_test(<name> <program> [<argument>...])
#
# Registers a further run of a test program, of minutes. It is no part of a plain ctest: the test preset `long`, or
# ctest -C Long, runs it.
function(rankloss_add_long_test name program)
  add_test(NAME ${name} COMMAND ${program} ${ARGN} CONFIGURATIONS Long)
  set_tests_properties(${name} PROPERTIES LABELS long TIMEOUT 3600 SKIP_RETURN_CODE 77)
endfunction()

# rankloss_add_skipped_test(<name> <reason>): a test that this build cannot have, and why.
function(rankloss_add_skipped_test name reason)
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E echo "SKIPPED: ${reason}")
  set_tests_properties(${name} PROPERTIES LABELS fast SKIP_REGULAR_EXPRESSION "^SKIPPED: ")
endfunction()

# rankloss_collect_tests(<result> <directory>): the names of all tests of a directory and those below it.
function(rankloss_collect_tests result directory)
  get_property(names DIRECTORY "${directory}" PROPERTY TESTS)
  get_property(subdirectories DIRECTORY "${directory}" PROPERTY SUBDIRECTORIES)
  foreach(subdirectory IN LISTS subdirectories)
    rankloss_collect_tests(more "${subdirectory}")
    list(APPEND names ${more})
  endforeach()
  set(${result} ${names} PARENT_SCOPE)
endfunction()
