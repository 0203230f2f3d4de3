# Measures the errors anew and puts the tables into the documentation. Run with -D PROGRAM=test_bounds -D DOCUMENT=...
# and, in a list, ARGUMENTS. The tables stand between two marks.
set(begin "<!-- bounds: begin -->\n")
set(end "<!-- bounds: end -->")

execute_process(COMMAND ${PROGRAM} ${ARGUMENTS} OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(FIND "${output}" "\nf32, " at)
if(at LESS 0)
  message(FATAL_ERROR "${PROGRAM} printed no tables")
endif()
string(SUBSTRING "${output}" ${at} -1 tables)

file(READ "${DOCUMENT}" text)
string(FIND "${text}" "${begin}" first)
string(FIND "${text}" "${end}" last)
if(first LESS 0 OR last LESS first)
  message(FATAL_ERROR "${DOCUMENT} lacks the marks")
endif()
string(LENGTH "${begin}" length)
math(EXPR first "${first} + ${length}")
string(SUBSTRING "${text}" 0 ${first} before)
string(SUBSTRING "${text}" ${last} -1 after)
file(WRITE "${DOCUMENT}" "${before}${tables}\n${after}")
