# What the ranks compute, against computations that share nothing with the library. PYTHON runs these.
include("${CMAKE_CURRENT_LIST_DIR}/ranks.cmake")

# reference(<script> <argument> ...): the script complains where its numbers and those of the ranks differ.
macro(reference script)
  execute_process(COMMAND "${PYTHON}" "${CMAKE_CURRENT_LIST_DIR}/${script}" ${ARGN}
    WORKING_DIRECTORY "${SCRATCH}" RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  if(NOT status EQUAL 0)
    complain("${script} has other numbers")
  endif()
endmacro()

run_ranks(3 "${MEAN}")
reference(mean_reference.py "${output}")

reference(train_reference.py make data)
run_ranks(3 "${TRAIN}" data --ignore-label -1 --epochs 4 --checkpoint checkpoint)
if(NOT status EQUAL 0 OR NOT output MATCHES "\nmean loss +(0x[0-9a-f.]+p[+-][0-9]+)\n")
  complain("no loss to compare")
endif()
reference(train_reference.py compare data checkpoint "${CMAKE_MATCH_1}")
