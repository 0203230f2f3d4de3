# The recipes of docs/packaging against the project: the version that vcpkg.json names is that of the library, and each
# option that a recipe sets is one of CMakeLists.txt. Run with -D PROJECT_DIR=... -D VERSION=...
cmake_minimum_required(VERSION 3.25)
set(wrong)

set(manifest docs/packaging/vcpkg/rankloss/vcpkg.json)
file(READ "${PROJECT_DIR}/${manifest}" json)
string(JSON version GET "${json}" version)
if(NOT version STREQUAL VERSION)
  list(APPEND wrong "${manifest} is for version ${version}, not ${VERSION}")
endif()

file(STRINGS "${PROJECT_DIR}/CMakeLists.txt" lines REGEX "^(option|set)\\(RANKLOSS_.*\"")
list(TRANSFORM lines REPLACE "^[a-z]+\\((RANKLOSS_[A-Z0-9_]+).*" "\\1" OUTPUT_VARIABLE options)
set(count 0)
foreach(recipe IN ITEMS docs/packaging/vcpkg/rankloss/portfile.cmake docs/packaging/conan/conanfile.py)
  file(READ "${PROJECT_DIR}/${recipe}" text)
  string(REPLACE "RANKLOSS_VERSION_" "" text "${text}") # macros of version.h, which is read there
  string(REGEX MATCHALL "RANKLOSS_[A-Z0-9_]+" names "${text}")
  foreach(name IN LISTS names)
    math(EXPR count "${count} + 1")
    if(name STREQUAL "RANKLOSS_STATIC") # the macro of the static library's users
      continue()
    elseif(NOT name IN_LIST options)
      list(APPEND wrong "${recipe} sets ${name}, which is no option")
    endif()
  endforeach()
endforeach()

if(wrong OR count LESS 8)
  list(JOIN wrong "\n  " wrong)
  message(FATAL_ERROR "of ${count} options in the recipes of docs/packaging:\n  ${wrong}")
endif()
message(STATUS "${count} options in the recipes are the project's")
