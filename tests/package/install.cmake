# Installs the build, looks for paths of this machine in what was installed, and moves the prefix.

unset(ENV{DESTDIR})
set(staged "${SCRATCH}")
file(REMOVE_RECURSE "${staged}" "${PREFIX}" "${STATIC_PREFIX}")
execute_process(
  COMMAND "${CMAKE_COMMAND}" --install "${BINARY}" --prefix "${staged}" --config "${CONFIG}"
  COMMAND_ERROR_IS_FATAL ANY)

file(GLOB_RECURSE texts "${staged}/*.cmake" "${staged}/*.pc" "${staged}/*.h")
foreach(text IN LISTS texts)
  file(READ "${text}" content)
  foreach(path IN ITEMS "${SOURCE}" "${BINARY}" "${staged}")
    string(FIND "${content}" "${path}" position)
    if(NOT position EQUAL -1)
      message(SEND_ERROR "${text} names ${path}")
    endif()
  endforeach()
endforeach()

file(RENAME "${staged}" "${PREFIX}")
file(COPY "${PREFIX}/" DESTINATION "${STATIC_PREFIX}")
file(GLOB shared "${STATIC_PREFIX}/${LIBDIR}/librankloss.so*")
file(REMOVE ${shared})
