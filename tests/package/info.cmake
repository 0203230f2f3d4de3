# rankloss-info, PROGRAM: its options, and that a report has each fact once, in words. EMULATOR, with commas, runs it where
# this machine cannot.

string(REPLACE "," ";" EMULATOR "${EMULATOR}")

# run(<argument>...): sets status, output and errors.
macro(run)
  execute_process(COMMAND ${EMULATOR} "${PROGRAM}" ${ARGN}
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors)
endmacro()

function(complain what)
  message(SEND_ERROR "${what}\n  status: ${status}\n  output:\n${output}\n  errors:\n${errors}")
endfunction()

# expect_facts(<name>...): the names of the lines, in their order.
function(expect_facts)
  string(REGEX REPLACE "environment [^\n]*\n(environment [^\n]*\n)*" "environment -\n" lines "${output}")
  list(JOIN ARGN " *[^ \n][^\n]*\n" expected)
  if(NOT status EQUAL 0 OR NOT errors STREQUAL "" OR NOT lines MATCHES "^${expected} *[^ \n][^\n]*\n$")
    complain("not a report with the facts ${ARGN}")
  endif()
endfunction()

set(facts version "built for" compiler flags libraries OpenMP sanitizers kernels "processor has" "in use" processor caches
  "last cache" processors quota threads environment)

run(--no-timing)
expect_facts(${facts})
if(NOT output MATCHES "^version +${VERSION}\n" OR NOT output MATCHES "\nthreads +[1-9][0-9]* at most for a call\n")
  complain("not this version, or no thread")
endif()

# A set that each build has.
set(ENV{RANKLOSS_ISA} portable)
run(--no-timing)
if(NOT output MATCHES "\nkernels +portable" OR NOT output MATCHES "\nin use +portable\n"
    OR NOT output MATCHES "\nenvironment +RANKLOSS_ISA=portable\n")
  complain("RANKLOSS_ISA is not followed, or not told")
endif()
set(ENV{RANKLOSS_ISA})

run()
expect_facts(${facts} batch "1 thread" "all threads" "mean loss")
if(NOT output MATCHES "\nmean loss +[1-9][0-9]*[.][0-9]+\n$")
  complain("no loss")
endif()

run(--version)
if(NOT status EQUAL 0 OR NOT output STREQUAL "rankloss-info ${VERSION}\n")
  complain("--version does not print the version alone")
endif()

run(--help)
foreach(option IN ITEMS --no-timing --version --help)
  if(NOT status EQUAL 0 OR NOT output MATCHES "^usage: " OR NOT output MATCHES "\n  ${option} ")
    complain("--help does not tell of ${option}")
  endif()
endforeach()

foreach(option IN ITEMS --timing -h report --no-timing=1)
  run(--no-timing ${option})
  if(NOT status EQUAL 2 OR NOT output STREQUAL "" OR NOT errors MATCHES "^rankloss-info: unknown option '${option}'\nusage: ")
    complain("'${option}' is not refused with exit status 2")
  endif()
endforeach()

# Where nothing can be written, that is no success.
if(EXISTS /dev/full)
  execute_process(COMMAND ${EMULATOR} "${PROGRAM}" --no-timing OUTPUT_FILE /dev/full RESULT_VARIABLE status ERROR_VARIABLE errors)
  if(NOT status EQUAL 1)
    complain("a report that could not be written is a success")
  endif()
endif()
