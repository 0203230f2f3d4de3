# Read by cpack for each kind of package: what is known only once the library is built, the packages that it depends on.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()

# dpkg-shlibdeps asks for the folder of a source package.
set(scratch "${CPACK_PACKAGE_DIRECTORY}/_CPack_Packages/shlibdeps")
file(WRITE "${scratch}/debian/control"
  "Source: rankloss\n\nPackage: ${CPACK_DEBIAN_RANKLOSS_RUNTIME_PACKAGE_NAME}\nArchitecture: any\n")
execute_process(
  COMMAND dpkg-shlibdeps -O -e "${CPACK_RANKLOSS_SHARED_LIBRARY}"
  WORKING_DIRECTORY "${scratch}" OUTPUT_VARIABLE depends OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "shlibs:Depends=" "" CPACK_DEBIAN_RANKLOSS_RUNTIME_PACKAGE_DEPENDS "${depends}")
