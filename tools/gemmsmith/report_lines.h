// The form of reports for people: a line that says what there is and whether it is good, and below
// it fields with names.
#pragma once

#include <string_view>

namespace gemmsmith {

// "[ok] text" or "[--] text"
void printHead(bool good, std::string_view text);

// "     name         value"; nothing when there is no value. Later lines of a value (a compiler's
// log, say) stand below its first.
void printField(std::string_view name, std::string_view value);

} // namespace gemmsmith
