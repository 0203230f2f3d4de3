# Running the program under test. PROGRAM is its path, and EMULATOR what runs it where this machine cannot; files are
# written to the folder SCRATCH, which starts empty.

file(REMOVE_RECURSE "${SCRATCH}")
file(MAKE_DIRECTORY "${SCRATCH}")

# run(<argument> ...): sets status, output and errors. Runs in SCRATCH, so that messages name files shortly.
macro(run)
  execute_process(COMMAND ${EMULATOR} "${PROGRAM}" ${ARGN}
    WORKING_DIRECTORY "${SCRATCH}" RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors)
endmacro()

# run_with_input(<file> <argument> ...): as run(), with the file as standard input.
macro(run_with_input file)
  execute_process(COMMAND ${EMULATOR} "${PROGRAM}" ${ARGN} INPUT_FILE "${SCRATCH}/${file}"
    WORKING_DIRECTORY "${SCRATCH}" RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors)
endmacro()

# write_file(<name> <content> ...)
function(write_file name)
  string(CONCAT content ${ARGN})
  file(WRITE "${SCRATCH}/${name}" "${content}")
endfunction()

# complain(<what>): fails the test, at its end, with everything that the last run said. Indented, because CMake reflows
# what is not.
function(complain what)
  string(REPLACE "\n" "\n    " output "${output}")
  string(REPLACE "\n" "\n    " errors "${errors}")
  message(SEND_ERROR "${what}\n  status: ${status}\n  output:\n    ${output}\n  errors:\n    ${errors}")
endfunction()
