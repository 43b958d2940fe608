/* For libraries that are preloaded: the function that the program would have called without them.
 */
#ifndef REAL_FUNCTION_H
#define REAL_FUNCTION_H

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* Declares a function pointer and finds the next function of this name. In C no data pointer
 * converts to a function pointer, so its bytes are copied. Needs _GNU_SOURCE. */
#define REAL(declaration, pointer, name)                                                           \
  declaration;                                                                                     \
  do {                                                                                             \
    void *address = dlsym(RTLD_NEXT, name);                                                        \
    if (!address)                                                                                  \
      abort();                                                                                     \
    memcpy(&pointer, &address, sizeof address);                                                    \
  } while (0)

#endif
