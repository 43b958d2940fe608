# What `cmake --install --component gemmsmith_tools` puts there: the command line and the workers
# that it looks for beside itself. libgemmsmith.so, which `gemmsmith run` uses and which starts
# ../bin/gemmsmith when it needs the compile service, is the component `gemmsmith_runtime`.
include(GNUInstallDirs)

file(RELATIVE_PATH bin_to_lib "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
set_target_properties(gemmsmith PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
# The worker finds LLVM where it was linked, unless that is where the loader looks anyway.
set_target_properties(gemmsmith-llvm-worker PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
install(TARGETS gemmsmith gemmsmith-llvm-worker gemmsmith-hiprtc
  RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT gemmsmith_tools)
