// Numbers on the command line: checked as they were written, before anything converts them.
#pragma once

#include <CLI/CLI.hpp>

#include <charconv>
#include <cstdlib>

namespace cli {

/// A whole number from `least` to `most`.
inline CLI::Validator whole(std::uint64_t least, std::uint64_t most) {
  const std::string range = std::to_string(least) + " to " + std::to_string(most);
  const auto check = [=](const std::string& text) {
    std::uint64_t n = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    const bool is_one = ec == std::errc() && end == text.data() + text.size() && !text.empty();
    return is_one && n >= least && n <= most ? std::string() : "takes a whole number from " + range + ", not " + text;
  };
  return CLI::Validator(check, range, "");
}

/// Any number from `least` to `most`; never NaN.
inline CLI::Validator real(double least, double most) {
  const auto shown = [](double x) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", x);
    return std::string(text);
  };
  const std::string range = shown(least) + " to " + shown(most);
  const auto check = [=](const std::string& text) {
    char* end = nullptr;
    const double x = std::strtod(text.c_str(), &end);
    const bool is_one = !text.empty() && end == text.c_str() + text.size();
    return is_one && x >= least && x <= most ? std::string() : "takes a number from " + range + ", not " + text;
  };
  return CLI::Validator(check, range, "");
}

}  // namespace cli
