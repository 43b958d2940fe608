/* A module of another version. */
#include "cache/remote/module_interface.h"

const gs_remote_module *gemmsmith_remote_module(void);

const gs_remote_module *gemmsmith_remote_module(void) {
  static const gs_remote_module module = {.abi = GS_REMOTE_ABI + 1};
  return &module;
}
