// JSON as the commands take and give it, by the library's own reader and writer, which stand a lack of memory.
#pragma once

#include <retort/text/json_reader.hpp>
#include <retort/text/json_writer.hpp>

namespace cli {

using retort::detail::dump;
using retort::detail::json;

/// A line's value; null where it is no JSON.
inline json parsed(std::string_view line) {
  auto j = retort::detail::parse_json(line);
  return j ? std::move(*j) : json();
}

}  // namespace cli
