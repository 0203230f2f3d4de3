# cmocka as the imported target cmocka::cmocka, whichever way it is installed: since 1.1.6 its CMake package has that
# target, before it had variables alone, and some distributions ship the .pc file only.

if(NOT TARGET cmocka::cmocka)
  find_package(cmocka CONFIG QUIET)
endif()

if(NOT TARGET cmocka::cmocka AND CMOCKA_LIBRARIES)
  add_library(cmocka::cmocka INTERFACE IMPORTED)
  target_link_libraries(cmocka::cmocka INTERFACE ${CMOCKA_LIBRARIES})
  target_include_directories(cmocka::cmocka INTERFACE ${CMOCKA_INCLUDE_DIR})
endif()

if(NOT TARGET cmocka::cmocka)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(RANKLOSS_CMOCKA QUIET IMPORTED_TARGET cmocka)
  endif()
  if(RANKLOSS_CMOCKA_FOUND)
    add_library(cmocka::cmocka ALIAS PkgConfig::RANKLOSS_CMOCKA)
  endif()
endif()

if(NOT TARGET cmocka::cmocka)
  message(FATAL_ERROR
    "The tests need cmocka (Debian: libcmocka-dev). Install it, or configure with -DRANKLOSS_BUILD_TESTS=OFF.")
endif()
