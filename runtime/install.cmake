# What `cmake --install` puts there for applications: the library, its header, and the two ways to
# find them. The component `gemmsmith_emulator` is the emulated device, which the library looks for
# beside itself.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

install(TARGETS gemmsmith_runtime EXPORT gemmsmith
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT gemmsmith_runtime)
install(FILES gemmsmith.h DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT gemmsmith_runtime)
install(TARGETS gemmsmith_hipemu
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT gemmsmith_emulator)

# find_package(gemmsmith): the target gemmsmith::gemmsmith.
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/gemmsmith")
install(EXPORT gemmsmith FILE gemmsmithConfig.cmake NAMESPACE gemmsmith::
  DESTINATION "${package_folder}" COMPONENT gemmsmith_runtime)
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/gemmsmithConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/gemmsmithConfigVersion.cmake"
  DESTINATION "${package_folder}" COMPONENT gemmsmith_runtime)

# pkg-config gemmsmith; finds its files from where it lies, so that the prefix can be moved.
set(pc_folder "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH GEMMSMITH_PC_TO_PREFIX "/${pc_folder}" "/")
string(REGEX REPLACE "/$" "" GEMMSMITH_PC_TO_PREFIX "${GEMMSMITH_PC_TO_PREFIX}")
configure_file(gemmsmith.pc.in gemmsmith.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/gemmsmith.pc"
  DESTINATION "${pc_folder}" COMPONENT gemmsmith_runtime)
