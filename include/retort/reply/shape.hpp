// What tool calls look like in each format, as a grammar: so that a model that must call a tool does, with arguments
// that satisfy the tool's schema. Written by the rows of formats.hpp; calls.hpp reads the same back.
#pragma once

#include <retort/grammar/json_schema.hpp>
#include <retort/reply/formats.hpp>

RETORT_BEGIN
namespace detail {

/// 1 to 64 letters, digits, _ and -.
inline bool is_tool_name(std::string_view s) noexcept {
  return !s.empty() && s.size() <= 64 &&
         s.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
             std::string_view::npos;
}

/// How far a reply is bound to the tools it may call.
struct tool_bounds {
  std::string only{};     ///< the one tool that may be called; empty: any
  bool must_call = true;  ///< false: the reply may be text, and may end with calls
  bool strict = true;     ///< a schema that cannot be kept is an error; false: such arguments are any JSON object
  bool parallel = true;   ///< several calls at once
};

class tool_shape_maker {
 public:
  using expression = grammar::expression;

  tool_shape_maker(const tokenizer& text, reply_syntax of, tool_bounds bounds, const effort& work = {})
      : tokens_(text),
        row_(reply::syntax_of(of.calls)),
        thoughts_(reply::marks_of(of.thoughts)),
        bounds_(std::move(bounds)),
        g_(work) {}

  /// errors unsupported (the format, a schema), bad_argument, limit
  result<grammar> make(const json& tools) {
    if (row_.is == reply_format::plain)
      return error{errc::unsupported, "the chat template of this model knows no tool calls"};
    std::vector<expression> calls;
    for (const json& t : tools) {
      const json& f = t["function"];
      const std::string name = f["name"].get<std::string>();
      if (!bounds_.only.empty() && name != bounds_.only) continue;
      json schema = f.contains("parameters") && f["parameters"].is_object() ? f["parameters"] : json::object();
      const json none = {{"type", "object"}, {"properties", json::object()}};
      if (schema.empty() || schema == none) schema = {{"type", "object"}, {"additionalProperties", false}};
      RETORT_TRY(const expression e, call(name, schema));
      calls.push_back(e);
    }
    const expression block = block_of(g_.any_of(calls));
    g_.define(grammar::root, bounds_.must_call ? block : text_or(block));
    if (g_.problem()) return *g_.problem();
    return std::move(g_);
  }

 private:
  using body = reply::call_body;

  // ---- texts and marks

  expression text(std::string_view s) { return g_.literal(s); }
  /// A text in which what the vocabulary has a token of meaning for is that token.
  expression written(std::string_view s) {
    std::vector<expression> parts;
    std::size_t plain = 0;
    for (std::size_t at = 0; at < s.size(); ++at) {
      const std::size_t end = s[at] == '<' ? s.find('>', at + 1) : s[at] == '[' ? s.find(']', at + 1) : s.npos;
      if (end == s.npos) continue;
      const auto id = tokens_.find(s.substr(at, end + 1 - at));
      if (!id || !(tokens_.is_control(*id) || tokens_.type(*id) == token_type::user_defined)) continue;
      if (at > plain) parts.push_back(text(s.substr(plain, at - plain)));
      parts.push_back(g_.control(*id));
      at = end;
      plain = end + 1;
    }
    if (plain < s.size() || parts.empty()) parts.push_back(text(s.substr(plain)));
    return parts.size() == 1 ? parts[0] : g_.sequence(parts);
  }

  static std::u32string codes_of(std::string_view s) {
    std::u32string out;
    for (std::size_t at = 0; at < s.size();) {
      const utf8::step p = utf8::point_at(s, at);
      out += p.code;
      at += p.length;
    }
    return out;
  }
  static std::string utf8_of(std::u32string_view s) {
    std::string out;
    for (const char32_t c : s) utf8::append(out, c);
    return out;
  }
  /// What the reader takes for the beginning of a call or a message, wherever it stands.
  [[nodiscard]] std::vector<std::string_view> openers() const {
    std::vector<std::string_view> all;
    const auto add = [&](std::string_view mark) {
      mark = reply::core(mark).substr(0, mark.find("▁"));  // of which more than one form is read
      if (!mark.empty() && std::find(all.begin(), all.end(), mark) == all.end()) all.push_back(mark);
    };
    const bool alone = row_.begins.empty(), headed = !row_.header_end.empty();
    if (headed) {
      for (const std::string_view mark : row_.header_begins) add(mark);
      for (const std::string_view mark : row_.message_ends) add(mark);
      return all;
    }
    add(alone ? row_.call_begin : row_.begins);
    add(row_.also_begins);
    if (alone && (row_.unwrapped || row_.call_begin.empty())) add(row_.name_begin);
    return all;
  }
  /// Any text in which none of the words stands. A word's first character may stand in it again only where that goes
  /// on with the word.
  expression without(std::span<const std::string_view> given) {
    std::vector<std::u32string> words;
    char_set firsts;
    bool again = false;
    for (const std::string_view w : given) {
      words.push_back(codes_of(w));
      firsts.add(words.back()[0], words.back()[0]);
      again = again || words.back().find(words.back()[0], 1) != std::u32string::npos;
    }
    const char_set others = firsts.complement();
    std::vector<expression> begun, broken;  // the proper beginnings of words, and those with what does not go on
    std::vector<std::u32string_view> seen;
    for (const std::u32string_view word : words)
      for (std::size_t n = 1; n < word.size(); ++n) {
        const std::u32string_view part = word.substr(0, n);
        if (std::find(seen.begin(), seen.end(), part) != seen.end()) continue;
        seen.push_back(part);
        char_set after = others;
        for (const std::u32string_view w : words)
          if (w.starts_with(part)) after = after.intersection(char_set({{w[n], w[n]}}).complement());
        begun.push_back(text(utf8_of(part)));
        broken.push_back(g_.sequence({begun.back(), g_.chars(after)}));
      }
    const expression some = g_.any_of(begun), any = again ? g_.optional(some) : g_.repeat(some, 0);
    const expression no_word = again ? g_.any_of(broken) : g_.sequence({any, g_.any_of(broken)});
    const expression rest = g_.sequence({g_.repeat(g_.any_of({g_.chars(others), no_word}), 0), any});
    if (!(row_.bare_object || row_.bare_list) || given.size() != 1) return rest;
    // a message that begins with a bracket may be calls, too
    const char32_t bracket = row_.bare_object ? U'{' : U'[';
    const char_set blank({{U' ', U' '}, {U'\n', U'\n'}, {U'\r', U'\r'}, {U'\t', U'\t'}});
    const char_set start =
        others.intersection(blank.complement()).intersection(char_set({{bracket, bracket}}).complement());
    const expression words_of_text =
        g_.any_of({g_.sequence({g_.any_of({g_.chars(start), no_word}), rest}), g_.repeat(some, 1)});
    return g_.sequence({g_.repeat(g_.chars(blank), 0), g_.optional(words_of_text)});
  }
  expression text_until(std::string_view mark) {
    const std::string_view core = reply::core(mark);
    return g_.sequence({without({&core, 1}), written(mark)});
  }
  /// A reply that may be text, and end with calls.
  expression text_or(expression block) {
    const expression words = without(openers());
    if (!row_.header_end.empty()) return g_.any_of({g_.sequence({written(row_.text_header), words}), block});
    if (thoughts_.answer_begin.empty()) return g_.sequence({words, g_.optional(block)});
    return g_.sequence({g_.optional(written(thoughts_.answer_begin)), words, g_.optional(written(thoughts_.answer_end)),
                        g_.optional(block)});
  }

  // ---- calls

  /// All calls of a reply.
  expression block_of(expression one) {
    const bool single = !bounds_.only.empty() || !bounds_.parallel || row_.one_a_turn;
    const expression between = written(row_.list ? ", " : row_.between);
    const expression calls = g_.sequence({one, g_.repeat(g_.sequence({between, one}), 0, single ? 0 : 7)});
    if (row_.bare_object) return calls;
    return g_.sequence(
        {written(row_.begins), text(row_.list ? "[" : ""), calls, text(row_.list ? "]" : ""), written(row_.block_end)});
  }
  result<expression> call(const std::string& name, const json& schema) {
    const auto around = [&](std::string_view before, expression arguments, std::string_view after) {
      return g_.sequence(
          {written(row_.call_begin), written(before), arguments, written(after), written(row_.call_end)});
    };
    const std::string head = std::string(row_.name_begin) + std::string(row_.kind) + name;
    switch (row_.body) {
      case body::members: {
        RETORT_TRY(const expression a, value(schema, json_.any_object()));
        const std::string before =
            "{\"" + std::string(row_.name_key) + "\": \"" + name + "\", \"" + std::string(row_.arguments_key) + "\": ";
        return around(before, a, "}");
      }
      case body::keyed: {
        RETORT_TRY(const expression a, value(schema, json_.any_object()));
        return around("{\"" + name + "\": ", a, "}");
      }
      case body::named: {
        RETORT_TRY(const expression a, value(schema, json_.any_object()));
        if (!row_.numbered) return around(head + std::string(row_.name_end), a, row_.arguments_end);
        const expression number = g_.repeat(g_.chars({{U'0', U'9'}}), 1, 3);
        return g_.sequence(
            {written(row_.call_begin), text(head + ":"), number, written(row_.name_end), a, written(row_.call_end)});
      }
      case body::tagged: {
        RETORT_TRY(const expression all, parameters(schema));
        return around(head + std::string(row_.name_end), all, row_.arguments_end);
      }
      case body::python: {
        RETORT_TRY(const expression all, parameters(schema));
        return around(head + "(", all, ")");
      }
      case body::bare: {
        RETORT_TRY(const expression all, parameters(schema));
        return around(head + "{", all, "}");
      }
    }
    return g_.nothing();
  }
  result<expression> value(const json& schema, expression otherwise) {
    auto e = json_schema::add(g_, json_, schema);
    if (e || bounds_.strict || (e.error().code != errc::unsupported && e.error().code != errc::limit)) return e;
    return otherwise;
  }

  // ---- parameters one by one

  result<expression> parameters(const json& schema) {
    std::vector<grammar::item> items;
    const json none = json::object();
    const auto is_object = [&schema](const char* key) { return schema.contains(key) && schema[key].is_object(); };
    for (const char* key : {"anyOf", "oneOf", "allOf", "not", "if", "$ref", "enum", "const", "patternProperties",
                            "propertyNames", "minProperties", "dependentRequired", "dependentSchemas", "dependencies"})
      if (bounds_.strict && schema.contains(key))
        return error{errc::unsupported, std::string("JSON schema: \"") + key +
                                            "\" of the arguments cannot be kept: this model writes them one by one"};
    const json& properties = is_object("properties") ? schema["properties"] : none;
    for (const auto& [key, given] : properties.items()) {
      if (!can_be_key(key))
        return error{errc::unsupported,
                     "a parameter called \"" + printable(key) + "\" cannot be written in this model's calls"};
      json of = given;  // with what it may refer to
      for (const char* definitions : {"$defs", "definitions"})
        if (of.is_object() && is_object(definitions)) of[definitions] = schema[definitions];
      RETORT_TRY(const expression e, parameter(key, of));
      bool required = false;
      if (schema.contains("required") && schema["required"].is_array())
        for (const json& r : schema["required"]) required = required || r == key;
      items.push_back({e, required ? grammar::item::required : grammar::item::optional});
    }
    return g_.list(items, text(row_.body == body::python ? ", " : row_.body == body::bare ? "," : ""));
  }
  [[nodiscard]] bool can_be_key(std::string_view key) const {
    if (key.empty() || key.size() > 128) return false;
    if (row_.body != body::tagged)
      return key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.$") == key.npos;
    return key.find_first_of("<>\"\n") == key.npos && key.front() != ' ' && key.back() != ' ';
  }
  result<expression> parameter(const std::string& key, const json& of) {
    const auto is = [&of](const char* type) { return of.is_object() && of.contains("type") && of["type"] == type; };
    const bool is_string = is("string"), is_bound = is_string && is_more_than_a_string(of);
    if (row_.body == body::python) {
      if (is("boolean") && of.size() == 1)
        return g_.sequence({text(key + "="), g_.any_of({text("True"), text("False")})});
      RETORT_TRY(const expression v, value(of, json_.any()));
      return g_.sequence({text(key + "="), v});
    }
    const bool says_type = row_.key_end.find("string=") != row_.key_end.npos;
    const bool bare = row_.body == body::bare;
    if (is_bound && !says_type && !bare && bounds_.strict)
      return error{errc::unsupported, "keywords of the parameter \"" + printable(key) +
                                          "\" cannot be kept: this model writes strings without quotes"};
    const bool is_text = is_string && !((says_type || bare) && is_bound);
    if (bare) {
      if (!is_text) {
        RETORT_TRY(const expression v, value(of, json_.any()));
        return g_.sequence({text(key + ":"), v});
      }
      return g_.sequence({text(key + ":"), written(row_.quote), text_of(of, row_.quote)});
    }
    std::string before = std::string(row_.value_begin) + key + std::string(row_.key_end) + std::string(row_.value_open);
    if (says_type && !is_text) before.replace(before.rfind("true"), 4, "false");
    if (is_text) return g_.sequence({written(before), text_of(of, row_.value_end)});
    RETORT_TRY(const expression v, value(of, json_.any()));
    return g_.sequence({written(before), v, written(row_.value_end)});
  }
  /// A string as it stands, and the mark that ends it.
  expression text_of(const json& schema, std::string_view end) {
    if (!schema.contains("enum") || !schema["enum"].is_array()) return text_until(end);
    std::vector<expression> choices;
    for (const json& c : schema["enum"])
      if (c.is_string() && c.get<std::string>().find(reply::core(end)) == std::string::npos)
        choices.push_back(g_.sequence({text(c.get<std::string>()), written(end)}));
    return g_.any_of(choices);
  }
  static bool is_more_than_a_string(const json& schema) {
    for (const char* key : {"pattern", "format", "minLength", "maxLength", "const", "anyOf", "oneOf", "allOf", "$ref"})
      if (schema.contains(key)) return true;
    return false;
  }

  const tokenizer& tokens_;
  const reply::call_syntax& row_;
  const reply::thought_syntax& thoughts_;
  const tool_bounds bounds_;
  grammar g_;
  json_text json_{g_};
};

}  // namespace detail
RETORT_END
