# Installs library, headers and program with all that belongs to them, and exports the target fsconv::fsconv for
# find_package(fsconv). Two components, as distributions have two packages: dev is for building with the library.
# SPDX-License-Identifier: Apache-2.0
include(CMakePackageConfigHelpers)
include(cmake/pkg_config.cmake)

set(cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/fsconv)
install(TARGETS fsconv fsconv_options EXPORT fsconvTargets COMPONENT dev)
install(DIRECTORY lib/fsconv ${PROJECT_BINARY_DIR}/include/fsconv DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev
        FILES_MATCHING PATTERN "*.hpp")
install(EXPORT fsconvTargets NAMESPACE fsconv:: DESTINATION ${cmake_folder} COMPONENT dev)
configure_package_config_file(cmake/fsconvConfig.cmake.in ${PROJECT_BINARY_DIR}/fsconvConfig.cmake
                              INSTALL_DESTINATION ${cmake_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fsconvConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/fsconvConfig.cmake ${PROJECT_BINARY_DIR}/fsconvConfigVersion.cmake
              cmake/dependencies.cmake DESTINATION ${cmake_folder} COMPONENT dev)

install(TARGETS fsconv_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
install(DIRECTORY data/samples DESTINATION ${CMAKE_INSTALL_DATADIR}/fsconv COMPONENT runtime)
install(FILES README.md CHANGELOG.md CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT runtime
        FILES_MATCHING PATTERN "*.md" PATTERN "*.html" PATTERN "*.svg" PATTERN "*.png" PATTERN "*.gif"
        PATTERN explorer EXCLUDE)
# A Python module that reads what fsconv writes (PYTHONPATH finds it there), and a script that gets data sets.
install(FILES python/fsconv_h5.py DESTINATION ${CMAKE_INSTALL_DATADIR}/fsconv COMPONENT runtime)
install(PROGRAMS data/fetch DESTINATION ${CMAKE_INSTALL_DATADIR}/fsconv COMPONENT runtime)

# Every package says under which licence it stands; a distribution says it in its own form (cmake/package.cmake).
if(NOT FSCONV_PACKAGE)
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
endif()

# What the program prints of itself is made when it is installed, for a place that is not known before.
set(generate "set(program \"$<TARGET_FILE:fsconv_program>\")
set(work \"${PROJECT_BINARY_DIR}/generated\")
set(man_folder \"${CMAKE_INSTALL_MANDIR}/man1\")
set(data_folder \"${CMAKE_INSTALL_DATADIR}\")")
install(CODE "${generate}\ninclude(\"${PROJECT_SOURCE_DIR}/cmake/install_generated.cmake\")" COMPONENT runtime)
install(CODE "set(INSTALLED_PREFIX \"\${CMAKE_INSTALL_PREFIX}\")
configure_file(\"${PROJECT_BINARY_DIR}/fsconv.pc.in\" \"${PROJECT_BINARY_DIR}/fsconv.pc\" @ONLY)
file(INSTALL \"${PROJECT_BINARY_DIR}/fsconv.pc\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig\")"
        COMPONENT dev)

include(cmake/package.cmake)
