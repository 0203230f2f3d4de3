# Boosted trees on a small generated file: the loss falls, lists that were held out are ranked better, the model is saved,
# and objectives of the library's own are judged by the same figures.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

# Numbers that look random, from a generator of one line (Park and Miller's).
set(state 7)
macro(draw variable below)
  math(EXPR state "${state} * 48271 % 2147483647")
  math(EXPR ${variable} "${state} % ${below}")
endmacro()

# 60 lists of 8 items. The grade is what the features 1 and 2, which nothing shows alone, and some noise come to.
set(lines)
foreach(list RANGE 1 60)
  foreach(item RANGE 1 8)
    draw(first 100)
    draw(second 100)
    draw(other 100)
    draw(noise 30)
    math(EXPR grade "(${first} + ${second} + ${noise}) / 60")
    string(APPEND lines "${grade} qid:${list} 1:${first} 2:${second} 3:${other}\n")
  endforeach()
endforeach()
write_file(lists "${lines}")

set(ENV{OMP_NUM_THREADS} 1) # small data, and other tests beside this one
run(lists --rounds 25 --leaves 7 --threads 1 --model model.json)
if(NOT status EQUAL 0 OR NOT errors STREQUAL "" OR NOT output MATCHES "training +48 lists, +384 items")
  complain("training failed")
endif()

set(number "[0-9]+\\.[0-9]+")
set(rounds)
foreach(round IN ITEMS 1 10 20 25)
  if(NOT output MATCHES "\nround ${round}/25 +mean loss train (${number})  held-out ${number}  NDCG@10 train ${number}  held-out (${number})\n")
    complain("no line for round ${round}")
  endif()
  if(rounds AND NOT CMAKE_MATCH_1 LESS loss)
    complain("the loss does not fall by round ${round}: ${loss}, then ${CMAKE_MATCH_1}")
  endif()
  set(loss ${CMAKE_MATCH_1})
  list(APPEND rounds ${CMAKE_MATCH_2})
endforeach()
list(GET rounds -1 ndcg)
if(NOT ndcg GREATER 0.9) # a random order has about .6
  complain("held-out NDCG@10 is ${ndcg}")
endif()

if(NOT output MATCHES "\nranking softmax \\(RankLoss\\) +${number} +${ndcg} +${loss} +${number}\n")
  complain("the table says something else of this loss")
endif()
if(NOT output MATCHES "(rank:ndcg|lambdarank) +${number} +0\\.[5-9][0-9]+ +${number} +${number}\n(rank:pairwise|rank_xendcg) ")
  complain("no rows for objectives of the library's own")
endif()
file(SIZE "${SCRATCH}/model.json" size)
if(size LESS 1000 OR NOT output MATCHES "\nsaved to model.json\n")
  complain("no model saved, but ${size} bytes")
endif()

# A mask: the best items have not been judged, and only this loss is tried.
run(lists --rounds 2 --leaves 3 --threads 1 --ignore-label 3)
if(NOT status EQUAL 0 OR NOT output MATCHES "not judged\\)" OR NOT output MATCHES "they know no mask")
  complain("items that nobody has judged")
endif()

write_file(few "1 qid:1 1:1\n0 qid:1 1:0\n")
run(few)
if(NOT status EQUAL 2 OR NOT errors STREQUAL "few: too few lists to hold some out: name a TEST file\n")
  complain("no list to hold out")
endif()
run()
if(NOT status EQUAL 2 OR NOT errors MATCHES "no training file")
  complain("no file")
endif()
