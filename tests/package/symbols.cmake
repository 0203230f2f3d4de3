# The shared library exports what exported_symbols.txt lists, no more and no less: the list is a part of the ABI. The
# static library cannot hide its internal functions, so their names must not clash with a user's.

function(symbols_of library result)
  execute_process(COMMAND "${NM}" ${ARGN} --defined-only --format=posix "${library}"
    OUTPUT_VARIABLE lines COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]+ [A-Za-z] [^\n]*" lines "${lines}")
  list(TRANSFORM lines REPLACE " .*" "")
  list(SORT lines)
  set(${result} ${lines} PARENT_SCOPE)
endfunction()

symbols_of("${SHARED}" exported --dynamic)
file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/exported_symbols.txt" listed)
list(SORT listed)
set(added ${exported})
list(REMOVE_ITEM added ${listed})
set(removed ${listed})
list(REMOVE_ITEM removed ${exported})
if(added OR removed)
  message(SEND_ERROR "Exported but not listed: ${added}\nListed but not exported: ${removed}")
endif()

symbols_of("${STATIC}" global --extern-only)
list(FILTER global EXCLUDE REGEX "^rankloss_")
if(global)
  message(SEND_ERROR "Global in the static library without the prefix rankloss_: ${global}")
endif()
