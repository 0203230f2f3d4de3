# A good file, cut short after each of its bytes, is still good (0), or refused (2), or read with a warning. Where the cut
# falls within a line it must be one of the latter two: what is left of a number is a number.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

# cut(<name> <content> <pattern>): the file that a run of "data" reads; a cut that the pattern matches leaves it good.
function(cut name content pattern)
  string(LENGTH "${content}" length)
  foreach(kept RANGE ${length})
    string(SUBSTRING "${content}" 0 ${kept} begin)
    write_file(${name} "${begin}")
    run(data --epochs 1 --threads 1)
    if(begin MATCHES "${pattern}")
      if(NOT status EQUAL 0 OR NOT errors STREQUAL "")
        complain("${name} cut after ${kept} bytes: good, but not read in silence")
      endif()
    elseif(status EQUAL 0)
      if(NOT errors MATCHES "^data:[0-9]+: warning: no newline at the end")
        complain("${name} cut after ${kept} bytes: read without a warning")
      endif()
    elseif(NOT status EQUAL 2)
      complain("${name} cut after ${kept} bytes: neither read nor refused")
    endif()
  endforeach()
endfunction()

cut(data "2 qid:10 1:0.25 12:-1e-3 # one\n\n0 qid:10 12:4\n# two\n1 qid:21 1:17.5\n0 qid:21\n" "[0-9e].*\n$")

set(items "2 1:0.25 12:-1e-3\n0 12:4\n1 1:17.5\n0\n")
write_file(data.query "3\n1\n")
cut(data "${items}" "^${items}$")

write_file(data "${items}")
cut(data.query "3\n1\n" "^3\n1")
