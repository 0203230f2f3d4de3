# Running programs with some number of ranks. MPIEXEC is the command that starts them, up to their number; MEAN, TRAIN
# and ENDS are programs.
include("${CMAKE_CURRENT_LIST_DIR}/../../tests/run.cmake")

# run_ranks(<number> <program> <argument> ...): sets status, output and errors. Runs in SCRATCH, so that messages name
# files shortly. A run that hangs is ended after a minute, which is a status of its own.
macro(run_ranks number)
  execute_process(COMMAND ${MPIEXEC} ${number} ${ARGN} TIMEOUT 60
    WORKING_DIRECTORY "${SCRATCH}" RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors)
endmacro()
