# minimal.c prints what the loss and its gradient are, worked out to six digits by other means.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

run()
if(NOT status EQUAL 0 OR NOT errors STREQUAL "" OR NOT output STREQUAL
"mean loss 2.402030
gradient of list 0:  0.070122 -0.185734  0.115612
gradient of list 1:  0.843795  0.042010 -0.885805
")
  complain("not what minimal.c should print")
endif()
