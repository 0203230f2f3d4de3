# Configures, builds and runs the CMake project ${PROJECT} with the arguments behind "--". With REFUSAL, configuring has
# to fail instead, with a message that has this text.

set(arguments)
set(behind FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
  if(behind)
    list(APPEND arguments "${CMAKE_ARGV${i}}")
  elseif(CMAKE_ARGV${i} STREQUAL "--")
    set(behind TRUE)
  endif()
endforeach()

file(REMOVE_RECURSE "${SCRATCH}")
execute_process(
  COMMAND "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/${PROJECT}" -B "${SCRATCH}"
    -G "${GENERATOR}" "-DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}" "-DCMAKE_BUILD_TYPE=${CONFIG}"
    "-DCMAKE_C_COMPILER=${C_COMPILER}" "-DCMAKE_CXX_COMPILER=${CXX_COMPILER}" --no-warn-unused-cli
    "-DCMAKE_PREFIX_PATH=${PREFIX}" "-DRANKLOSS_SOURCE=${SOURCE}" ${arguments}
  RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}")

if(REFUSAL)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  string(FIND "${output}" "${REFUSAL}" position)
  if(NOT failed OR position EQUAL -1)
    message(FATAL_ERROR "This had to be refused with: ${REFUSAL}")
  endif()
  return()
elseif(failed)
  message(FATAL_ERROR "The project could not be configured.")
endif()

execute_process(
  COMMAND "${CMAKE_COMMAND}" --build "${SCRATCH}" --config "${CONFIG}" --parallel 2
  COMMAND_ERROR_IS_FATAL ANY)

find_program(consumer consumer PATHS "${SCRATCH}" PATH_SUFFIXES "${CONFIG}" NO_DEFAULT_PATH)
if(consumer)
  execute_process(COMMAND "${consumer}" COMMAND_ERROR_IS_FATAL ANY)
endif()
