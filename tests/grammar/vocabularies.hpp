// Small vocabularies for tests of constraints, and ways to drive an output with them.
#pragma once

#include "grammar/texts.hpp"

#include <retort/grammar/gbnf.hpp>
#include <retort/grammar/json_schema.hpp>
#include <retort/grammar/matcher.hpp>

#include <random>

namespace words {

using namespace retort;

/// The way byte-level vocabularies write bytes: printable ones as they are, the others from U+0100 on.
inline std::string in_alphabet(std::string_view bytes) {
  const auto shown = [](unsigned b) { return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174; };
  std::string out;
  for (const char c : bytes) {
    const unsigned b = static_cast<unsigned char>(c);
    unsigned hidden = 0;
    for (unsigned i = 0; i < b; ++i) hidden += !shown(i);
    detail::utf8::append(out, shown(b) ? b : 256 + hidden);
  }
  return out;
}

struct vocabulary_of_words {
  std::optional<tokenizer> text;
  std::shared_ptr<const detail::token_trie> trie;
  token end = 0, mark = 0;  ///< the end token; a control token

  [[nodiscard]] std::size_t size() const { return trie->n_vocab(); }
  [[nodiscard]] token find(std::string_view bytes) const {
    for (std::size_t i = 0; i < size(); ++i)
      if (trie->is_text(static_cast<token>(i)) && text->bytes(static_cast<token>(i)) == bytes)
        return static_cast<token>(i);
    return -1;
  }
};

/// Makes the words of a byte-level vocabulary whose end token is known.
inline void compile(vocabulary& from, vocabulary_of_words& v) {
  from.model = "gpt2";
  from.pre = "gpt-2";
  from.eos = v.end;
  auto text = tokenizer::make(from);
  if (!text) FAIL(text.error().what);
  v.text = std::move(*text);
  auto trie = detail::token_trie::make(*v.text, from.texts.size());
  if (!trie) FAIL(trie.error().what);
  v.trie = std::make_shared<const detail::token_trie>(std::move(*trie));
}

inline vocabulary_of_words make(const std::vector<std::string>& texts) {
  vocabulary_of_words v;
  std::vector<std::string> written;
  for (const auto& t : texts) written.push_back(t.size() > 1 ? t : in_alphabet(t));
  written.emplace_back("<mark>");
  written.emplace_back("<end>");
  vocabulary from;
  for (const auto& w : written) from.texts.push_back(w);
  from.types.assign(written.size(), token_type::normal);
  for (std::size_t i = 0; i < texts.size(); ++i)  // no merges make them
    if (texts[i].size() > 1) from.types[i] = token_type::user_defined;
  from.types[written.size() - 1] = from.types[written.size() - 2] = token_type::control;
  v.end = static_cast<token>(written.size() - 1);
  v.mark = v.end - 1;
  compile(from, v);
  return v;
}

inline std::vector<std::string> all_bytes() {
  std::vector<std::string> out;
  for (int i = 0; i < 256; ++i) out.emplace_back(1, static_cast<char>(i));
  return out;
}
inline const std::vector<std::string> merged = {"true",
                                                "false",
                                                "null",
                                                "{\"",
                                                "\":",
                                                "\": ",
                                                "\", \"",
                                                "\"}",
                                                "}}",
                                                "[[",
                                                "]]",
                                                "[\"",
                                                "\"]",
                                                "},",
                                                ", {\"",
                                                "12",
                                                "345",
                                                "00",
                                                ".5",
                                                "e1",
                                                "-1",
                                                "ab",
                                                "abc",
                                                "name",
                                                "\"name",
                                                "age\":",
                                                " \"",
                                                "\xc3\xa9",
                                                "\xe6\x97",
                                                "\xa5\xe6",
                                                "\xf0\x9f\x98\x80",
                                                "\\u",
                                                "\\n",
                                                "\\\"",
                                                "d8",
                                                "  ",
                                                "\n",
                                                "aaaa",
                                                "aaaaaaaa"};

/// Bytes and longer tokens that cross the borders of everything.
inline const vocabulary_of_words& full() {
  static const vocabulary_of_words v = [] {
    auto t = all_bytes();
    t.insert(t.end(), merged.begin(), merged.end());
    return make(t);
  }();
  return v;
}
/// Bytes alone.
inline const vocabulary_of_words& bytes() {
  static const vocabulary_of_words v = make(all_bytes());
  return v;
}
/// No byte over 7F alone, no digit 7, no control bytes; é and 日 are tokens.
inline const vocabulary_of_words& poor() {
  static const vocabulary_of_words v = [] {
    std::vector<std::string> t;
    for (char c = 0x20; c < 0x7F; ++c)
      if (c != '7') t.emplace_back(1, c);
    for (const char* more :
         {"\xc3\xa9", "\xe6\x97\xa5", "\xe6\x97\xa5\xc3\xa9", "17", "\xe6", "{\"", "\": ", "\"}", "true"})
      t.emplace_back(more);
    return make(t);
  }();
  return v;
}
/// SentencePiece with byte fallback.
inline const vocabulary_of_words& pieces() {
  static const vocabulary_of_words v = [] {
    vocabulary_of_words out;
    std::vector<std::string> names = {"<unk>", "<s>", "</s>"};
    for (int i = 0; i < 256; ++i) {
      char name[8];
      std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(i));
      names.emplace_back(name);
    }
    for (char c = 0x21; c < 0x7F; ++c) names.emplace_back(1, c);
    for (const char* w : {"\xe2\x96\x81", "\xe2\x96\x81\"", "{\"", "\":", "\",", "true", "na", "name", "\xc3\xa9",
                          "\xe6\x97\xa5", "\xe2\x96\x81{"})
      names.emplace_back(w);
    vocabulary from;
    from.model = "llama";
    from.types.assign(names.size(), token_type::normal);
    for (std::size_t i = 3; i < 259; ++i) from.types[i] = token_type::byte;
    from.types[0] = token_type::unknown;
    from.types[1] = from.types[2] = token_type::control;
    for (const auto& n : names) from.texts.push_back(n);
    from.scores.assign(names.size(), -1.0f);
    from.eos = 2;
    from.bos = 1;
    from.unknown = 0;
    out.end = 2;
    out.mark = 1;
    auto text = tokenizer::make(from);
    if (!text) FAIL(text.error().what);
    out.text = std::move(*text);
    auto trie = detail::token_trie::make(*out.text, names.size());
    if (!trie) FAIL(trie.error().what);
    out.trie = std::make_shared<const detail::token_trie>(std::move(*trie));
    return out;
  }();
  return v;
}

inline result<constraint> compile(const result<detail::grammar>& g, const vocabulary_of_words& v) {
  if (!g) return g.error();
  RETORT_TRY(auto impl, detail::constraint_impl::make(*g, *v.text, v.trie));
  return constraint(std::move(impl));
}
inline result<constraint> try_schema(std::string_view schema, const vocabulary_of_words& v = full()) {
  return compile(detail::json_schema::parse(schema), v);
}
inline result<constraint> try_regex(std::string_view pattern, const vocabulary_of_words& v = full()) {
  detail::grammar g;
  const auto texts = detail::regex_language::of(pattern, true, {});
  if (!texts) return texts.error();
  g.define(detail::grammar::root, texts->in(g));
  return compile(g, v);
}
inline result<constraint> try_gbnf(std::string_view text, const vocabulary_of_words& v = full()) {
  return compile(detail::gbnf::parse(text, *v.text), v);
}
inline matcher must(const result<constraint>& c) {
  if (!c) FAIL(c.error().what);
  return matcher::make(*c).value();
}

inline bool bit(std::span<const std::uint64_t> mask, token id) {
  const auto i = static_cast<std::size_t>(id);
  return (mask[i / 64] >> i % 64 & 1) != 0;
}
inline std::vector<token> ids_of(std::span<const std::uint64_t> mask, std::size_t n_vocab) {
  std::vector<token> out;
  for (std::size_t i = 0; i < n_vocab; ++i)
    if (bit(mask, static_cast<token>(i))) out.push_back(static_cast<token>(i));
  return out;
}

/// Whether the text is accepted as a whole when its tokens are cut at random.
inline bool accepts(const matcher& start, std::string_view text, const vocabulary_of_words& v, std::mt19937& random) {
  matcher m = start.fork().value();
  while (!text.empty()) {
    std::vector<token> fit;
    for (std::size_t i = 0; i < v.size(); ++i) {
      const auto id = static_cast<token>(i);
      if (v.trie->is_text(id) && text.starts_with(v.text->bytes(id))) fit.push_back(id);
    }
    if (fit.empty()) FAIL("the vocabulary cannot write " << text);
    const token id = fit[random() % fit.size()];
    const bool allowed = bit(m.allowed().value(), id);
    if (allowed != bool(m.accept(id))) FAIL("mask and accept() disagree before " << text);
    if (!allowed) return false;
    text.remove_prefix(v.text->bytes(id).size());
  }
  return m.complete();
}
/// The same byte by byte, and in a few random cuts; all must agree.
inline bool accepts(const matcher& m, std::string_view text) {
  std::mt19937 random(7);
  const bool plain = [&] {
    matcher k = m.fork().value();
    for (const char c : text)
      if (!k.accept(full().find(std::string_view(&c, 1)))) return false;
    return k.complete();
  }();
  for (int i = 0; i < 4; ++i)
    if (accepts(m, text, full(), random) != plain) FAIL("it depends on the tokens whether this is accepted: " << text);
  return plain;
}
/// What a compiled constraint accepts.
inline auto accepting(const result<constraint>& c) {
  return [m = std::make_shared<const matcher>(must(c))](std::string_view text) { return accepts(*m, text); };
}

}  // namespace words
