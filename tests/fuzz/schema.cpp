// JSON schemas: compiled, and followed by texts that must be JSON of the type, or one of the values, that the root
// names.
#include "fuzz/walk.hpp"

using namespace retort;
using detail::json;

namespace {

bool has_type(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  return (type != "integer" && type != "number") || value.is_number();
}

/// What can be told of a value without a validator.
void check(const std::string& text, const json& schema) {
  const auto value = detail::parse_json(text, {.depth = 4096});
  HOLDS(value);
  if (!schema.is_object()) return;
  if (schema.contains("type") && schema["type"].is_string()) HOLDS(has_type(*value, schema["type"].get<std::string>()));
  if (schema.contains("enum") && schema["enum"].is_array()) {
    bool is_one = false, is_known = true;
    for (const json& one : schema["enum"]) {
      is_one = is_one || one == *value;
      is_known = is_known && (one.is_string() || one.is_boolean() || one.is_null());
    }
    HOLDS(is_one || !is_known);
  }
  if (!value->is_object()) return;
  if (schema.contains("required") && schema["required"].is_array())
    for (const json& name : schema["required"])
      if (name.is_string()) HOLDS(value->contains(name.get<std::string>()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::reader in(data, size);
  const std::uint8_t how = in.byte();
  fuzz::random dice(in.take<std::uint16_t>());
  const auto& v = fuzz::vocabulary(how);
  const auto c = words::compile(detail::json_schema::parse(in.rest(), (how & 4) != 0), v);
  if (!c) {
    HOLDS(!c.error().what.empty());
    return 0;
  }
  const auto schema = detail::parse_json(in.rest());
  for (int run = 0; run < 2; ++run)
    if (const auto text = fuzz::walk(*c, v, dice)) check(*text, schema ? *schema : json());
  return 0;
}

fuzz::corpus fuzz::seeds() {
  corpus c;
  for (
      const char* schema :
      {R"({"type": "object", "properties": {"name": {"type": "string", "maxLength": 5}, "age": {"type": "integer", "minimum": 0,
           "maximum": 150}}, "required": ["name"], "additionalProperties": false})",
       R"({"type": "array", "items": {"enum": ["red", "green", 3, null]}, "minItems": 1, "maxItems": 3})",
       R"({"anyOf": [{"type": "string", "pattern": "^[a-c]{2,4}$"}, {"type": "number", "exclusiveMinimum": -1.5, "multipleOf": 0.5}]})",
       R"({"$defs": {"node": {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
           "required": ["next"]}}, "$ref": "#/$defs/node"})",
       R"({"oneOf": [{"const": {"k": 1}}, {"type": "boolean"}], "not": {"const": true}})",
       R"({"type": "string", "format": "date-time"})", R"({"type": ["string", "null"], "minLength": 2})",
       R"({"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "array", "prefixItems": [{"type": "integer"}],
           "uniqueItems": true}}}]})",
       R"({"if": {"properties": {"k": {"const": 1}}}, "then": {"required": ["x"]}, "else": {"required": ["y"]}, "type": "object"})",
       R"({"patternProperties": {"^x-": {"type": "integer"}}, "propertyNames": {"maxLength": 4}, "minProperties": 1, "maxProperties": 2,
           "type": "object"})",
       R"({"type": "array", "contains": {"const": 7}, "minContains": 1, "maxContains": 2, "maxItems": 4})", "true",
       "{}"})
    for (const char how : {'\0', '\1', '\6', '\7'}) c.inputs.push_back(std::string(1, how) + "\1\2" + schema);
  c.words = {"\"type\":",
             "\"object\"",
             "\"array\"",
             "\"string\"",
             "\"integer\"",
             "\"number\"",
             "\"boolean\"",
             "\"null\"",
             "\"properties\":",
             "\"required\":",
             "\"additionalProperties\":",
             "\"patternProperties\":",
             "\"propertyNames\":",
             "\"items\":",
             "\"prefixItems\":",
             "\"contains\":",
             "\"minContains\":",
             "\"maxContains\":",
             "\"uniqueItems\":",
             "\"minItems\":",
             "\"maxItems\":",
             "\"minLength\":",
             "\"maxLength\":",
             "\"pattern\":",
             "\"format\":",
             "\"minimum\":",
             "\"maximum\":",
             "\"exclusiveMinimum\":",
             "\"exclusiveMaximum\":",
             "\"multipleOf\":",
             "\"enum\":",
             "\"const\":",
             "\"anyOf\":",
             "\"oneOf\":",
             "\"allOf\":",
             "\"not\":",
             "\"if\":",
             "\"then\":",
             "\"else\":",
             "\"$ref\":",
             "\"$defs\":",
             "\"definitions\":",
             "\"#/$defs/a\"",
             "\"#\"",
             "\"dependentRequired\":",
             "\"dependentSchemas\":",
             "\"minProperties\":",
             "\"maxProperties\":",
             "\"unevaluatedProperties\":",
             "\"nullable\":",
             "\"discriminator\":",
             "\"date\"",
             "\"time\"",
             "\"uuid\"",
             "\"email\"",
             "\"uri\"",
             "\"ipv4\"",
             "\"ipv6\"",
             "\"hostname\"",
             "\"duration\"",
             "1e308",
             "-0",
             "1.5",
             "9007199254740993",
             "true",
             "false",
             "null",
             "[]",
             "{}",
             "},",
             "],"};
  return c;
}
