// fmt's own functions, compiled into the library: it must not need libfmt.so, of which applications
// bring other versions. (Header-only fmt in every file would be here twenty times.)
#include <fmt/format-inl.h>

// What fmt/format.h declares `extern template`.
namespace fmt::detail {
template void vformat_to<char>(buffer<char> &, basic_string_view<char>,
                               basic_format_args<buffer_context<char>>, locale_ref);
template void buffer<char>::append<char>(const char *, const char *);
template thousands_sep_result<char> thousands_sep_impl<char>(locale_ref);
template char decimal_point_impl<char>(locale_ref);
} // namespace fmt::detail
