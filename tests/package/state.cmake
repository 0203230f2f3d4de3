# What outlives a call: the variables in the writable sections of the objects are those of mutable_globals.txt. OPENMP:
# whether the build has it; without it there is less to remember.

file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/mutable_globals.txt" lines REGEX "^[^#]")
set(listed)
foreach(line IN LISTS lines)
  string(REGEX REPLACE " .*/" " " line "${line}")
  if(OPENMP OR NOT line MATCHES " threads\\.c$")
    list(APPEND listed "${line}")
  endif()
endforeach()

execute_process(COMMAND "${OBJDUMP}" --syms "${STATIC}" OUTPUT_VARIABLE lines COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "[][]" " " lines "${lines}") # which a list would take for its own
string(REGEX MATCHALL "[^\n]+" lines "${lines}")
set(found)
set(objects 0)
foreach(line IN LISTS lines)
  if(line MATCHES "([A-Za-z0-9_]+\\.c)\\.o(bj)?[ ):]+.*file format")
    set(source "${CMAKE_MATCH_1}")
    math(EXPR objects "${objects} + 1")
  elseif(line MATCHES "^[0-9a-f]+ .......? (\\.t?(data|bss)[^ \t]*|\\*COM\\*)[ \t]+[0-9a-f]+ +(.*)$")
    set(section "${CMAKE_MATCH_1}")
    set(name "${CMAKE_MATCH_3}")
    # Constants with addresses are written by the loader alone; a section has a symbol of its own name, and the compiler
    # labels of its own.
    if(section MATCHES "^\\.data\\.rel\\.ro" OR name STREQUAL section OR name MATCHES "^\\.L")
      continue()
    endif()
    # A variable inside a function is cache.0 for gcc, chosen.cache for clang.
    string(REGEX REPLACE "\\.[0-9]+$" "" name "${name}")
    string(REGEX REPLACE "^[.a-z]+ |^.*\\." "" name "${name}")
    list(APPEND found "${name} ${source}")
  endif()
endforeach()
if(objects LESS 20)
  message(FATAL_ERROR "only ${objects} objects were found: the output of ${OBJDUMP} was not understood")
endif()

# As often as they are listed: two functions of a source may each have a variable of one name.
list(SORT found)
list(SORT listed)
if(NOT found STREQUAL listed)
  message(FATAL_ERROR "Variables that outlive a call: ${found}\nListed are: ${listed}")
endif()
list(LENGTH found count)
message(STATUS "${count} variables outlive a call: ${found}")
