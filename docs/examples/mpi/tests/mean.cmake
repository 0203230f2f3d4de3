# The smallest program prints one line, of the same bits with any number of ranks and whichever MPI it was built with.
include("${CMAKE_CURRENT_LIST_DIR}/ranks.cmake")

foreach(ranks RANGE 1 4)
  run_ranks(${ranks} "${MEAN}")
  if(NOT status EQUAL 0 OR NOT output STREQUAL
"mean loss of 997 lists 355.20715696896019, hash of its gradient 19214fdae57fc449
")
    complain("not what ${ranks} ranks should print")
  endif()
endforeach()
