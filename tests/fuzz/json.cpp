// JSON: what is read and written again is the same value; a scanner of text that arrives finds the end that the reader
// finds.
#include "fuzz/fuzz.hpp"

#include <retort/text/json_reader.hpp>
#include <retort/text/json_scanner.hpp>
#include <retort/text/json_writer.hpp>

using namespace retort;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto j = detail::parse_json(text);
  if (!j) {
    HOLDS(j.error().code == errc::limit || !detail::is_json(text));
    return 0;
  }
  HOLDS(detail::is_json(text));
  const std::string once = detail::dump(*j);
  const auto again = detail::parse_json(once);
  HOLDS(again);
  HOLDS(detail::dump(*again) == once);
  HOLDS(*again == *j);
  if (const auto* s = j->get_ptr<const std::string*>()) {
    std::string back;
    HOLDS(detail::json_unquoted(detail::json_quoted(*s), back) && back == *s);
  }
  if (!j->is_object()) return 0;
  HOLDS(detail::is_json_object(text) || text.starts_with("\xEF\xBB\xBF"));  // a mark of byte order is passed over
  std::size_t at = 0;
  detail::json_scanner ends;
  HOLDS(ends.scan(once, at) == detail::json_scanner::state::done && at == once.size());
  for (const detail::json_member& member : j->items()) {
    const auto value = detail::parse_json(detail::member_text(once, member.key));
    HOLDS(value && *value == member.value);
  }
  return 0;
}

fuzz::corpus fuzz::seeds() {
  return {{R"({"name": "Ada", "age": 36, "tags": ["a", "\u00e9\ud83d\ude00"], "inner": {"x": -1.5e-3, "y": null}})",
           "[1, 18446744073709551615, -9223372036854775808, 1e308, 0.1, true, false]", R"("a \"quoted\" text\n")",
           "[[[[[[[[]]]]]]]]", "{}"},
          {"null", "true", "false", "\\u", "\\ud83d", "{\"", "\":", "],", "1e", "-0", "0.", "e+"}};
}
