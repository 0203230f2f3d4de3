# Files that must be read, and what must be made of them.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

# expect(<description> <pattern> ...): of the last run.
function(expect description)
  if(NOT status EQUAL 0 OR NOT errors STREQUAL "")
    complain("${description}: refused, or with a warning")
    return()
  endif()
  foreach(pattern IN LISTS ARGN)
    if(NOT output MATCHES "${pattern}")
      complain("${description}: nothing like ${pattern}")
    endif()
  endforeach()
endfunction()

# What a run says of the model, without the names of files and the speed.
function(model_of_run variable)
  string(REGEX REPLACE "^.*\n(all weights zero.*)\nloss and gradient.*$" "\\1" model "${output}")
  set(${variable} "${model}" PARENT_SCOPE)
endfunction()

# Two lists. With all weights zero the mean loss is (3 log 3 + log 2) / 2.
write_file(plain "2 qid:7 1:0.5 2:-1e-3\n0 qid:7 1:.25 9:3\n1 qid:7 2:+4\n1 qid:1 1:1.\n0 qid:1\n")
set(zero "training +2 lists, +5 items\nheld out +0 lists, +0 items, every fifth list\n"
  "all weights zero  mean loss 1\\.994492  NDCG@10 train 0\\.[0-9]+  held-out none\n")
run(plain --epochs 5)
expect("qids" ${zero} "feature 9 is present")
model_of_run(expected)

# expect_same(<description>): the file "other" holds the same lists.
function(expect_same description)
  run(other --epochs 5)
  expect("${description}" ${zero})
  model_of_run(model)
  if(NOT model STREQUAL expected)
    complain("${description}: a model other than\n${expected}")
  endif()
endfunction()

write_file(other "2 1:0.5 2:-1e-3\n0 1:.25 9:3\n1 2:+4\n1 1:1.\n0\n")
write_file(other.query "3\n2\n")
expect_same("list lengths in a file of their own")

write_file(other.query "\n0\r\n3\n# five items in all\n2 # two\n0")
run(other --epochs 5)
expect("empty lists, comments, no last newline in the file of list lengths"
  "training +4 lists, +5 items" "mean loss 1\\.994492")

write_file(other.query "this is not looked at where there are qids\n")
write_file(other "2 qid:7 2:-0.001 1:5e-1\n0\tqid:7\t9:3 1:0.25\n1 qid:7 2:4\n1 qid:1 1:1\n0 qid:1\n")
expect_same("indices in any order, tabs, and a .query file beside qids")

write_file(other "# a comment\n\n2  qid:7 1:0.5 2:-1e-3 # 3:4 docid = 17\r\n0 qid:7 1:.25 9:3\r\n   \n1 qid:7 2:+4 \n"
  "1 qid:1 1:1.#\n0 qid:1\n")
expect_same("comments, blank lines, CR LF")

# --- Files as people have them ---

write_file(other.query "") # not looked at where there are qids
write_file(other "2 qid:-7 0:0.5 2:-1e-3\n0 qid:-7 0:.25 9:3\n1 qid:-7 2:+4\n"
  "1 qid:-9223372036854775808 0:1.\n0 qid:-9223372036854775808\n")
run(other --epochs 5)
expect("indices from 0, negative qids" ${zero} "feature 0")

write_file(other "2 qid:18446744073709551615 1:0.5 2:-1e-3\n0 qid:18446744073709551615 1:.25 9:3\n"
  "1 qid:18446744073709551615 2:+4\n1 qid:18446744073709551614 1:1.\n0 qid:18446744073709551614\n")
expect_same("qids of 64 bits")

write_file(other "2 qid:7 1:0.5 2:-1e-3 9:NaN\n0 qid:7 1:.25 9:3 2:NULL\n1 qid:7 2:+4 1:1.79769313486e+308\n"
  "1 qid:1 1:1. 2:-1e999 9:-nan\n0 qid:1 1:null 9:-3.5e38\n")
expect_same("missing values")

string(ASCII 239 187 191 mark)
file(READ "${SCRATCH}/plain" content)
write_file(other "${mark}${content}")
expect_same("a byte order mark")

file(REMOVE "${SCRATCH}/other.query")
write_file(other "2 1:0.5 2:-1e-3\n0 1:.25 9:3\n1 2:+4\n1 1:1.\n0\n")
write_file(other.group "3\n2\n")
expect_same("list sizes as XGBoost has them")

run_with_input(plain - --epochs 5)
expect("standard input" ${zero})
model_of_run(model)
if(NOT model STREQUAL expected)
  complain("standard input: a model other than\n${expected}")
endif()

# expect_warning(<description> <line of stderr> <pattern> ...): of the last run.
function(expect_warning description warning)
  if(NOT errors STREQUAL "${warning}\n")
    complain("${description}: not with the words ${warning}")
  endif()
  set(errors "")
  expect("${description}" ${ARGN})
endfunction()

string(REGEX REPLACE "\n$" "" cut "${content}")
write_file(cut "${cut}")
run(cut --epochs 5)
expect_warning("no newline at the end"
  "cut:5: warning: no newline at the end: if the file is cut short, so may be this line" ${zero})

# Labels: what is below 0 counts as 0, or as not judged; counts are what they are.
write_file(svmlight "+1 qid:1 1:1\n-1 qid:1 1:0\n-1 qid:1 1:0.5\n")
run(svmlight --epochs 0)
expect_warning("labels below 0"
  "svmlight: warning: 2 labels below 0 count as 0; to leave such items out: --ignore-label LABEL"
  "mean loss +1\\.098612 ->")
run(svmlight --epochs 0 --ignore-label -1)
expect("items that nobody has judged" "training +1 lists, +3 items \\(2 not judged\\)" "mean loss +0\\.000000 ->")
write_file(counts "400 qid:1 1:1\n0 qid:1 1:0\n")
run(counts --epochs 3 --gain linear)
expect("labels that are counts" "mean loss +277\\.258872 ->" "NDCG@10 training +0\\.8155 -> +1\\.0000")
write_file(counts "400 qid:1 1:1\n0 qid:1 1:0\n1 qid:1 1:3\n")
run(counts --epochs 3 --ignore-label 400)
expect("a label that is not judged, however large" "\\(1 not judged\\)" "mean loss +0\\.693147 ->")

# A line of 300 kB.
set(long "")
foreach(index RANGE 10 30000)
  string(APPEND long " ${index}:0.5")
endforeach()
write_file(long "1 qid:0${long}\n0 qid:0 2000000:1\n")
run(long --epochs 1)
expect("a long line" "training +1 lists, +2 items" "feature [0-9]+ is present")

# Every fifth list is held out: the fifth and the tenth of eleven.
set(lists "")
foreach(list RANGE 1 11)
  string(APPEND lists "1 qid:${list} 1:${list}\n0 qid:${list} 1:0\n")
endforeach()
write_file(lists "${lists}")
run(lists --epochs 1)
expect("every fifth list" "training +9 lists, +18 items\nheld out +2 lists, +4 items, every fifth list")
run(--test plain --train lists --epochs 1)
expect("a test file" "training +11 lists, +22 items\nheld out +2 lists, +5 items, plain")
run(lists plain --epochs 1)
expect("a test file by position" "training +11 lists, +22 items\nheld out +2 lists, +5 items, plain")

# Nothing to learn: no feature, features of one value, lists of one item, no relevant item.
write_file(nothing "1 qid:1\n0 qid:1\n")
write_file(constant "1 qid:1 1:0.93\n0 qid:1 1:0.93\n2 qid:1 1:0.93\n")
write_file(single "1 qid:1 1:5\n2 qid:2 1:7\n")
write_file(irrelevant "0 qid:1 1:5\n0 qid:1 1:7\n")
foreach(name IN ITEMS nothing constant single irrelevant)
  run(${name})
  expect("${name}" "converged" "none: all are zero")
endforeach()
expect("no relevant item" "NDCG@10 train none" "NDCG@10 training +none: no list has a relevant item")

# Values at the ends of what a float holds, in training and, far outside of what training saw, in held-out lists: there
# features 2 and 3 cancel, which infinities would not, and feature 1 decides.
write_file(wide "1 qid:1 1:3e38 2:1e-45 3:1e-45 4:0.1\n0 qid:1 1:-3e38 2:-1e-45 3:-1e-45 4:0.1\n")
write_file(wild "0 qid:1 1:-3e38 4:3e38\n1 qid:1 1:3e38 2:3e38 3:-3e38 4:-3e38 5:1\n")
run(wide wild --epochs 3)
expect("extreme values" "epoch 3/3 .*NDCG@10 train 1\\.0000  held-out 1\\.0000")
