# Sanitizers and coverage as functions of a target.

set(RANKLOSS_SANITIZE_FLAGS)
if(RANKLOSS_SANITIZE)
  list(JOIN RANKLOSS_SANITIZE "," sanitizers)
  set(RANKLOSS_SANITIZE_FLAGS -fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
endif()

# rankloss_set_sanitizers(<target>): compiles and links the library's objects or a test with RANKLOSS_SANITIZE.
function(rankloss_set_sanitizers target)
  target_compile_options(${target} PRIVATE ${RANKLOSS_SANITIZE_FLAGS})
  target_link_options(${target} PRIVATE ${RANKLOSS_SANITIZE_FLAGS})
endfunction()

# rankloss_set_coverage(<target>): counts what runs of a library's objects. Threads share the counters, so these are
# atomic. Nothing is inlined, or each copy of a function would count, with branches that its constants make impossible.
function(rankloss_set_coverage target)
  if(RANKLOSS_COVERAGE)
    target_compile_options(${target} PRIVATE --coverage -fprofile-update=atomic -fprofile-abs-path -fno-inline)
    target_compile_definitions(${target} PRIVATE always_inline=unused)
  endif()
endfunction()

# rankloss_link_instrumentation(<library>): hands the runtimes to whatever links the library in this build, examples
# that know nothing of it included. What is installed does not mention them.
function(rankloss_link_instrumentation library)
  set(flags ${RANKLOSS_SANITIZE_FLAGS} $<$<BOOL:${RANKLOSS_COVERAGE}>:--coverage>)
  target_link_options(${library} PUBLIC "$<BUILD_INTERFACE:${flags}>")
endfunction()

# The target coverage: lines and branches of src/ that the tests run so far have reached. It fails under the bar.
function(rankloss_add_coverage_target)
  find_program(RANKLOSS_GCOVR gcovr DOC "Reports coverage (Debian: gcovr)")
  if(NOT RANKLOSS_GCOVR)
    message(FATAL_ERROR "RANKLOSS_COVERAGE is ON, but there is no gcovr (Debian: gcovr).")
  endif()
  # Its option for a table by branches was renamed in version 7.
  execute_process(COMMAND "${RANKLOSS_GCOVR}" --help OUTPUT_VARIABLE help)
  set(by_branch --branches)
  if(help MATCHES "--txt-metric")
    set(by_branch --txt-metric branch)
  endif()

  # Later ones take a count above 2^32 for a mistake of gcov's; a test that computes for seconds gets there.
  set(any_count)
  if(help MATCHES "--gcov-suspicious-hits-threshold")
    set(any_count --gcov-suspicious-hits-threshold=0)
  endif()

  # The failing side of an assertion is there never to be reached.
  set(gcovr "${RANKLOSS_GCOVR}" --root "${PROJECT_SOURCE_DIR}" --filter "${PROJECT_SOURCE_DIR}/src/"
    --exclude-branches-by-pattern ".*\\bassert\\(.*" ${any_count} "${PROJECT_BINARY_DIR}")
  add_custom_target(coverage
    COMMAND ${gcovr}
    COMMAND ${gcovr} ${by_branch} --print-summary --fail-under-branch 95
    USES_TERMINAL VERBATIM
    COMMENT "Coverage of src/, by lines and by branches")
endfunction()
