# One list over several ranks: the program itself ends with an error where a result is beyond its bound. Ten million items
# over four ranks, fewer over others; more ranks than items, some of which have none.
include("${CMAKE_CURRENT_LIST_DIR}/ranks.cmake")

foreach(run IN ITEMS 1/100000 2/100000 3/100001 4/2 4/10000000)
  string(REPLACE "/" ";" run "${run}")
  list(GET run 0 ranks)
  list(GET run 1 items)
  run_ranks(${ranks} "${ONE_LIST}" ${items})
  string(REGEX MATCHALL "errors: loss [0-9.]+, gradient [0-9.]+" errors "${output}")
  list(LENGTH errors kinds)
  if(NOT status EQUAL 0 OR NOT kinds EQUAL 4)
    complain("not what ${ranks} ranks should print for ${items} items")
  endif()
  message(STATUS "${output}")
endforeach()

run_ranks(2 "${ONE_LIST}" none)
if(status EQUAL 0 OR NOT errors MATCHES "usage: ")
  complain("2 ranks took a list of no items")
endif()
