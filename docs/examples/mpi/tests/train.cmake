# Training has the same bits with any number of ranks: every line that is printed but that of the ranks. So has a run
# that goes on from a checkpoint with another number, from there on. What was printed is left in the file "output", to
# be compared with that of another MPI.
include("${CMAKE_CURRENT_LIST_DIR}/ranks.cmake")

# train(<number> <argument> ...): sets output, without the line of the ranks.
macro(train number)
  run_ranks(${number} "${TRAIN}" --seed 3 ${ARGN})
  if(NOT status EQUAL 0 OR NOT output MATCHES "\nranks +${number}, with [0-9]+ to [0-9]+ items for training\n")
    complain("training with ${number} ranks failed")
  endif()
  string(REGEX REPLACE "\nranks [^\n]*" "" output "${output}")
endmacro()

train(1 --epochs 6)
set(expected "${output}")
file(WRITE "${SCRATCH}/output" "${expected}")
set(number "[0-9]+\\.[0-9]+")
if(NOT expected MATCHES "zero  mean loss (${number})  .*\nepoch 6/6 +mean loss (${number})  .*
mean loss  0x[0-9a-f.]+p[+-][0-9]+
gradient   hash [0-9a-f]+
weights    hash [0-9a-f]+
$" OR NOT CMAKE_MATCH_2 LESS CMAKE_MATCH_1)
  complain("nothing was learnt, or it is not printed")
endif()

foreach(ranks RANGE 2 4)
  train(${ranks} --epochs 6 --threads 2)
  if(NOT output STREQUAL expected)
    complain("other bits with ${ranks} ranks than with one")
  endif()
endforeach()

string(REGEX MATCH "\nepoch 3/6.*" expected "${expected}")
train(3 --epochs 3 --checkpoint checkpoint)
foreach(ranks IN ITEMS 1 4)
  train(${ranks} --epochs 6 --resume checkpoint)
  string(REGEX MATCH "\nepoch 3/6.*" output "${output}")
  if(NOT output STREQUAL expected)
    complain("other bits with ${ranks} ranks from the checkpoint of 3")
  endif()
endforeach()

# More ranks than lists: some have none.
write_file(data "2 qid:1 1:5 2:1\n0 qid:1 1:3\n1 qid:2 2:2\n0 qid:2 1:4 2:3\n1 qid:2 1:1\n")
train(1 data --epochs 6)
set(expected "${output}")
train(4 data --epochs 6)
if(NOT output STREQUAL expected)
  complain("other bits where ranks have no lists")
endif()
