# A good file, cut short after each of its bytes, is either still good (0) or refused (2). Where the cut falls within a
# line it must be refused: what is left of a number is a number.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

# cut(<name> <content> <pattern>): the file that a run of "data" reads; a cut that the pattern matches leaves it good.
function(cut name content pattern)
  string(LENGTH "${content}" length)
  foreach(kept RANGE ${length})
    string(SUBSTRING "${content}" 0 ${kept} begin)
    write_file(${name} "${begin}")
    run(data --epochs 1 --threads 1)
    set(expected 2)
    if(begin MATCHES "${pattern}")
      set(expected 0)
    endif()
    if(NOT status EQUAL expected)
      complain("${name} cut after ${kept} bytes: not exit status ${expected}")
    endif()
  endforeach()
endfunction()

cut(data "2 qid:10 1:0.25 12:-1e-3 # one\n\n0 qid:10 12:4\n# two\n1 qid:21 1:17.5\n0 qid:21\n" "[0-9e].*\n$")

set(items "2 1:0.25 12:-1e-3\n0 12:4\n1 1:17.5\n0\n")
write_file(data.query "3\n1\n")
cut(data "${items}" "^${items}$")

write_file(data "${items}")
cut(data.query "3\n1\n" "^3\n1")
