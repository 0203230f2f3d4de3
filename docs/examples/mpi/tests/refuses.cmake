# What one rank cannot do ends all of them, with words, said once: none waits for the others.
include("${CMAKE_CURRENT_LIST_DIR}/ranks.cmake")

# expect_refusal(<message>): of the last run.
function(expect_refusal message)
  string(FIND "${errors}" "${message}\n" first)
  string(FIND "${errors}" "${message}\n" last REVERSE)
  if(NOT status EQUAL 2 OR output MATCHES "mean loss" OR first EQUAL -1 OR NOT first EQUAL last)
    complain("not refused with exit status 2 and once: ${message}")
  endif()
endfunction()

# refuse(<message> <argument> ...)
macro(refuse message)
  run_ranks(2 "${TRAIN}" ${ARGN})
  expect_refusal("${message}")
endmacro()

# A file that is broken for all, and one that is broken or another where some of the ranks are.
set(broken "data:2: feature 2 has no value behind its ':': leave it out, or write nan")
write_file(data "1 qid:1 1:1\n0 qid:1 2:\n")
foreach(ranks RANGE 1 4)
  run_ranks(${ranks} "${TRAIN}" data)
  expect_refusal("${broken}")
endforeach()
write_file(good/data "1 qid:1 1:1\n0 qid:1 2:1\n")
write_file(other/data "1 qid:1 1:1\n0 qid:1 2:3\n")
foreach(ranks IN ITEMS 1 3)
  run_ranks(${ranks} -wdir "${SCRATCH}/good" "${TRAIN}" data : -n 1 "${TRAIN}" data)
  expect_refusal("rank ${ranks}:\n${broken}")
endforeach()
run_ranks(2 -wdir "${SCRATCH}/good" "${TRAIN}" data : -n 1 -wdir "${SCRATCH}/other" "${TRAIN}" data)
expect_refusal("rank 2 has other lists or options than rank 0")
run_ranks(1 "${TRAIN}" good/data : -n 1 "${TRAIN}" good/data --epochs 3)
expect_refusal("rank 1 has other lists or options than rank 0")
refuse("standard input: is rank 0's alone, and every rank reads the lists: name a file" -)

# Options
refuse("rankloss_mpi_train: --epochs takes an integer from 0 to 1000000, not 'many'" --epochs many)
run_ranks(1 "${TRAIN}" good/data : -n 2 "${TRAIN}" good/data --ranks)
if(NOT status EQUAL 2 OR NOT errors MATCHES "rankloss_mpi_train: unknown option '--ranks'\n")
  complain("an option that is wrong on some ranks alone")
endif()
run_ranks(3 "${TRAIN}" --help)
if(NOT status EQUAL 0 OR NOT output MATCHES "^usage: mpiexec" OR output MATCHES "usage.*usage")
  complain("no help, or more than one")
endif()

# Checkpoints
run_ranks(2 "${TRAIN}" good/data --epochs 1 --checkpoint whole)
if(NOT status EQUAL 0 OR EXISTS "${SCRATCH}/whole.new")
  complain("no checkpoint to damage")
endif()
execute_process(WORKING_DIRECTORY "${SCRATCH}" COMMAND sh -c
  "set -e; head -c 100 whole > short; size=$(wc -c < whole); head -c $((size - 8)) whole > cut; (cat whole; echo) > long
  (head -c 800 whole; printf x; tail -c +802 whole) > changed
  (head -c 16 whole; printf '0.1.0\\0'; tail -c +23 whole) > old"
  COMMAND_ERROR_IS_FATAL ANY)
refuse("absent: cannot be opened: No such file or directory" good/data --resume absent)
refuse("good/data: is no checkpoint: it is too short for one" good/data --resume good/data)
refuse("short: is no checkpoint: it is too short for one" good/data --resume short)
refuse("${TRAIN}: is no checkpoint: is it the right file?" good/data --resume "${TRAIN}")
foreach(name IN ITEMS cut long changed)
  refuse("${name}: is damaged: take an older one, or begin anew" good/data --resume ${name})
endforeach()
run_ranks(2 "${TRAIN}" good/data --resume old)
if(NOT status EQUAL 2 OR NOT errors MATCHES "old: was written with RankLoss 0.1.0, and this is [0-9.]+: begin anew\n")
  complain("a checkpoint of another version of the library")
endif()
refuse("whole: is a checkpoint of other lists: name the files that it was trained with" other/data --resume whole)
run_ranks(2 "${TRAIN}" good/data --epochs 1 --checkpoint absent/checkpoint)
if(NOT status EQUAL 1 OR NOT errors MATCHES "absent/checkpoint: cannot be written: No such file or directory\n")
  complain("a checkpoint that cannot be written")
endif()

# One rank that ends where nothing was agreed on, while the others wait for it.
foreach(ranks RANGE 1 4)
  run_ranks(${ranks} "${ENDS}")
  if(NOT status EQUAL 1 OR NOT errors MATCHES "the last rank gives up\n")
    complain("with ${ranks} ranks, not ended by the last of them")
  endif()
endforeach()
