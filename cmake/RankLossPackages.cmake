# What cpack makes of a build: librankloss0 and librankloss-dev for Debian and its relatives, and an archive of the same
# files. The preset `packages` has the prefix and the options that are meant.
#
# CPack's own way with a shared library adds scripts that run ldconfig, where a trigger does it without any. So the
# control files are written here, and what the library depends on is found by packages/cpack.cmake.

if(NOT RANKLOSS_INSTALL OR NOT RANKLOSS_BUILD_SHARED OR NOT RANKLOSS_BUILD_STATIC)
  message(FATAL_ERROR
    "RANKLOSS_PACKAGES is ON, but not RANKLOSS_INSTALL, RANKLOSS_BUILD_SHARED and RANKLOSS_BUILD_STATIC: the packages "
    "hold all that these make.")
endif()
find_program(RANKLOSS_GZIP gzip REQUIRED DOC "Compresses the changelogs of packages (Debian: gzip)")

set(runtime librankloss${RANKLOSS_SOVERSION})
set(development librankloss-dev)
set(revision 1) # of the packages of one version of the library
set(authors "The RankLoss authors <authors@rankloss.invalid>") # the name that LICENSE has; they have no address
set(debian "${PROJECT_BINARY_DIR}/package/debian")

# --- Control files ----------------------------------------------------------------------------------------------------

# The package of a program that calls these depends on the version of librankloss0 that has them.
set(listed "${PROJECT_SOURCE_DIR}/tests/package/exported_symbols.txt")
file(STRINGS "${listed}" symbols)
list(TRANSFORM symbols REPLACE "^(.+) (.+)$" " \\1@Base \\2\n")
list(JOIN symbols "" symbols)
file(WRITE "${debian}/symbols" "librankloss.so.${RANKLOSS_SOVERSION} ${runtime} #MINVER#\n"
  "* Build-Depends-Package: ${development}\n${symbols}")
file(WRITE "${debian}/shlibs" "librankloss ${RANKLOSS_SOVERSION} ${runtime} (>= ${PROJECT_VERSION})\n")
file(WRITE "${debian}/triggers" "activate-noawait ldconfig\n")

# --- Documents --------------------------------------------------------------------------------------------------------

# With SOURCE_DATE_EPOCH the packages have the same bytes whenever they are built.
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE "${debian}/changelog.Debian"
  "rankloss (${PROJECT_VERSION}-${revision}) unstable; urgency=medium\n\n"
  "  * Version ${PROJECT_VERSION} of the library: see changelog.gz.\n\n"
  " -- ${authors}  ${now}\n")
file(COPY_FILE "${PROJECT_SOURCE_DIR}/CHANGELOG.md" "${debian}/changelog")
execute_process(COMMAND "${RANKLOSS_GZIP}" -9 --no-name --force changelog.Debian changelog
  WORKING_DIRECTORY "${debian}" COMMAND_ERROR_IS_FATAL ANY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${listed}" "${PROJECT_SOURCE_DIR}/CHANGELOG.md")

# rankloss_install_documents(<package> <component>): where Debian has them. They come with the component alone, not when
# everything is installed.
function(rankloss_install_documents package component)
  set(destination DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/${package}" COMPONENT ${component} EXCLUDE_FROM_ALL)
  install(FILES "${debian}/changelog.Debian.gz" "${debian}/changelog.gz" ${destination})
  install(FILES LICENSE RENAME copyright ${destination})
endfunction()
rankloss_install_documents(${runtime} RankLoss_Runtime)
rankloss_install_documents(${development} RankLoss_Development)

# --- All packages -----------------------------------------------------------------------------------------------------

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_NAME rankloss)
set(CPACK_PACKAGE_VENDOR "The RankLoss authors")
set(CPACK_PACKAGE_CONTACT "${authors}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # or it would be the first line of each description
set(CPACK_PACKAGE_FILE_NAME "rankloss-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL RankLoss_Runtime RankLoss_Development)
# Whatever the umask is.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# --- Debian's ---------------------------------------------------------------------------------------------------------

set(CPACK_PROJECT_CONFIG_FILE "${PROJECT_SOURCE_DIR}/cmake/packages/cpack.cmake")
set(CPACK_RANKLOSS_SHARED_LIBRARY "${PROJECT_BINARY_DIR}/librankloss.so.${PROJECT_VERSION}")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SOURCE rankloss)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${revision})
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(about
  "RankLoss computes the ranking softmax loss of batches of ranked lists, its\n"
  "gradients and its second derivatives, in one pass, exact to the last place\n"
  "and with the same bits on every machine.\n\n")
list(JOIN about "" about)

# Multi-Arch has no variable in CPack, so it stands in the line of another field.
set(CPACK_DEBIAN_RANKLOSS_RUNTIME_PACKAGE_NAME ${runtime})
set(CPACK_DEBIAN_RANKLOSS_RUNTIME_PACKAGE_SECTION "libs\nMulti-Arch: same")
set(CPACK_DEBIAN_RANKLOSS_RUNTIME_PACKAGE_CONTROL_EXTRA "${debian}/symbols" "${debian}/shlibs" "${debian}/triggers")
set(CPACK_DEBIAN_RANKLOSS_RUNTIME_DESCRIPTION
  "ranking softmax loss with its derivatives - shared library\n${about}This package has what programs load.")

set(CPACK_DEBIAN_RANKLOSS_DEVELOPMENT_PACKAGE_NAME ${development})
set(CPACK_DEBIAN_RANKLOSS_DEVELOPMENT_PACKAGE_SECTION "libdevel\nMulti-Arch: same")
set(CPACK_DEBIAN_RANKLOSS_DEVELOPMENT_PACKAGE_DEPENDS
  "${runtime} (= ${PROJECT_VERSION}-${revision}), libc6-dev | libc-dev")
set(CPACK_DEBIAN_RANKLOSS_DEVELOPMENT_DESCRIPTION
  "ranking softmax loss with its derivatives - development files\n${about}This package has what programs are built \
with: the headers, the static\nlibrary, the CMake package RankLoss and rankloss.pc for pkg-config.")

include(CPack)
