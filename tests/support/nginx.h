// nginx's own configuration for the tests of remote stores.
#pragma once

#include <fmt/format.h>
#include <string>
#include <vector>

namespace gemmsmith {

// One process without privileges, all of whose files are in `folder`:
// http://127.0.0.1:PORT/gemmsmith can be read and written (WebDAV) and /readonly read; both are
// FOLDER/files/gemmsmith, and `files` must exist.
inline std::string nginxConfiguration(const std::string &folder, int port) {
  return fmt::format(R"(
daemon off;
master_process off;
pid {0}/nginx.pid;
error_log {0}/error.log;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {0}/incoming;
  proxy_temp_path {0}/proxy;
  fastcgi_temp_path {0}/fastcgi;
  uwsgi_temp_path {0}/uwsgi;
  scgi_temp_path {0}/scgi;
  server {{
    listen 127.0.0.1:{1};
    location /gemmsmith/ {{
      root {0}/files;
      dav_methods PUT DELETE;
      create_full_put_path on;
      client_max_body_size 100m;
      limit_except GET {{
        allow 127.0.0.1;
        deny all;
      }}
    }}
    location /readonly/ {{
      alias {0}/files/gemmsmith/;
    }}
  }}
}}
)",
                     folder, port);
}

inline std::vector<std::string> nginxCommand(const std::string &folder,
                                             const std::string &configuration) {
  return {"/usr/sbin/nginx", "-p", folder, "-e", folder + "/error.log", "-c", configuration};
}

} // namespace gemmsmith
