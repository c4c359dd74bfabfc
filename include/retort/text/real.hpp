// Real numbers from text, whatever the locale of the host is.
#pragma once

#include <retort/base/types.hpp>

#include <charconv>
#include <clocale>
#include <cstdlib>

RETORT_BEGIN
namespace detail {

/// Reads digits with a point and an exponent, either of which may be missing. Beyond what a double holds it is
/// infinite, or 0. Returns where the number ends; `text.data()` where there is none.
inline const char* read_real(std::string_view text, double& out) {
#if defined(__cpp_lib_to_chars)
  const auto done = std::from_chars(text.data(), text.data() + text.size(), out);
  if (done.ec == std::errc::result_out_of_range) out = std::strtod(std::string(text).c_str(), nullptr);
  return done.ec == std::errc::invalid_argument ? text.data() : done.ptr;
#else  // libc++ reads whole numbers only
  std::string copy(text);
  const std::size_t point = copy.find('.');
  if (point != std::string::npos) copy[point] = *std::localeconv()->decimal_point;
  char* end = nullptr;
  out = std::strtod(copy.c_str(), &end);
  return text.data() + (end - copy.c_str());
#endif
}

}  // namespace detail
RETORT_END
