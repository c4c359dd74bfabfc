// What tool calls look like in each format, as a grammar: so that a model that
// must call a tool does, with arguments that satisfy the tool's schema.
// calls.hpp reads the same formats back.
#pragma once

#include <retort/grammar/json_schema.hpp>
#include <retort/reply/formats.hpp>
#include <retort/tokenizer/tokenizer.hpp>

RETORT_BEGIN
namespace detail {

/// 1 to 64 letters, digits, _ and -.
inline bool is_tool_name(std::string_view s) noexcept {
  return !s.empty() && s.size() <= 64 &&
         s.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
             std::string_view::npos;
}

class tool_shape_maker {
 public:
  using expression = grammar::expression;

  /// `strict`: a schema that cannot be kept is an error; otherwise such arguments are any JSON object.
  tool_shape_maker(const tokenizer& text, reply_format format, bool fenced, bool strict)
      : tokens_(text), format_(format), marks_(reply::syntax_of(format)), fenced_(fenced), strict_(strict) {}

  /// errors unsupported (the format, a schema), bad_argument, limit
  result<grammar> make(const json& tools, const std::string& only, bool must_call) {
    std::vector<expression> calls;
    for (const json& t : tools) {
      const json& f = t["function"];
      const std::string name = f["name"].get<std::string>();
      if (!only.empty() && name != only) continue;
      RETORT_TRY(const expression e, call(name, f.contains("parameters") && f["parameters"].is_object()
                                                    ? f["parameters"]
                                                    : json{{"type", "object"}, {"properties", json::object()}}));
      calls.push_back(e);
    }
    const expression one = g_.any_of(calls), block = block_of(one, !only.empty());
    g_.define(grammar::root, must_call ? block : g_.sequence({text_without_opener(), g_.optional(block)}));
    if (g_.problem()) return *g_.problem();
    return std::move(g_);
  }

 private:
  /// A tag: the token that means it, where the vocabulary has one; else its text.
  expression mark(std::string_view tag) {
    const auto id = tokens_.find(tag);
    const bool has_meaning = id && (tokens_.is_control(*id) || tokens_.type(*id) == token_type::user_defined);
    return has_meaning ? g_.control(*id) : g_.literal(tag);
  }
  expression text(std::string_view s) { return g_.literal(s); }

  /// What the reader takes for the beginning of a call, wherever it stands.
  [[nodiscard]] std::vector<std::u32string> openers() const {
    std::vector<std::u32string> all;
    for (const std::string_view mark : marks_.never) {
      if (mark.empty()) continue;
      std::u32string& code = all.emplace_back();
      for (std::size_t at = 0; at < mark.size();) {
        const utf8::step p = utf8::point_at(mark, at);
        code += p.code;
        at += p.length;
      }
    }
    return all;
  }
  /// What may stand before a call: anything in which no call begins.
  expression text_without_opener() {
    constexpr char32_t first = U'<';  // of every opener, and nowhere else in it
    const char_set others = char_set({{first, first}}).complement();
    std::vector<expression> begun, broken;  // the proper beginnings of openers, and those with what does not go on
    std::vector<std::u32string_view> seen;
    const auto all = openers();
    for (const std::u32string_view word : all)
      for (std::size_t n = 1; n < word.size(); ++n) {
        const std::u32string_view part = word.substr(0, n);
        if (std::find(seen.begin(), seen.end(), part) != seen.end()) continue;
        seen.push_back(part);
        char_set after = others;
        for (const std::u32string_view w : all)
          if (w.starts_with(part)) after = after.intersection(char_set({{w[n], w[n]}}).complement());
        begun.push_back(text(utf8_of(part)));
        broken.push_back(g_.sequence({begun.back(), g_.chars(after)}));
      }
    const expression some = g_.any_of(begun), any = g_.repeat(some, 0);
    const expression no_opener = g_.sequence({any, g_.any_of(broken)});
    const expression rest = g_.sequence({g_.repeat(g_.any_of({g_.chars(others), no_opener}), 0), any});
    if (format_ != reply_format::llama) return rest;
    // a message that begins with a brace is a call too
    const char_set blank({{U' ', U' '}, {U'\n', U'\n'}, {U'\r', U'\r'}, {U'\t', U'\t'}});
    const char_set start = others.intersection(blank.complement()).intersection(char_set({{U'{', U'{'}}).complement());
    const expression words =
        g_.any_of({g_.sequence({g_.any_of({g_.chars(start), no_opener}), rest}), g_.repeat(some, 1)});
    return g_.sequence({g_.repeat(g_.chars(blank), 0), g_.optional(words)});
  }
  static std::string joined(std::string_view mark, const std::string& rest) { return std::string(mark) + rest; }
  static std::string utf8_of(std::u32string_view s) {
    std::string out;
    for (const char32_t c : s) utf8::append(out, c);
    return out;
  }

  /// All calls of a reply; `single`: exactly one.
  expression block_of(expression one, bool single) {
    const std::uint32_t more = single ? 0 : 7;
    const auto calls = [&](expression separator) {
      return g_.sequence({one, g_.repeat(g_.sequence({separator, one}), 0, more)});
    };
    switch (format_) {
      case reply_format::deepseek: {
        const expression line = text("\n");
        return g_.sequence({mark(marks_.begins), calls(fenced_ ? line : g_.empty()), fenced_ ? line : g_.empty(),
                            mark(marks_.block_end)});
      }
      case reply_format::dsml:
        return g_.sequence({text(marks_.begins), text("\n"), calls(text("\n")), text("\n"), text(marks_.block_end)});
      case reply_format::llama: return one;
      default: return calls(text("\n"));
    }
  }

  result<expression> call(const std::string& name, const json& schema) {
    switch (format_) {
      case reply_format::deepseek: {
        RETORT_TRY(const expression a, arguments(schema));
        if (!fenced_)
          return g_.sequence({mark(marks_.call_begin), text(name), mark(marks_.separator), a, mark(marks_.call_end)});
        return g_.sequence({mark(marks_.call_begin), text("function"), mark(marks_.separator),
                            text(name + "\n```json\n"), a, text("\n```"), mark(marks_.call_end)});
      }
      case reply_format::hermes: {
        RETORT_TRY(const expression a, arguments(schema));
        return g_.sequence({mark(marks_.call_begin), text("\n{\"name\": \"" + name + "\", \"arguments\": "), a,
                            text("}\n"), mark(marks_.call_end)});
      }
      case reply_format::llama: {
        RETORT_TRY(const expression a, arguments(schema));
        return g_.sequence({text("{\"name\": \"" + name + "\", \"parameters\": "), a, text("}")});
      }
      case reply_format::qwen_coder: {
        RETORT_TRY(const expression all, parameters(schema));
        return g_.sequence({mark(marks_.call_begin), text("\n" + joined(marks_.function_begin, name + ">\n")), all,
                            text(joined(marks_.function_end, "\n")), mark(marks_.call_end)});
      }
      case reply_format::dsml: {
        RETORT_TRY(const expression all, parameters(schema));
        return g_.sequence({text(joined(marks_.function_begin, name + "\">\n")), all, text(marks_.function_end)});
      }
      default: return error{errc::unsupported, "the chat template of this model knows no tool calls"};
    }
  }
  result<expression> arguments(const json& schema) { return value(schema, json_.any_object()); }
  result<expression> value(const json& schema, expression otherwise) {
    auto e = json_schema::add(g_, json_, schema);
    if (e || strict_ || e.error().code != errc::unsupported) return e;
    return otherwise;
  }

  /// Parameters one by one, where strings are written without quotes.
  result<expression> parameters(const json& schema) {
    const bool dsml = format_ == reply_format::dsml;
    const std::string end(marks_.value_end);
    std::vector<grammar::item> items;
    const json none = json::object();
    const auto is_object = [&schema](const char* key) { return schema.contains(key) && schema[key].is_object(); };
    const json& properties = is_object("properties") ? schema["properties"] : none;
    for (const auto& [key, given] : properties.items()) {
      if (key.empty() || key.size() > 128 || key.find_first_of("<>\"\n") != std::string::npos || key.front() == ' ' ||
          key.back() == ' ')
        return error{errc::unsupported,
                     "a parameter called \"" + printable(key) + "\" cannot be written in this model's calls"};
      json of = given;  // with what it may refer to
      for (const char* definitions : {"$defs", "definitions"})
        if (of.is_object() && is_object(definitions)) of[definitions] = schema[definitions];
      const bool is_string = of.is_object() && of.contains("type") && of["type"] == "string";
      const bool is_bound = is_string && is_more_than_a_string(of);
      if (is_bound && !dsml && strict_)
        return error{errc::unsupported, "keywords of the parameter \"" + key +
                                            "\" cannot be kept: this model writes strings without quotes"};
      const bool is_text = is_string && !(dsml && is_bound);
      const std::string begin =
          joined(marks_.value_begin, dsml ? key + "\" string=\"" + (is_text ? "true" : "false") + "\">" : key + ">\n");
      const std::string before_end = dsml ? "" : "\n";
      expression written = g_.empty();
      if (is_text && of.contains("enum") && of["enum"].is_array()) {
        std::vector<expression> choices;
        for (const json& c : of["enum"])
          if (c.is_string()) choices.push_back(text(c.get<std::string>() + before_end + end));
        written = g_.any_of(choices);
      } else if (is_text) {
        written = language::until(end).in(g_);
      } else {
        RETORT_TRY(const expression v, value(of, json_.any()));
        written = g_.sequence({v, text(before_end + end)});
      }
      bool required = false;
      if (schema.contains("required") && schema["required"].is_array())
        for (const json& r : schema["required"]) required = required || r == key;
      items.push_back({g_.sequence({text(begin), written, text("\n")}),
                       required ? grammar::item::required : grammar::item::optional});
    }
    return g_.list(items, g_.empty());
  }
  static bool is_more_than_a_string(const json& schema) {
    for (const char* key : {"pattern", "format", "minLength", "maxLength", "const", "anyOf", "oneOf", "allOf", "$ref"})
      if (schema.contains(key)) return true;
    return false;
  }

  const tokenizer& tokens_;
  const reply_format format_;
  const reply::call_syntax& marks_;
  const bool fenced_, strict_;
  grammar g_;
  json_text json_{g_};
};

}  // namespace detail
RETORT_END
