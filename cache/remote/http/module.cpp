// libgemmsmith_http.so
#include "cache/remote/http/http_remote.h"
#include "cache/remote/module_adapter.h"

GEMMSMITH_REMOTE_MODULE(gemmsmith::HttpRemote)
