// JSON schemas made at random from every keyword that constraints understand.
#pragma once

#include <nlohmann/json.hpp>

#include <random>
#include <string>
#include <vector>

class random_schema {
 public:
  using json = nlohmann::ordered_json;
  explicit random_schema(std::uint64_t seed) : random_(seed) {}

  json make() {
    json s = any(3);
    if (s.is_boolean()) s = json::object();
    if (one_in(4)) {  // a recursive part, and one that is not
      json defs;
      defs["node"] = {{"type", "object"},
                      {"properties",
                       {{"v", any(0)},
                        {"next", {{"anyOf", json::array({json{{"type", "null"}}, json{{"$ref", "#/$defs/node"}}})}}}}},
                      {"required", json::array({"v", "next"})},
                      {"additionalProperties", false}};
      defs["leaf"] = any(1);
      s = {{"type", "object"},
           {"properties", {{"a", s}, {"tree", {{"$ref", "#/$defs/node"}}}, {"leaf", {{"$ref", "#/$defs/leaf"}}}}},
           {"required", json::array({"tree"})}};
      s["$defs"] = defs;
    }
    if (one_in(5)) s["title"] = "of no meaning";
    return s;
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::string name() {
    static const std::vector<std::string> names = {
        "a",           "b",    "name",         "the", "in", "x y", "q\"uote", "\xc3\xa9t\xc3\xa9",
        "back\\slash", "n\nl", "\xe6\x97\xa5", "id",  "0"};
    return names[below(names.size())];
  }

  json any(int depth) {
    switch (below(depth > 0 ? 12 : 7)) {
      case 0: return boolean();
      case 1: return integer();
      case 2: return number();
      case 3: return string();
      case 4: return text();
      case 5: return values();
      case 6:
        return one_in(3)
                   ? json(true)
                   : json{{"type", json::array({"string", "null", "integer"})}, {"minLength", 1}, {"minimum", -3}};
      case 7:
      case 8: return object(depth - 1);
      case 9: return array(depth - 1);
      case 10: return combined(depth - 1);
      default: return tuple(depth - 1);
    }
  }
  json boolean() { return one_in(2) ? json{{"type", "boolean"}} : json{{"type", "null"}, {"description", "nothing"}}; }
  json integer() {
    json s = {{"type", "integer"}};
    const int from = static_cast<int>(below(2000)) - 1000;
    if (one_in(2)) s[one_in(2) ? "minimum" : "exclusiveMinimum"] = from;
    if (one_in(2))
      s[one_in(2) ? "maximum" : "exclusiveMaximum"] = from + 2 + static_cast<int>(below(one_in(2) ? 3 : 100000));
    return s;
  }
  json number() {
    json s = {{"type", "number"}};
    const double from = (static_cast<double>(below(200000)) - 100000) / 1000;
    if (one_in(2)) s[one_in(2) ? "minimum" : "exclusiveMinimum"] = from;
    if (one_in(2)) s[one_in(2) ? "maximum" : "exclusiveMaximum"] = from + (one_in(2) ? 0.25 : 1000.5);
    return s;
  }
  json string() {
    json s = {{"type", "string"}};
    const std::size_t least = below(6);
    if (one_in(2)) s["minLength"] = least;
    if (one_in(2)) s["maxLength"] = least + below(20);
    return s;
  }
  json text() {
    static const std::vector<std::string> formats = {"date", "time", "date-time", "email", "hostname",
                                                     "ipv4", "ipv6", "uuid",      "uri"};
    static const std::vector<std::string> patterns = {"^[a-z]{2,8}$",
                                                      "^\\d{3}-\\d{4}$",
                                                      "ab+c",
                                                      "^(yes|no)$",
                                                      "^[^a-z\"]*$",
                                                      "\\s\\S\\w\\W",
                                                      "^.{1,4}$",
                                                      "^a|b$",
                                                      "^\"\\\\\\n\\t\\u00e9$",
                                                      "^[\\u4e00-\\u9fff]{1,3}$",
                                                      "^\\D+$"};
    json s = {{"type", "string"}};
    if (one_in(2)) s["format"] = formats[below(formats.size())];
    else s["pattern"] = patterns[below(patterns.size())];
    return s;
  }
  json values() {
    const json all = json::array(
        {"a", "the", 1, -2.5, nullptr, true, "\xc3\xa9\n", json::array({1, "x"}), json{{"k", nullptr}}, 1e30, "", "0"});
    if (one_in(3)) return {{"const", all[below(all.size())]}};
    json list = json::array();
    for (std::size_t i = 0; i < all.size(); ++i)
      if (one_in(3)) list.push_back(all[i]);
    if (list.empty()) list.push_back("only");
    return {{"enum", list}};
  }
  json object(int depth) {
    json s = {{"type", "object"}};
    json properties = json::object(), required = json::array();
    for (std::size_t n = below(5); n > 0; --n) {
      const std::string key = name();
      if (properties.contains(key)) continue;
      properties[key] = any(depth);
      if (one_in(2)) required.push_back(key);
    }
    if (!properties.empty() || one_in(2)) s["properties"] = properties;
    const std::size_t others = below(4);
    if (others == 0) s["additionalProperties"] = false;
    if (others == 1) s["additionalProperties"] = any(0);
    if (others == 2 && depth < 2) s["additionalProperties"] = true;
    if (others == 1 && one_in(3) && !properties.contains("undeclared")) required.push_back("undeclared");
    if (!required.empty()) s["required"] = required;
    return s;
  }
  json array(int depth) {
    json s = {{"type", "array"}};
    if (!one_in(5)) s["items"] = any(depth);
    const std::size_t least = below(3);
    if (one_in(2)) s["minItems"] = least;
    if (one_in(2)) s["maxItems"] = least + below(4);
    return s;
  }
  json tuple(int depth) {
    json s = {{"type", "array"}, {"prefixItems", json::array({any(depth), any(0)})}};
    if (one_in(2)) s["items"] = one_in(2) ? json(false) : any(0);
    if (one_in(2)) s["minItems"] = 1 + below(2);
    return s;
  }
  json combined(int depth) {
    switch (below(4)) {
      case 0: return {{"anyOf", json::array({any(depth), any(depth)})}};
      case 1: return {{"oneOf", json::array({integer(), string(), array(0), json{{"type", "null"}}})}};
      case 2:
        return {{"oneOf", json::array({json{{"type", "object"},
                                            {"properties", {{"kind", {{"const", "x"}}}, {"v", any(depth)}}},
                                            {"required", json::array({"kind", "v"})}},
                                       json{{"type", "object"},
                                            {"properties", {{"kind", {{"enum", json::array({"y", "z"})}}}}},
                                            {"required", json::array({"kind"})}}})}};
      default:
        return {
            {"type", "object"},
            {"properties", {{"first", any(0)}}},
            {"allOf", json::array({json{{"properties", {{"second", integer()}}}, {"required", json::array({"second"})}},
                                   json{{"properties", {{"second", {{"type", "number"}}}}}}})}};
    }
  }
  std::mt19937_64 random_;
};
