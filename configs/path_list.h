// Several paths in one text, as in PATH.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

// Paths separated by ':'; empty parts are left out.
std::vector<std::string> splitPaths(std::string_view paths);

} // namespace gemmsmith
