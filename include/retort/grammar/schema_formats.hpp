// The formats of JSON schemas, as regular expressions. What is written is valid for every validator we know; names that
// are not here say nothing about a text (they are annotations).
// source  RFC 3339 (times), 3986 and 3987 (addresses), 5321 (mail), 1123 and 5890 (hosts), 4291 (IPv6), 4122 (UUID),
//         6570 (templates), 6901 (pointers), 4648 (base64)
#pragma once

#include <retort/base/types.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

RETORT_BEGIN
namespace detail::schema_formats {

inline constexpr std::size_t unlimited = 0xffffffffu;

namespace text {

inline std::string ipv4() {
  const std::string octet = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  return octet + "(\\." + octet + "){3}";
}

/// Eight groups, of which one or more may be left out once, and the last two may be an IPv4 address.
inline std::string ipv6() {
  const std::string h = "[0-9A-Fa-f]{1,4}";
  std::string out = "(" + h + ":){7}" + h + "|(" + h + ":){6}" + ipv4();
  for (int before = 0; before < 8; ++before) {
    if (before > 0) out += "|" + h + "(:" + h + "){" + std::to_string(before - 1) + "}::";
    else out += "|::";
    if (before > 6) continue;
    out += "(" + h + "(:" + h + "){0," + std::to_string(6 - before) + "}";
    if (before < 6) out += "|(" + h + ":){0," + std::to_string(5 - before) + "}" + ipv4();
    out += ")?";
  }
  return "(" + out + ")";
}

inline std::string date() {
  const std::string leap = "(\\d\\d(0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26]|0[48])00)-02-29";
  return "((?!0000)\\d{4}-((0[1-9]|1[0-2])-(0[1-9]|1\\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)|" + leap +
         ")";
}
inline std::string time() {
  const std::string fraction = "(\\.\\d{1,12})?";
  return "(([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d" + fraction + "([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)|23:59:60" + fraction +
         "[Zz])";
}
inline std::string duration() {
  const std::string n = "\\d{1,12}", day = n + "D", month = n + "M(" + day + ")?", year = n + "Y(" + month + ")?";
  const std::string second = n + "S", minute = n + "M(" + second + ")?", hour = n + "H(" + minute + ")?";
  const std::string clock = "T(" + hour + "|" + minute + "|" + second + ")";
  return "P((" + day + "|" + month + "|" + year + ")(" + clock + ")?|" + clock + "|" + n + "W)";
}

/// Names of hosts: at most 253 characters, or `most`; few long labels or more short ones. `more`: characters beyond
/// ASCII.
inline std::string host(const std::string& more, std::size_t least_labels, std::size_t most) {
  const std::string c = "[A-Za-z0-9" + more + "]", inner = "[A-Za-z0-9" + more + "-]";
  const auto labels = [&](std::size_t length, std::size_t count) {
    const std::string label =
        length < 2 ? c : "(?!..--)" + c + "(" + inner + "{0," + std::to_string(length - 2) + "}" + c + ")?";
    return label + "(\\." + label + "){" + std::to_string(least_labels - 1) + "," + std::to_string(count - 1) + "}";
  };
  if (most >= 253) return "(" + labels(63, 3) + "|" + labels(30, 8) + ")";
  const std::size_t count = most < 16 ? least_labels : 4;
  return labels(std::clamp<std::size_t>((most + 1) / count, 2, 31) - 1, count);
}
inline std::string mail(const std::string& more, std::size_t most) {
  const std::string atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~" + more + "-]+";
  const std::size_t local = std::min<std::size_t>(64, std::max<std::size_t>(most / 2, 1));
  return "(?=[^@]{1," + std::to_string(local) + "}@)" + atom + "(\\." + atom + ")*@" +
         host(more, 2, most > 320 ? 253 : most - std::min(most, local + 1));
}
/// Letters that names in any script surely may hold.
inline constexpr char letters[] =
    "\\u00E0-\\u00F6\\u00F8-\\u00FF\\u0430-\\u044F\\u05D0-\\u05EA\\u0621-\\u063A\\u3041-\\u3096\\u30A1-\\u30FA"
    "\\u4E00-\\u9FFF\\uAC00-\\uD7A3";

/// An address; `relative`: or one that begins at the place it stands in; `simple`: hosts are names.
inline std::string uri(bool relative, bool simple, const std::string& more = {}) {
  const std::string escaped = "%[0-9A-Fa-f]{2}", common = "A-Za-z0-9._~!$&'()*+,;=" + more;
  const std::string pchar = "([" + common + ":@-]|" + escaped + ")", rest = "(" + pchar + "|[/?])*";
  const std::string name = "([" + common + "-]|" + escaped + ")*";
  const std::string user = "(([" + common + ":-]|" + escaped + ")*@)?";
  const std::string authority =
      simple ? "(" + name + ")(:\\d*)?" : user + "(\\[" + ipv6() + "\\]|" + name + ")(:\\d{0,5})?";
  const std::string segments = "(/" + pchar + "*)*",
                    rooted = "//" + authority + segments + "|/(" + pchar + "+" + segments + ")?";
  const std::string tail = "(\\?" + rest + ")?(#" + rest + ")?";
  std::string out = "[A-Za-z][A-Za-z0-9+.-]*:(" + rooted + "|" + pchar + "+" + segments + ")" + tail;
  if (relative) out += "|(" + rooted + "|([" + common + "@-]|" + escaped + ")+" + segments + "|)" + tail;
  return "(" + out + ")";
}
inline constexpr char beyond_ascii[] =
    "\\u{A0}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFEF}\\u{10000}-\\u{1FFFD}\\u{20000}-\\u{2FFFD}\\u{30000}-\\u{"
    "3FFFD}";

inline std::string uri_template() {
  const std::string escaped = "%[0-9A-Fa-f]{2}", c = "([A-Za-z0-9_]|" + escaped + ")";
  const std::string variable = c + "(\\.?" + c + ")*(:[1-9]\\d{0,3}|\\*)?";
  return "([^\\x00-\\x20\\x7F\"'<>%\\\\^`{|}]|" + escaped + "|\\{[+#./;?&]?" + variable + "(," + variable + ")*\\})*";
}
/// Some regular expressions: what every engine reads alike.
inline std::string regex() {
  const std::string atom =
      "([A-Za-z0-9 _.,:;=!@%&<>~'\"#/-]|\\\\[dDwWsSbnrt.()\\[\\]{}|*+?^$\\\\/]|"
      "\\[\\^?(a-z|A-Z|0-9|[A-Za-z0-9_., ])+\\])";
  const std::string some = "(" + atom + "([*+?]|\\{[0-9]{1,2}\\})?)+", ways = some + "(\\|" + some + ")*";
  return "\\^?(" + atom + "([*+?]|\\{[0-9]{1,2}\\})?|\\((\\?:)?" + ways + "\\)[*+?]?)*\\$?";
}

}  // namespace text

/// The texts of a format of strings, simpler ones where no more than `limit` characters are wanted; nothing where the
/// name is no format.
inline std::optional<std::string> pattern_of(std::string_view name, std::size_t limit = unlimited) {
  using namespace text;
  struct row {
    std::string_view name;
    std::string (*pattern)(std::size_t most);
  };
  static constexpr row rows[] = {
      {"date", [](std::size_t) { return date(); }},
      {"time", [](std::size_t) { return time(); }},
      {"iso-time", [](std::size_t) { return time(); }},
      {"date-time", [](std::size_t) { return date() + "[Tt]" + time(); }},
      {"iso-date-time", [](std::size_t) { return date() + "[Tt]" + time(); }},
      {"duration", [](std::size_t) { return duration(); }},
      {"email", [](std::size_t most) { return mail("", most); }},
      {"idn-email", [](std::size_t most) { return mail(letters, most); }},
      {"hostname", [](std::size_t most) { return host("", 1, most); }},
      {"idn-hostname", [](std::size_t most) { return host(letters, 1, most); }},
      {"ipv4", [](std::size_t) { return ipv4(); }},
      {"ipv6", [](std::size_t) { return ipv6(); }},
      {"uuid",
       [](std::size_t) { return std::string("(urn:uuid:)?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"); }},
      {"uri", [](std::size_t most) { return uri(false, most != unlimited); }},
      {"uri-reference", [](std::size_t most) { return uri(true, most != unlimited); }},
      {"iri", [](std::size_t most) { return uri(false, most != unlimited, beyond_ascii); }},
      {"iri-reference", [](std::size_t most) { return uri(true, most != unlimited, beyond_ascii); }},
      {"url",
       [](std::size_t) {
         return std::string("(https?|ftp)://([a-z0-9]+(-[a-z0-9]+)*\\.)+[a-z]{2,20}(:[1-9]\\d{1,4})?") +
                "(/([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*(\\?[A-Za-z0-9._~=&-]*)?)?";
       }},
      {"uri-template", [](std::size_t) { return uri_template(); }},
      {"json-pointer", [](std::size_t) { return std::string("(/([^/~]|~[01])*)*"); }},
      {"json-pointer-uri-fragment",
       [](std::size_t) { return std::string("#(/([A-Za-z0-9_.!$&'()*+,;:=@-]|%[0-9A-Fa-f]{2}|~[01])*)*"); }},
      {"relative-json-pointer", [](std::size_t) { return std::string("(0|[1-9]\\d{0,9})(#|(/([^/~]|~[01])*)*)"); }},
      {"regex", [](std::size_t) { return regex(); }},
      {"byte", [](std::size_t) { return std::string("([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"); }},
  };
  for (const row& r : rows)
    if (r.name == name) return r.pattern(limit);
  return std::nullopt;
}

}  // namespace detail::schema_formats
RETORT_END
