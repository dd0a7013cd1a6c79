# install.cmake -- an installed copy that find_package(raptors) and pkg-config find, wherever it is moved.
# SPDX-License-Identifier: MIT
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/raptors)
file(RELATIVE_PATH RAPTORS_PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(cmake/raptors.pc.in raptors.pc @ONLY)
configure_package_config_file(cmake/raptorsConfig.cmake.in raptorsConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(raptorsConfigVersion.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS lraptors EXPORT raptorsTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
export(EXPORT raptorsTargets NAMESPACE raptors::) # the build tree can be found, too
install(EXPORT raptorsTargets NAMESPACE raptors:: DESTINATION ${package_dir})
install(FILES ${PROJECT_BINARY_DIR}/include/raptors.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_BINARY_DIR}/raptors.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_BINARY_DIR}/raptorsConfig.cmake ${PROJECT_BINARY_DIR}/raptorsConfigVersion.cmake
        DESTINATION ${package_dir})
