# What the ranks print, against computations that share nothing with the library. PYTHON runs them.
include("${CMAKE_CURRENT_LIST_DIR}/ranks.cmake")

# compare(<script> <argument> ...): the script complains where its numbers and those of the run differ.
macro(compare script)
  execute_process(COMMAND "${PYTHON}" "${CMAKE_CURRENT_LIST_DIR}/${script}" ${ARGN}
    WORKING_DIRECTORY "${SCRATCH}" RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  if(NOT status EQUAL 0)
    complain("${script} has other numbers")
  endif()
endmacro()

run_ranks(3 "${MEAN}")
compare(mean_reference.py "${output}")
