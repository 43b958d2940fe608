/* The header by itself, in C11 without extensions, and the smallest program that uses it. */
#include "gemmsmith.h"

#include <stdio.h>
#include <string.h>

int main(void) {
  gs_options options = {.size = sizeof options, .device = GS_DEVICE_EMULATOR};
  gs_context *context = NULL;
  gs_problem problem = {.m = 16, .n = 128, .k = 512};
  size_t bytes = 0;

  if (gs_version() != GS_VERSION || strcmp(gs_last_error(), "") != 0)
    return 1;
  if (gs_context_create(&options, &context) != GS_SUCCESS) {
    fprintf(stderr, "%s\n", gs_last_error());
    return 2;
  }
  if (gs_workspace_size(context, &problem, &bytes) != GS_SUCCESS)
    return 3;
  if (gs_workspace_size(context, NULL, &bytes) != GS_ERROR_INVALID)
    return 4;
  printf("%s; %s\n", gs_status_string(GS_ERROR_INVALID), gs_last_error());
  gs_context_destroy(context);
  return 0;
}
