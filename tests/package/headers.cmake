# Compiles each public header alone, and twice in a row, in each standard that it is for; and the consumers, whose
# initialisers and macros have to be as clean. C++ is left out, aloud, where there is no C++ compiler.

set(flags -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror "-I${SOURCE}/include")
file(MAKE_DIRECTORY "${SCRATCH}")

function(compile compiler standard source)
  execute_process(COMMAND "${compiler}" -std=${standard} ${flags} "${source}"
    RESULT_VARIABLE failed ERROR_VARIABLE errors)
  if(failed)
    message(SEND_ERROR "${source} in ${standard}:\n${errors}")
  endif()
endfunction()

string(REPLACE "," ";" HEADERS "${HEADERS}")
set(alone)
foreach(header IN LISTS HEADERS)
  cmake_path(GET header STEM name)
  string(REPLACE "include/" "" header "${header}")
  list(APPEND alone "${SCRATCH}/${name}")
  foreach(extension IN ITEMS c cpp)
    file(WRITE "${SCRATCH}/${name}.${extension}" "#include <${header}>\n#include <${header}>\nextern int unused;\n")
  endforeach()
endforeach()

foreach(standard IN ITEMS c99 c11 c17 c2x)
  foreach(source IN LISTS alone)
    compile("${C_COMPILER}" ${standard} "${source}.c")
  endforeach()
  if(NOT standard STREQUAL "c99")
    compile("${C_COMPILER}" ${standard} "${CMAKE_CURRENT_LIST_DIR}/consumer.c")
  endif()
endforeach()

if(NOT CXX_COMPILER)
  message("There is no C++ compiler: only C was checked.")
  return()
endif()
foreach(standard IN ITEMS c++11 c++14 c++17 c++20)
  foreach(source IN LISTS alone)
    compile("${CXX_COMPILER}" ${standard} "${source}.cpp")
  endforeach()
  compile("${CXX_COMPILER}" ${standard} "${CMAKE_CURRENT_LIST_DIR}/consumer.cpp")
endforeach()
