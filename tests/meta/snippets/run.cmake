# Runs PROGRAM, under EMULATOR where there is one, and compares what it prints with the file EXPECTED, to the letter.
execute_process(COMMAND ${EMULATOR} "${PROGRAM}" OUTPUT_VARIABLE output RESULT_VARIABLE status)
file(READ "${EXPECTED}" expected)
if(NOT status EQUAL 0 OR NOT output STREQUAL expected)
  message(FATAL_ERROR "status ${status}, printed:\n${output}\nbut ${PAGE} says:\n${expected}")
endif()
