# Installs library, headers and program, and exports the target fsconv::fsconv for find_package(fsconv).
include(CMakePackageConfigHelpers)

install(TARGETS fsconv fsconv_options EXPORT fsconvTargets)
install(TARGETS fsconv_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY lib/fsconv DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(EXPORT fsconvTargets NAMESPACE fsconv:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fsconv)

configure_package_config_file(cmake/fsconvConfig.cmake.in ${PROJECT_BINARY_DIR}/fsconvConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fsconv)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fsconvConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/fsconvConfig.cmake ${PROJECT_BINARY_DIR}/fsconvConfigVersion.cmake
              cmake/dependencies.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fsconv)
