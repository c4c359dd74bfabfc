// JSON schemas as grammar. docs/constraints.md lists what is understood; the rest is refused by name.
#pragma once

#include <retort/grammar/json_text.hpp>
#include <retort/grammar/regex.hpp>
#include <retort/text/json.hpp>

#include <cmath>
#include <deque>

RETORT_BEGIN
namespace detail {

/// Adds what satisfies a schema to a grammar. Every text of it is valid; where a schema leaves more open than a
/// grammar should (properties that are not declared, types that are not named), the texts are fewer than the valid
/// ones.
class json_schema {
 public:
  using expression = grammar::expression;
  static constexpr std::size_t max_bytes = std::size_t{4} << 20, max_nesting = 64, max_schemas = 1u << 16;
  static constexpr std::size_t max_merged = 1u << 20, max_compared = 1u << 22;  // values copied; pairs looked at
  static constexpr std::uint32_t max_count = 1u << 16;  // longer strings and arrays are not written

  /// A grammar of its own.
  static result<grammar> parse(std::string_view schema);
  /// A part of a grammar, for instance the arguments of a tool.
  /// errors  bad_argument, unsupported, limit: the keyword and its JSON pointer
  static result<expression> add_text(grammar& g, json_text& text, std::string_view schema);
  /// The same of a schema that has been parsed; it should not nest deeper than max_nesting.
  static result<expression> add(grammar& g, json_text& text, const json& schema);

 private:
  json_schema(grammar& g, json_text& text, const json& root) : g_(g), text_(text), root_(root) {}

  // ---- errors ----
  static error unsupported(const std::string& what, const std::string& pointer) {
    return {errc::unsupported,
            "JSON schema: " + printable(what) + " at \"#" + printable(pointer) + "\" is not supported"};
  }
  static error wrong(const std::string& what, const std::string& pointer) {
    return {errc::bad_argument, "JSON schema: " + printable(what) + " at \"#" + printable(pointer) + "\""};
  }
  static error too_deep(const std::string& pointer) {
    return {errc::limit, "JSON schema: too large or nested too deep at \"#" + printable(pointer) + "\""};
  }
  // ---- keywords ----
  enum class role { annotation, reference, combination, values, type, object, array, string, number };
  static std::optional<role> role_of(std::string_view key) {
    struct row {
      std::string_view key;
      role is;
    };
    static constexpr row rows[] = {{"title", role::annotation},
                                   {"description", role::annotation},
                                   {"default", role::annotation},
                                   {"examples", role::annotation},
                                   {"$schema", role::annotation},
                                   {"$id", role::annotation},
                                   {"$comment", role::annotation},
                                   {"$defs", role::annotation},
                                   {"definitions", role::annotation},
                                   {"deprecated", role::annotation},
                                   {"readOnly", role::annotation},
                                   {"writeOnly", role::annotation},
                                   {"$ref", role::reference},
                                   {"anyOf", role::combination},
                                   {"oneOf", role::combination},
                                   {"allOf", role::combination},
                                   {"enum", role::values},
                                   {"const", role::values},
                                   {"type", role::type},
                                   {"nullable", role::type},
                                   {"properties", role::object},
                                   {"required", role::object},
                                   {"additionalProperties", role::object},
                                   {"items", role::array},
                                   {"prefixItems", role::array},
                                   {"minItems", role::array},
                                   {"maxItems", role::array},
                                   {"uniqueItems", role::array},
                                   {"minLength", role::string},
                                   {"maxLength", role::string},
                                   {"pattern", role::string},
                                   {"format", role::string},
                                   {"minimum", role::number},
                                   {"maximum", role::number},
                                   {"exclusiveMinimum", role::number},
                                   {"exclusiveMaximum", role::number},
                                   {"multipleOf", role::number}};
    for (const row& r : rows)
      if (r.key == key) return r.is;
    return {};
  }
  static std::string below(const std::string& pointer, std::string_view key) {
    std::string out = pointer + "/";
    for (const char c : key) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return out;
  }
  static const json* find(const json& schema, const char* key) {
    const auto at = schema.find(key);
    return at == schema.end() ? nullptr : &*at;
  }
  /// The schema without annotations and without this keyword.
  static json without(const json& schema, std::string_view key) {
    json out = json::object();
    for (const auto& [k, v] : schema.items())
      if (k != key && role_of(k) != role::annotation) out[k] = v;
    return out;
  }

  // ---- types ----
  enum kind : unsigned {
    null = 1,
    boolean = 2,
    integer = 4,
    fractional = 8,
    string = 16,
    array = 32,
    object = 64,
    all = 127
  };
  static unsigned kind_of(const json& value) {
    if (value.is_null()) return null;
    if (value.is_boolean()) return boolean;
    if (value.is_number_integer()) return integer;
    if (value.is_number()) {
      const double x = value.get<double>();
      return std::isfinite(x) && std::floor(x) == x ? integer : fractional;
    }
    return value.is_string() ? string : value.is_array() ? array : object;
  }
  static unsigned kind_named(const json& name) {
    if (!name.is_string()) return 0;
    const auto& n = name.get_ref<const std::string&>();
    return n == "null"      ? null
           : n == "boolean" ? boolean
           : n == "integer" ? integer
           : n == "number"  ? integer | fractional
           : n == "string"  ? string
           : n == "array"   ? array
           : n == "object"  ? object
                            : 0u;
  }
  /// The types a schema names, all where it names none.
  static result<unsigned> kinds_named(const json& schema, const std::string& pointer) {
    unsigned kinds = all;
    if (const json* type = find(schema, "type")) {
      kinds = 0;
      if (!type->is_array() && !type->is_string()) return wrong("type must be a name or a list of names", pointer);
      for (const json& one : type->is_array() ? *type : json::array({*type})) {
        const unsigned k = kind_named(one);
        if (k == 0) return wrong("an unknown type", pointer + "/type");
        kinds |= k;
      }
    }
    if (const json* also = find(schema, "nullable"); also && also->is_boolean() && also->get<bool>()) kinds |= null;
    return kinds;
  }

  result<expression> value(const json& schema, const std::string& pointer, std::size_t depth) {
    if (++n_schemas_ > max_schemas || depth > max_nesting || g_.problem())
      return g_.problem() ? *g_.problem() : too_deep(pointer);
    if (schema.is_boolean()) return schema.get<bool>() ? text_.any() : g_.nothing();
    if (!schema.is_object()) return wrong("neither an object nor a boolean", pointer);
    bool has[9] = {};
    for (const auto& [key, v] : schema.items()) {
      const auto found = role_of(key);
      if (!found) return unsupported("keyword \"" + key + "\"", below(pointer, key));
      has[static_cast<std::size_t>(*found)] = true;
    }
    const auto is = [&has](role r) { return has[static_cast<std::size_t>(r)]; };
    if (is(role::reference)) return reference(schema, pointer, depth);
    if (is(role::combination)) return combination(schema, pointer, depth);
    if (is(role::values)) return values(schema, pointer);
    RETORT_TRY(unsigned kinds, kinds_named(schema, pointer));
    if (!schema.contains("type")) {
      unsigned meant = 0;  // a schema that speaks of properties means an object
      if (is(role::object)) meant |= object;
      if (is(role::array)) meant |= array;
      if (is(role::string)) meant |= string;
      if (is(role::number)) meant |= integer | fractional;
      if (meant == 0) return text_.any();
      kinds = meant | (schema.contains("nullable") ? kinds & null : 0u);
    }
    std::vector<expression> ways;
    const auto add_way = [&ways](result<expression> e) -> result<void> {
      if (!e) return e.error();
      ways.push_back(*e);
      return {};
    };
    if (kinds & object) RETORT_CHECK(add_way(object_of(schema, pointer, depth)));
    if (kinds & array) RETORT_CHECK(add_way(array_of(schema, pointer, depth)));
    if (kinds & string) RETORT_CHECK(add_way(string_of(schema, pointer)));
    if (kinds & (integer | fractional)) RETORT_CHECK(add_way(number_of(schema, pointer, (kinds & fractional) == 0)));
    if (kinds & boolean) ways.push_back(text_.boolean());
    if (kinds & null) ways.push_back(text_.null());
    return ways.size() == 1 ? ways[0] : g_.any_of(ways);
  }

  // ---- references ----
  /// The part of the document that "#/..." names.
  result<const json*> resolve(const json& reference, const std::string& pointer) const {
    if (!reference.is_string()) return wrong("$ref must be a string", pointer);
    const auto& text = reference.get_ref<const std::string&>();
    if (!text.starts_with('#') || (text.size() > 1 && text[1] != '/'))
      return unsupported("$ref \"" + text + "\", which is not in this document,", pointer + "/$ref");
    const json* at = &root_;
    for (std::size_t i = 1; i < text.size();) {
      const std::size_t end = std::min(text.find('/', i + 1), text.size());
      std::string key;
      for (std::size_t k = i + 1; k < end; ++k) {
        const auto hex = [&](std::size_t n) { return n < end ? hex_digit(text[n]) : -1; };
        if (text[k] == '~' && k + 1 < end && (text[k + 1] == '0' || text[k + 1] == '1')) {
          key += text[++k] == '0' ? '~' : '/';
        } else if (text[k] == '%' && hex(k + 1) >= 0 && hex(k + 2) >= 0) {
          key += static_cast<char>(static_cast<unsigned char>(hex(k + 1) * 16 + hex(k + 2)));
          k += 2;
        } else {
          key += text[k];
        }
      }
      const json* next = nullptr;
      if (at->is_object() && at->contains(key)) next = &(*at)[key];
      if (at->is_array() && !key.empty() && key.size() < 7 && key.find_first_not_of("0123456789") == key.npos) {
        std::size_t n = 0;
        for (const char c : key) n = n * 10 + static_cast<std::size_t>(c - '0');
        if (n < at->size()) next = &(*at)[n];
      }
      if (!next) return wrong("$ref \"" + text + "\" leads nowhere", pointer + "/$ref");
      at = next;
      i = end;
    }
    return at;
  }
  /// A rule for each part that is referred to, so that schemas may be recursive.
  result<expression> reference(const json& schema, const std::string& pointer, std::size_t depth) {
    RETORT_TRY(const json* target, resolve(schema["$ref"], pointer));
    const json rest = without(schema, "$ref");
    if (!rest.empty()) {
      RETORT_TRY(const json whole, merged(*target, rest, pointer));
      return value(whole, pointer, depth + 1);
    }
    const auto [at, is_new] = rules_.try_emplace(target, grammar::root);
    if (is_new) {
      at->second = g_.declare(schema["$ref"].get<std::string>());
      waiting_.emplace_back(target, schema["$ref"].get<std::string>().substr(1));
    }
    return g_.call(at->second);
  }
  result<void> define_references() {
    while (!waiting_.empty()) {
      const auto [target, pointer] = waiting_.front();
      waiting_.pop_front();
      RETORT_TRY(const expression e, value(*target, pointer, 0));
      g_.define(rules_.at(target), e);
    }
    return {};
  }

  // ---- combinations ----
  result<expression> combination(const json& schema, const std::string& pointer, std::size_t depth) {
    if (const json* parts = find(schema, "allOf")) {
      if (!parts->is_array() || parts->empty()) return wrong("allOf must be a list that is not empty", pointer);
      json whole = without(schema, "allOf");
      for (std::size_t i = 0; i < parts->size(); ++i) {
        RETORT_TRY(json next, merged(whole, (*parts)[i], pointer + "/allOf/" + std::to_string(i)));
        whole = std::move(next);
      }
      return value(whole, pointer, depth + 1);
    }
    const bool one = !schema.contains("anyOf");
    const char* const key = one ? "oneOf" : "anyOf";
    const json& parts = schema[key];
    if (!parts.is_array() || parts.empty())
      return wrong(std::string(key) + " must be a list that is not empty", pointer);
    if (one)
      for (std::size_t i = 0; i < parts.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
          if (!disjoint(parts[k], parts[i], 0))
            return unsupported("oneOf whose cases " + std::to_string(k) + " and " + std::to_string(i) +
                                   " may hold together (anyOf would do)",
                               pointer + "/oneOf");
    const json rest = without(schema, key);
    std::vector<expression> ways;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::string at = pointer + "/" + key + "/" + std::to_string(i);
      json part = parts[i];
      if (!rest.empty()) {
        RETORT_TRY(part, merged(rest, parts[i], at));
      }
      RETORT_TRY(const expression e, value(part, at, depth + 1));
      ways.push_back(e);
    }
    return g_.any_of(ways);
  }

  /// One schema that says what two say.
  result<json> merged(const json& a, const json& b, const std::string& pointer) {
    if ((n_merged_ += size_of(a) + size_of(b)) > max_merged) return too_deep(pointer);
    if (a.is_boolean()) return a.get<bool>() ? b : a;
    if (b.is_boolean()) return b.get<bool>() ? a : b;
    if (!a.is_object() || !b.is_object()) return wrong("neither an object nor a boolean", pointer);
    for (const json* side : {&a, &b})
      if (side->contains("$ref")) {
        RETORT_TRY(const json* target, resolve((*side)["$ref"], pointer));
        RETORT_TRY(const json whole, merged(*target, without(*side, "$ref"), pointer));
        if (whole.is_object() && whole.contains("$ref"))
          return unsupported("$ref to a $ref beside other keywords", pointer);
        return side == &a ? merged(whole, b, pointer) : merged(a, whole, pointer);
      }
    RETORT_CHECK(check_closed(a, b, pointer));
    for (const auto& [x, y] : {std::pair(&a, &b), std::pair(&b, &a)})
      if (x->contains("prefixItems") && (y->contains("items") || y->contains("prefixItems")))
        return unsupported("prefixItems beside items that another part declares", pointer);
    for (const json* side : {&a, &b})
      if (side->contains("nullable") && side->contains("type")) {
        RETORT_TRY(const unsigned kinds, kinds_named(*side, pointer));
        json plain = without(*side, "nullable");
        plain["type"] = names_of(kinds);
        return side == &a ? merged(plain, b, pointer) : merged(a, plain, pointer);
      }
    json out = without(a, "");
    for (const auto& [key, theirs] : b.items()) {
      if (role_of(key) == role::annotation) continue;
      const auto at = out.find(key);
      if (at == out.end()) {
        out[key] = theirs;
        continue;
      }
      json& ours = *at;
      if (ours == theirs) continue;
      const bool numbers = ours.is_number() && theirs.is_number();
      if (numbers && (key == "minimum" || key == "exclusiveMinimum" || key == "minLength" || key == "minItems")) {
        if (ours < theirs) ours = theirs;
      } else if (numbers &&
                 (key == "maximum" || key == "exclusiveMaximum" || key == "maxLength" || key == "maxItems")) {
        if (theirs < ours) ours = theirs;
      } else if (key == "required" && ours.is_array() && theirs.is_array()) {
        for (const json& name : theirs)
          if (std::find(ours.begin(), ours.end(), name) == ours.end()) ours.push_back(name);
      } else if (key == "properties" && ours.is_object() && theirs.is_object()) {
        for (const auto& [name, property] : theirs.items())
          if (ours.contains(name)) both(ours[name], property);
          else ours[name] = property;
      } else if (key == "items" || key == "additionalProperties") {
        both(ours, theirs);
      } else if (key == "type") {
        RETORT_TRY(const unsigned kinds_a, kinds_named(a, pointer));
        RETORT_TRY(const unsigned kinds_b, kinds_named(b, pointer));
        ours = names_of(kinds_a & kinds_b);
        if (ours.empty()) return json(false);
      } else if (key == "enum" && ours.is_array() && theirs.is_array()) {
        json common = json::array();
        for (const json& v : ours)
          if (std::find(theirs.begin(), theirs.end(), v) != theirs.end()) common.push_back(v);
        ours = std::move(common);
      } else if (key == "const") {
        return json(false);
      } else {
        return unsupported("keyword \"" + key + "\" beside another one of that name", below(pointer, key));
      }
    }
    return out;
  }
  /// Makes a schema of two; many are kept side by side and not nested.
  static void both(json& ours, const json& theirs) {
    if (ours.is_object() && ours.size() == 1 && ours.contains("allOf") && ours["allOf"].is_array())
      ours["allOf"].push_back(theirs);
    else ours = json{{"allOf", json::array({ours, theirs})}};
  }
  static std::size_t size_of(const json& value) {
    std::size_t n = 1;
    if (value.is_structured())
      for (const json& part : value) n += size_of(part);
    return n;
  }
  static json names_of(unsigned kinds) {
    json out = json::array();
    constexpr const char* names[] = {"null", "boolean", "integer", "number", "string", "array", "object"};
    for (unsigned i = 0; i < 7; ++i)
      if ((kinds & (1u << i)) && !(i == 2 && (kinds & fractional))) out.push_back(names[i]);
    return out;
  }
  /// What one side says of undeclared properties must not hit properties the other declares.
  static result<void> check_closed(const json& a, const json& b, const std::string& pointer) {
    for (const auto& [x, y] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      const json* others = find(*x, "additionalProperties");
      const json* theirs = find(*y, "properties");
      if (!others || !theirs || (others->is_boolean() && others->get<bool>()) || !theirs->is_object()) continue;
      const json* ours = find(*x, "properties");
      for (const auto& [name, property] : theirs->items())
        if (!ours || !ours->contains(name))
          return unsupported("additionalProperties beside properties that another part declares", pointer);
    }
    return {};
  }

  /// Whether surely no value satisfies both.
  bool disjoint(const json& a, const json& b, std::size_t depth) const {
    if (depth > 8 || ++n_compared_ > max_compared) return false;
    if ((a.is_boolean() && !a.get<bool>()) || (b.is_boolean() && !b.get<bool>())) return true;
    if (!a.is_object() || !b.is_object()) return false;
    for (const json* side : {&a, &b})
      if (side->contains("$ref")) {
        const auto target = resolve((*side)["$ref"], "");
        return target && (side == &a ? disjoint(**target, b, depth + 1) : disjoint(a, **target, depth + 1));
      }
    for (const json* side : {&a, &b})
      for (const char* key : {"anyOf", "oneOf"})
        if (const json* parts = find(*side, key); parts && parts->is_array())
          return std::all_of(parts->begin(), parts->end(),
                             [&](const json& p) { return disjoint(p, side == &a ? b : a, depth + 1); });
    const json values_a = values_named(a), values_b = values_named(b);
    const unsigned kinds_a = kinds_of(a, values_a), kinds_b = kinds_of(b, values_b), common = kinds_a & kinds_b;
    if (common == 0) return true;
    if (values_a.is_array() && values_b.is_array())
      return std::none_of(values_a.begin(), values_a.end(), [&](const json& v) {
        return std::find(values_b.begin(), values_b.end(), v) != values_b.end();
      });
    if (common != object) return false;
    for (const auto& [x, y] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      const json* needed = find(*x, "required");
      if (!needed || !needed->is_array()) continue;
      for (const json& name : *needed) {
        const json* there = property(*y, name);
        const json* others = find(*y, "additionalProperties");
        if (!there && others && others->is_boolean() && !others->get<bool>()) return true;
        const json* needed_too = find(*y, "required");
        const bool twice = needed_too && needed_too->is_array() &&
                           std::find(needed_too->begin(), needed_too->end(), name) != needed_too->end();
        const json* here = property(*x, name);
        if (twice && here && there && disjoint(*here, *there, depth + 1)) return true;
      }
    }
    return false;
  }
  static const json* property(const json& schema, const json& name) {
    const json* properties = find(schema, "properties");
    if (!properties || !properties->is_object() || !name.is_string()) return nullptr;
    const auto at = properties->find(name.get_ref<const std::string&>());  // not by c_str(): names may hold zeros
    return at == properties->end() ? nullptr : &*at;
  }
  /// The values a schema lists; null where it lists none.
  static json values_named(const json& schema) {
    if (const json* only = find(schema, "const")) return json::array({*only});
    if (const json* list = find(schema, "enum"); list && list->is_array()) return *list;
    return nullptr;
  }
  static unsigned kinds_of(const json& schema, const json& values) {
    const auto named = kinds_named(schema, "");
    unsigned kinds = named ? *named : all;
    if (!values.is_array()) return kinds;
    unsigned found = 0;
    for (const json& v : values) found |= kind_of(v);
    return kinds & found;
  }

  // ---- values ----
  result<expression> values(const json& schema, const std::string& pointer) {
    for (const auto& [key, v] : schema.items())
      if (const auto r = role_of(key); r != role::annotation && r != role::values && r != role::type)
        return unsupported("keyword \"" + key + "\" beside enum or const", below(pointer, key));
    const json* list = find(schema, "enum");
    if (list && !list->is_array()) return wrong("enum must be a list", pointer);
    RETORT_TRY(const unsigned kinds, kinds_named(schema, pointer));
    std::vector<expression> ways;
    for (const json& v : values_named(schema)) {
      if (!(kind_of(v) & kinds)) continue;
      if (list && std::find(list->begin(), list->end(), v) == list->end()) continue;
      ways.push_back(g_.literal(v.dump(-1, ' ', false, json::error_handler_t::replace)));
    }
    return g_.any_of(ways);
  }

  /// A count such as maxItems, or `otherwise`.
  static result<std::uint32_t> count(const json& schema, const char* key, std::uint32_t otherwise,
                                     const std::string& pointer) {
    const json* n = find(schema, key);
    if (!n) return otherwise;
    const double x = n->is_number() ? n->get<double>() : -1;
    if (!(x >= 0) || std::floor(x) != x) return wrong(std::string(key) + " must be a count", pointer);
    const bool least = std::string_view(key).starts_with("min");
    if (x > max_count && least)
      return error{errc::limit, "JSON schema: " + std::string(key) + " over " + std::to_string(max_count)};
    return static_cast<std::uint32_t>(std::min<double>(x, max_count));
  }

  result<expression> object_of(const json& schema, const std::string& pointer, std::size_t depth) {
    const json* properties = find(schema, "properties");
    const json* required = find(schema, "required");
    const json* others = find(schema, "additionalProperties");
    if (properties && !properties->is_object()) return wrong("properties must be an object", pointer);
    if (required && !required->is_array()) return wrong("required must be a list", pointer);
    const auto is_required = [&](const std::string& name) {
      return required && std::find(required->begin(), required->end(), json(name)) != required->end();
    };
    std::vector<json_text::member> members;
    if (properties)
      for (const auto& [name, property] : properties->items()) {
        RETORT_TRY(const expression e, value(property, below(pointer + "/properties", name), depth + 1));
        members.push_back({name, e, is_required(name)});
      }
    const auto other = [&]() -> result<expression> {
      return others ? value(*others, pointer + "/additionalProperties", depth + 1) : result<expression>(text_.any());
    };
    if (required)
      for (const json& name : *required) {
        if (!name.is_string()) return wrong("required must be a list of names", pointer);
        if (property(schema, name)) continue;
        const auto& text = name.get_ref<const std::string&>();
        if (std::any_of(members.begin(), members.end(), [&](const auto& m) { return m.name == text; })) continue;
        RETORT_TRY(const expression e, other());
        members.push_back({text, e, true});
      }
    std::optional<expression> rest;
    if (others ? !others->is_boolean() || others->get<bool>() : members.empty()) {
      RETORT_TRY(rest, other());
    }
    return text_.object(members, rest);
  }

  result<expression> array_of(const json& schema, const std::string& pointer, std::size_t depth) {
    const json* items = find(schema, "items");
    const json* prefix = find(schema, "prefixItems");
    if (items && items->is_array()) return unsupported("items as a list (prefixItems)", pointer + "/items");
    if (prefix && !prefix->is_array()) return wrong("prefixItems must be a list", pointer);
    if (const json* unique = find(schema, "uniqueItems"); unique && !(unique->is_boolean() && !unique->get<bool>()))
      return unsupported("keyword \"uniqueItems\"", pointer + "/uniqueItems");
    RETORT_TRY(const std::uint32_t min, count(schema, "minItems", 0, pointer));
    RETORT_TRY(const std::uint32_t max, count(schema, "maxItems", grammar::unbounded, pointer));
    std::vector<expression> first;
    if (prefix)
      for (std::size_t i = 0; i < prefix->size() && i < max; ++i) {
        RETORT_TRY(const expression e, value((*prefix)[i], pointer + "/prefixItems/" + std::to_string(i), depth + 1));
        first.push_back(e);
      }
    std::optional<expression> others;
    if (items && !(items->is_boolean() && !items->get<bool>())) {
      RETORT_TRY(others, value(*items, pointer + "/items", depth + 1));
    } else if (!items && (!prefix || min > first.size())) {
      others = text_.any();
    }
    return text_.array(first, others, min, max);
  }

  result<expression> string_of(const json& schema, const std::string& pointer) {
    const json* pattern = find(schema, "pattern");
    const json* format = find(schema, "format");
    const bool lengths = schema.contains("minLength") || schema.contains("maxLength");
    if (pattern && format) return unsupported("pattern beside format", pointer + "/pattern");
    if ((pattern || format) && lengths)
      return unsupported(std::string("minLength or maxLength beside ") + (pattern ? "pattern" : "format"), pointer);
    if (pattern || format) {
      const json& text = pattern ? *pattern : *format;
      if (!text.is_string()) return wrong("pattern and format must be strings", pointer);
      std::string_view source = text.get_ref<const std::string&>();
      if (format) {
        source = format_named(source);
        if (source.empty()) return unsupported("format \"" + text.get<std::string>() + "\"", pointer + "/format");
      }
      auto e =
          regex::parse(g_, source, format != nullptr, [this](const char_set& set) { return text_.character_of(set); });
      if (!e)
        return error{e.error().code, "JSON schema: at \"#" + printable(pointer) + "/pattern\": " + e.error().what};
      return text_.quoted(*e);
    }
    RETORT_TRY(const std::uint32_t min, count(schema, "minLength", 0, pointer));
    RETORT_TRY(const std::uint32_t max, count(schema, "maxLength", grammar::unbounded, pointer));
    if (min > max) return g_.nothing();
    return text_.string(min, max);
  }
  /// What a format is written like: some of what the format allows, and nothing else.
  static std::string_view format_named(std::string_view name) {
#define RETORT_DATE "[12]\\d{3}-((0[1-9]|1[0-2])-(0[1-9]|1\\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
#define RETORT_TIME "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)"
#define RETORT_HOST "[a-z0-9]([a-z0-9-]{0,24}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,24}[a-z0-9])?){0,4}"
#define RETORT_DOMAIN "[a-z0-9]([a-z0-9-]{0,24}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,24}[a-z0-9])?){1,4}"
#define RETORT_OCTET "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
    struct row {
      std::string_view name, pattern;
    };
    static constexpr row rows[] = {{"date", RETORT_DATE},
                                   {"time", RETORT_TIME},
                                   {"date-time", RETORT_DATE "T" RETORT_TIME},
                                   {"email", "[A-Za-z0-9_+-]{1,24}(\\.[A-Za-z0-9_+-]{1,24}){0,2}@" RETORT_DOMAIN},
                                   {"hostname", RETORT_HOST},
                                   {"ipv4", RETORT_OCTET "(\\." RETORT_OCTET "){3}"},
                                   {"ipv6",
                                    "[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}|([0-9a-f]{1,4}(:[0-9a-f]{1,4}){0,2})?::([0-9a-f]{"
                                    "1,4}(:[0-9a-f]{1,4}){0,2})?"},
                                   {"uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"},
                                   {"uri", "https?://" RETORT_DOMAIN "(/[A-Za-z0-9._~-]{1,64}){0,8}/?"}};
#undef RETORT_DATE
#undef RETORT_TIME
#undef RETORT_HOST
#undef RETORT_DOMAIN
#undef RETORT_OCTET
    for (const row& r : rows)
      if (r.name == name) return r.pattern;
    return {};
  }

  result<expression> number_of(const json& schema, const std::string& pointer, bool integers) {
    if (const json* factor = find(schema, "multipleOf"); factor && !(integers && *factor == 1))
      return unsupported("keyword \"multipleOf\"", pointer + "/multipleOf");
    std::optional<json_text::bound> low, high;
    double tightest[2] = {0, 0};
    for (const char* key : {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"}) {
      const json* n = find(schema, key);
      if (!n) continue;
      if (!n->is_number()) return wrong(std::string(key) + " must be a number", pointer);
      const auto at = json_text::parse_decimal(n->dump());
      if (!at)
        return error{errc::limit, "JSON schema: " + std::string(key) + " at \"#" + printable(pointer) +
                                      "\" has more than " + std::to_string(json_text::max_digits) + " digits"};
      const bool upper = std::string_view(key).ends_with("aximum"), strict = key[0] == 'e';
      auto& bound = upper ? high : low;
      double& known = tightest[upper];
      const double x = n->get<double>();
      if (bound && (upper ? x > known || (x == known && !strict) : x < known || (x == known && !strict))) continue;
      bound = json_text::bound{*at, strict};
      known = x;
    }
    if (!low && !high) return integers ? text_.integer() : text_.number();
    if (low && high && tightest[0] > tightest[1]) return g_.nothing();
    const auto e = text_.between(low, high, integers);
    if (!e)
      return error{errc::limit,
                   "JSON schema: the bounds at \"#" + printable(pointer) + "\" have too many digits together"};
    return *e;
  }

  grammar& g_;
  json_text& text_;
  const json& root_;
  std::size_t n_schemas_ = 0, n_merged_ = 0;
  mutable std::size_t n_compared_ = 0;
  std::map<const json*, grammar::rule> rules_;
  std::deque<std::pair<const json*, std::string>> waiting_;
};

#if RETORT_CARRIES(RETORT_PART_GRAMMAR)

RETORT_INLINE result<grammar> json_schema::parse(std::string_view schema) {
  grammar g;
  json_text text(g);
  RETORT_TRY(const expression e, add_text(g, text, schema));
  g.define(grammar::root, e);
  return g;
}

RETORT_INLINE result<json_schema::expression> json_schema::add_text(grammar& g, json_text& text,
                                                                    std::string_view schema) {
  if (schema.size() > max_bytes)
    return error{errc::limit, "JSON schema: larger than " + std::to_string(max_bytes) + " bytes"};
  auto parsed = parse_json(schema, max_nesting);
  if (!parsed) return error{parsed.error().code, "JSON schema: " + parsed.error().what};
  return add(g, text, *parsed);
}

RETORT_INLINE result<json_schema::expression> json_schema::add(grammar& g, json_text& text, const json& schema) {
  json_schema s(g, text, schema);
  RETORT_TRY(const expression e, s.value(schema, "", 0));
  RETORT_CHECK(s.define_references());
  if (g.problem()) return *g.problem();
  return e;
}

#endif

}  // namespace detail
RETORT_END
