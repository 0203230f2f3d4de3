# The types and functions of the shared library against the committed description of its ABI. The library is compiled
# once more, with debug information and without what does not matter to it. With UPDATE the description is written anew.

set(described "${CMAKE_CURRENT_LIST_DIR}/rankloss.abi")
execute_process(
  COMMAND "${CMAKE_COMMAND}" -S "${SOURCE}" -B "${SCRATCH}" -G "${GENERATOR}" "-DCMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}"
    "-DCMAKE_C_COMPILER=${C_COMPILER}" -DCMAKE_BUILD_TYPE=Debug
    "-DCMAKE_C_FLAGS=-fdebug-prefix-map=${SOURCE}/=" -DRANKLOSS_PORTABLE=ON -DRANKLOSS_OPENMP=OFF
    -DRANKLOSS_BUILD_STATIC=OFF -DRANKLOSS_BUILD_TESTS=OFF -DRANKLOSS_BUILD_EXAMPLES=OFF
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(
  COMMAND "${CMAKE_COMMAND}" --build "${SCRATCH}" --parallel 2 --target rankloss_shared
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
set(library "${SCRATCH}/librankloss.so")

if(UPDATE)
  execute_process(
    COMMAND "${ABIDW}" --exported-interfaces-only --headers-dir "${SOURCE}/include" --drop-private-types
      --no-corpus-path --no-comp-dir-path --no-show-locs --type-id-style hash --out-file "${described}" "${library}"
    COMMAND_ERROR_IS_FATAL ANY)
  message(STATUS "wrote ${described}")
  return()
endif()

# Not with --headers-dir2: abidiff 2.2 then passes over members that change places.
execute_process(
  COMMAND "${ABIDIFF}" --harmless --exported-interfaces-only "${described}" "${library}"
  RESULT_VARIABLE changed)
if(changed)
  message(FATAL_ERROR "The ABI is not the one of tests/package/rankloss.abi. Where that is meant: CONTRIBUTING.md.")
endif()
