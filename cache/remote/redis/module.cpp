// libgemmsmith_redis.so
#include "cache/remote/module_adapter.h"
#include "cache/remote/redis/redis_remote.h"

GEMMSMITH_REMOTE_MODULE(gemmsmith::RedisRemote)
