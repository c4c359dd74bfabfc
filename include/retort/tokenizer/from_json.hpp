// Hugging Face's tokenizer.json and tokenizer_config.json, read into a vocabulary.
#pragma once

#include <retort/base/macros_off.inc>

#include <retort/text/json_reader.hpp>
#include <retort/tokenizer/vocabulary.hpp>

RETORT_BEGIN

/// What the two files say. `words` points into the object, which may be moved but not copied.
struct tokenizer_file {
  vocabulary words;
  /// Chat templates: the one without a name (or called "default") first, if there is any.
  struct named_template {
    std::string name, source;
  };
  std::vector<named_template> templates;
  std::unique_ptr<std::string> storage;  ///< all texts, one after another
};

namespace detail::files {

/// A stretch of the storage.
struct stretch {
  std::size_t begin = 0, length = 0;
};

/// Takes the events of the parser: vocabulary and merges go straight into the storage, all else becomes a small
/// document. A document of the whole file would cost three times its reading.
class tokenizer_events final : public json_events {
 public:
  explicit tokenizer_events(std::string& storage) : storage_(storage) {}

  json rest;                                      // everything but model.vocab and model.merges
  std::vector<std::pair<stretch, token>> tokens;  // of an object
  std::vector<float> scores;                      // of an array of pairs, with `tokens`
  std::vector<stretch> merges;
  std::string problem;

  bool null() override { return value({}); }
  bool boolean(bool v) override { return value(v); }
  bool integer(std::int64_t v) override { return number(v, static_cast<double>(v)); }
  bool natural(std::uint64_t v) override { return number(v, static_cast<double>(v)); }
  bool real(double v, const std::string&) override { return number(v, v); }
  bool string(std::string& v) override {
    if (part_ == none) return value(std::move(v));
    if (part_ == in_vocabulary) {
      if (!listed_ || depth_ != 2 || has_text_) return fail("model.vocab: a string where none belongs");
      tokens.emplace_back(keep(v), static_cast<token>(tokens.size()));
      return has_text_ = true;
    }
    if (depth_ == 1) {
      merges.push_back(keep(v));
      return true;
    }
    if (depth_ == 2 && halves_ < 2) {
      if (halves_++ == 0) {
        merges.push_back(keep(v));
      } else {
        storage_ += ' ';
        merges.back().length += 1 + keep(v).length;
      }
      return true;
    }
    return fail("model.merges: a string where none belongs");
  }
  bool start_object() override {
    if (part_ != none) return fail("an object inside model.vocab or model.merges");
    if (at_merges() || (at_vocabulary() && (seen_ & in_vocabulary)))
      return fail("model.vocab or model.merges twice, or of a wrong type");
    if (at_vocabulary()) {
      seen_ |= part_ = in_vocabulary;
      depth_ = 1;
      listed_ = false;
      return true;
    }
    return open(json::object());
  }
  bool start_array() override {
    if (part_ != none) {
      has_text_ = false;
      halves_ = 0;
      return ++depth_ == 2 && (part_ == in_merges || listed_) ? true
                                                              : fail("arrays nested in model.vocab or model.merges");
    }
    if (at_vocabulary() || at_merges()) {
      part_ = at_vocabulary() ? in_vocabulary : in_merges;
      if (seen_ & part_) return fail("model.vocab or model.merges twice");
      seen_ |= part_;
      depth_ = 1;
      listed_ = true;
      return true;
    }
    return open(json::array());
  }
  bool end_object() override { return close(); }
  bool end_array() override {
    if (part_ == none || depth_ == 1) return close();
    --depth_;
    if (part_ == in_vocabulary && scores.size() != tokens.size()) return fail("model.vocab: a pair without a score");
    return part_ == in_vocabulary || halves_ == 2 ? true : fail("model.merges: a pair without two strings");
  }
  bool key(std::string& v) override {
    if (part_ == in_vocabulary) text_ = keep(v);
    else key_ = std::move(v);
    return true;
  }
  void malformed(std::size_t position) override { (void)fail("not JSON at byte " + std::to_string(position)); }

 private:
  enum part : unsigned { none = 0, in_vocabulary = 1, in_merges = 2 };
  static constexpr std::size_t max_depth = 32;

  bool fail(std::string what) {
    if (problem.empty()) problem = std::move(what);
    return false;
  }
  stretch keep(const std::string& v) {
    storage_ += v;
    return {storage_.size() - v.size(), v.size()};
  }
  [[nodiscard]] bool in_model() const noexcept { return path_.size() == 2 && path_keys_ == "model"; }
  [[nodiscard]] bool at_vocabulary() const noexcept { return in_model() && key_ == "vocab"; }
  [[nodiscard]] bool at_merges() const noexcept { return in_model() && key_ == "merges"; }
  bool number(json v, double d) {
    if (part_ == none) return value(std::move(v));
    if (part_ != in_vocabulary) return fail("model.merges: a number");
    if (listed_) {
      if (depth_ != 2 || !has_text_ || scores.size() + 1 != tokens.size())
        return fail("model.vocab: a number where none belongs");
      scores.push_back(static_cast<float>(d));
      return true;
    }
    if (!(d >= 0 && d < 16777216)) return fail("model.vocab: an id below 0 or over 16 million");
    tokens.emplace_back(text_, static_cast<token>(d));
    return true;
  }
  json* place(json v) {
    if (path_.empty()) return &(rest = std::move(v));
    json& top = *path_.back();
    if (top.is_array()) {
      top.push_back(std::move(v));
      return &top.back();
    }
    return &(top[key_] = std::move(v));
  }
  bool value(json v) {
    if (part_ != none) return fail("a value inside model.vocab or model.merges that does not belong there");
    if (path_.empty()) return fail("not an object");
    place(std::move(v));
    return true;
  }
  bool open(json v) {
    if (path_.size() == max_depth) return fail("nested too deep");
    if (path_.size() == 1) path_keys_ = key_;
    path_.push_back(place(std::move(v)));
    return true;
  }
  bool close() {
    if (part_ != none) part_ = none;
    else path_.pop_back();
    return true;
  }

  std::string& storage_;
  std::vector<json*> path_;
  std::string key_, path_keys_;
  stretch text_;
  unsigned part_ = none, seen_ = 0;
  int depth_ = 0, halves_ = 0;
  bool listed_ = false, has_text_ = false;
};

/// A member of an object, or null where there is none.
inline const json& at(const json& object, const char* key) { return object[key]; }
inline std::string_view text_at(const json& object, const char* key) {
  const auto* s = at(object, key).get_ptr<const std::string*>();
  return s ? std::string_view(*s) : std::string_view{};
}
inline bool true_at(const json& object, const char* key) {
  const auto* b = at(object, key).get_ptr<const bool*>();
  return b && *b;
}
inline std::optional<bool> flag_at(const json& object, const char* key) {
  const auto* b = at(object, key).get_ptr<const bool*>();
  return b ? std::optional<bool>(*b) : std::nullopt;
}

/// The steps of a normalizer, pre-tokenizer or post-processor: a sequence's members (sequences may nest), or itself.
inline std::vector<const json*> steps_of(const json& what, const char* members) {
  std::vector<const json*> out, open{&what};
  while (!open.empty()) {
    const json& step = *open.back();
    open.pop_back();
    const json& list = at(step, members);
    if (text_at(step, "type") == "Sequence" && list.is_array())
      for (std::size_t i = list.size(); i-- > 0;) open.push_back(&list[i]);
    else if (!step.is_null()) out.push_back(&step);
  }
  return out;
}

inline error unsupported(const char* part, std::string_view what) {
  return {errc::unsupported, std::string("tokenizer.json: ") + part + " \"" + printable(what) + "\" is not supported"};
}

/// A pattern with line ends written as escapes, as some files do and others do not.
inline std::string plain_pattern(std::string_view pattern) {
  std::string out;
  for (char c : pattern)
    if (c == '\r') out += "\\r";
    else if (c == '\n') out += "\\n";
    else out += c;
  return out;
}

/// The name whose rule cuts text as these stages do; empty if there is none. Patterns are compared as text: each is
/// the one its model was published with.
inline std::string_view rule_of(const std::vector<std::string>& stages) {
  using view = std::string_view;
  constexpr view contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)", blanks = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  constexpr view word = "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+", marked_word = "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+";
  constexpr view solid = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*", solid_slash = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*";
  constexpr view marked_solid = "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*";
  constexpr view digit = "|\\p{N}", three_digits = "|\\p{N}{1,3}";
  constexpr view capitalized =
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+";
  constexpr view upper_case =
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*";
  constexpr view gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";
  constexpr view v3_ideographs = "[一-龥\xE3\x81\x80-ゟ゠-ヿ]+";
  constexpr view v3_words =
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
      "| ?[\\p{P}\\p{S}]+[\\r\\n]*";
  constexpr view old_ideographs = "[一-龥\xE0\xA0\x80-一가-\xED\x9F\xBF]+";
  constexpr view llm_letters = "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯ";
  constexpr view llm_signs = "\\s?[!-/:-~！-／：-～‘-‟\xE3\x80\x80-。]+";
  const std::size_t n = stages.size();
  const auto is = [&](std::size_t i, std::initializer_list<std::string_view> parts) {
    std::string_view rest = stages[i];
    for (std::string_view p : parts) {
      if (rest.substr(0, p.size()) != p) return false;
      rest.remove_prefix(p.size());
    }
    return rest.empty();
  };
  if (n == 1) {
    if (is(0, {contractions, word, three_digits, solid, blanks})) return "llama3";
    if (is(0, {contractions, word, digit, solid, blanks})) return "qwen2";
    if (is(0, {contractions, marked_word, digit, marked_solid, blanks})) return "qwen35";
    if (is(0, {gpt2, "|\\s+"})) return "gpt-2";
    if (is(0, {capitalized, "|", upper_case, digit, solid_slash, blanks})) return "tekken";
    if (is(0, {capitalized, contractions, "?|", upper_case, contractions, "?", three_digits, solid_slash, blanks}))
      return "gpt-4o";
  }
  if (n == 2 && is(0, {"digits"}) && is(1, {gpt2, "|\\s+"})) return "starcoder";
  if (n == 3 && is(0, {"\\p{N}{1,3}"}) && is(1, {v3_ideographs}) && is(2, {v3_words, blanks})) return "deepseek-v3";
  if (n == 5 && is(0, {"[\\r\\n]"}) && is(1, {"\\s?\\p{L}+"}) && is(2, {"\\s?\\p{P}+"}) && is(3, {old_ideographs}) &&
      is(4, {"digits"}))
    return "deepseek-coder";
  if (n == 6 && is(0, {"[\\r\\n]"}) && stages[1].substr(0, llm_letters.size()) == llm_letters && is(2, {llm_signs}) &&
      is(3, {"\\s+$"}) && is(4, {old_ideographs}) && is(5, {"digits"}))
    return "deepseek-llm";
  if (n == 4 && is(0, {"[\\p{P}\\$\\+<=>\\^~\\|]+"}) && is(1, {gpt2}) && is(2, {"\\p{N}+"}) &&
      is(3, {"[0-9][0-9][0-9]"}))
    return "default";
  return {};
}

/// Byte-level: the pre-tokenizer's stages by name, and what else it asks for.
inline result<void> read_byte_level(const json& file, vocabulary& out) {
  for (const json* step : steps_of(at(file, "normalizer"), "normalizers")) {
    if (text_at(*step, "type") != "NFC") return unsupported("normalizer", text_at(*step, "type"));
    out.compose = true;
  }
  out.compose = out.compose.value_or(false);
  std::vector<std::string> stages;
  for (const json* step : steps_of(at(file, "pre_tokenizer"), "pretokenizers")) {
    const std::string_view type = text_at(*step, "type"), behavior = text_at(*step, "behavior");
    if (type == "Split") {
      const bool invert = true_at(*step, "invert");
      if (behavior != (invert ? "Removed" : "Isolated")) return unsupported("Split behavior", behavior);
      const std::string_view pattern = text_at(at(*step, "pattern"), "Regex");
      if (pattern.empty()) return unsupported("pre_tokenizer", "Split by a string");
      stages.push_back(plain_pattern(pattern));
    } else if (type == "Digits" && true_at(*step, "individual_digits")) {
      stages.emplace_back("digits");
    } else if (type == "ByteLevel") {
      if (true_at(*step, "add_prefix_space")) return unsupported("pre_tokenizer", "ByteLevel with add_prefix_space");
      if (flag_at(*step, "use_regex").value_or(true))
        stages.emplace_back("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");
    } else {
      return unsupported("pre_tokenizer", type);
    }
  }
  if (!out.pre.empty()) return {};  // the caller has chosen
  out.pre = rule_of(stages);
  if (out.pre.empty())
    return error{errc::unsupported, "tokenizer.json: unknown pre-tokenizer " +
                                        (stages.empty() ? std::string("(none)") : printable(stages.back())) +
                                        ": choose a known one by name"};
  return {};
}

inline constexpr std::string_view space_mark = "\xE2\x96\x81";

/// SentencePiece: where spaces are put.
inline result<void> read_spaces(const json& file, vocabulary& out) {
  out.add_space_prefix = false;
  out.remove_extra_spaces = false;
  for (const json* step : steps_of(at(file, "normalizer"), "normalizers")) {
    const std::string_view type = text_at(*step, "type");
    const json& pattern = at(*step, "pattern");
    if (type == "Prepend" && text_at(*step, "prepend") == space_mark) out.add_space_prefix = true;
    else if (type == "Replace" && text_at(pattern, "Regex") == " {2,}") out.remove_extra_spaces = true;
    else if (type == "Strip") out.remove_extra_spaces = true;
    else if (type == "Precompiled" && out.model == "t5") continue;  // decoded by the caller
    else if (!(type == "Replace" && text_at(pattern, "String") == " " && text_at(*step, "content") == space_mark))
      return unsupported("normalizer", type);
  }
  for (const json* step : steps_of(at(file, "pre_tokenizer"), "pretokenizers")) {
    const std::string_view type = text_at(*step, "type");
    if (type == "WhitespaceSplit" && out.model == "t5") {
      out.remove_extra_spaces = true;
    } else if (type == "Metaspace") {
      const std::string_view scheme = text_at(*step, "prepend_scheme");
      out.add_space_prefix = scheme.empty() ? flag_at(*step, "add_prefix_space").value_or(true) : scheme != "never";
      out.space_prefix_once = scheme == "first";
    } else {
      return unsupported("pre_tokenizer", type);
    }
  }
  return {};
}

/// Bytes of base64, up to the first character that is none.
inline std::string from_base64(std::string_view text) {
  std::string out;
  unsigned bits = 0, held = 0;
  for (char c : text) {
    const unsigned v = c >= 'A' && c <= 'Z'   ? static_cast<unsigned>(c - 'A')
                       : c >= 'a' && c <= 'z' ? static_cast<unsigned>(c - 'a') + 26
                       : c >= '0' && c <= '9' ? static_cast<unsigned>(c - '0') + 52
                       : c == '+'             ? 62u
                       : c == '/'             ? 63u
                                              : 64u;
    if (v == 64) break;
    bits = bits << 6 | v;
    if ((held += 6) >= 8) out += static_cast<char>(static_cast<unsigned char>(bits >> (held -= 8) & 255));
  }
  return out;
}

/// A special token as tokenizer_config.json names it: a string, or an object with its content.
inline std::string_view token_name(const json& config, const char* key) {
  const json& v = at(config, key);
  return v.is_object() ? text_at(v, "content") : text_at(config, key);
}

inline void read_templates(const json& config, tokenizer_file& out) {
  const json& given = at(config, "chat_template");
  if (const auto* s = given.get_ptr<const std::string*>()) out.templates.push_back({"default", *s});
  if (!given.is_array()) return;
  for (const json& t : given) {
    tokenizer_file::named_template one{std::string(text_at(t, "name")), std::string(text_at(t, "template"))};
    const auto where = one.name == "default" ? out.templates.begin() : out.templates.end();
    out.templates.insert(where, std::move(one));
  }
}

}  // namespace detail::files

/// Reads the text of tokenizer.json and, where there is one, of tokenizer_config.json.
///
/// needs   `pre`: a pre-tokenizer's name to use whatever the file says; empty: recognise the file's own
/// errors  bad_file (not JSON, or of another shape), unsupported (WordPiece; a normalizer, pre-tokenizer or pattern
///         that Retort does not know; tokens that swallow blanks around them)
/// cost    about 150 ms for 150,000 tokens and 150,000 merges; memory: the file's size twice
/// tested  tests/tokenizer/from_json_test.cpp
RETORT_INLINE result<tokenizer_file> read_tokenizer_json(std::string_view tokenizer_json,
                                                         std::string_view config_json = {}, std::string_view pre = {});

#if RETORT_CARRIES(RETORT_PART_TOKENIZER)

RETORT_INLINE result<tokenizer_file> read_tokenizer_json(std::string_view tokenizer_json, std::string_view config_json,
                                                         std::string_view pre) {
  using namespace detail::files;
  using detail::json;
  const auto bad = [](const std::string& what) { return error{errc::bad_file, "tokenizer.json: " + what}; };
  tokenizer_file out;
  // No decoded string is longer than its source, so this never grows and views into it stay good.
  out.storage = std::make_unique<std::string>();
  out.storage->reserve(tokenizer_json.size() + 64);
  tokenizer_events in(*out.storage);
  if (!detail::read_json(tokenizer_json, in)) return bad(in.problem.empty() ? "not JSON" : in.problem);
  json config;
  if (!config_json.empty()) {
    auto parsed = detail::parse_object(config_json);
    if (!parsed) return error{errc::bad_file, "tokenizer_config.json: " + parsed.error().what};
    config = std::move(*parsed);
  }
  const json& file = in.rest;
  const json& model = at(file, "model");
  vocabulary& words = out.words;
  words.pre = pre;

  // Which kind.
  std::string_view type = text_at(model, "type");
  if (type.empty() && !in.merges.empty()) type = "BPE";
  bool byte_level = text_at(at(file, "decoder"), "type") == "ByteLevel";
  for (const json* step : steps_of(at(file, "pre_tokenizer"), "pretokenizers"))
    byte_level = byte_level || text_at(*step, "type") == "ByteLevel";
  if (type == "BPE") {
    words.model = byte_level ? "gpt2" : "llama";
    for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"})
      if (!text_at(model, affix).empty()) return unsupported(affix, text_at(model, affix));
    if (!in.scores.empty()) return bad("model.vocab is a list, which BPE does not have");
  } else if (type == "Unigram") {
    words.model = "t5";
    if (in.scores.empty()) return bad("model.vocab is not a list of pairs");
  } else {
    return unsupported("model", type);
  }
  if (byte_level && type == "BPE") {
    RETORT_CHECK(read_byte_level(file, words));
  } else {
    RETORT_CHECK(read_spaces(file, words));
  }
  words.ignore_merges = true_at(model, "ignore_merges");

  // Texts by id.
  std::vector<stretch> texts;
  const auto put = [&](std::size_t id, stretch text, token_type kind) {
    if (id >= texts.size()) {
      texts.resize(id + 1);
      words.types.resize(id + 1, token_type::unused);
    }
    texts[id] = text;
    words.types[id] = kind;
  };
  const auto text_of = [&](stretch s) { return std::string_view(*out.storage).substr(s.begin, s.length); };
  const bool fallback = true_at(model, "byte_fallback");
  token highest = 0;  // no file leaves out most of its ids: one far outside would only cost memory
  for (const auto& [text, id] : in.tokens) highest = std::max(highest, id);
  if (static_cast<std::size_t>(highest) > 2 * in.tokens.size() + 1024)
    return bad("model.vocab leaves out most of its ids");
  for (const auto& [text, id] : in.tokens) {
    const std::string_view t = text_of(text);
    const bool byte = fallback && t.size() == 6 && t.substr(0, 3) == "<0x";
    put(static_cast<std::size_t>(id), text, byte ? token_type::byte : token_type::normal);
  }
  const json& added = at(file, "added_tokens");
  const std::size_t limit = texts.size() + added.size() + 1024;
  for (std::size_t i = 0; added.is_array() && i < added.size(); ++i) {
    const json& id = at(added[i], "id");
    const std::string_view content = text_at(added[i], "content");
    const auto* number = id.get_ptr<const std::uint64_t*>();
    if (!number || *number > limit || content.empty())
      return bad("added_tokens[" + std::to_string(i) + "] has no fitting id or no content");
    for (const char* flag : {"lstrip", "rstrip", "single_word"})
      if (true_at(added[i], flag)) return unsupported("added token", std::string(content) + "\" with \"" + flag);
    out.storage->append(content);
    put(static_cast<std::size_t>(*number), {out.storage->size() - content.size(), content.size()},
        true_at(added[i], "special") ? token_type::control : token_type::user_defined);
  }
  for (const json* step : steps_of(at(file, "normalizer"), "normalizers")) {
    const std::string map = from_base64(text_at(*step, "precompiled_charsmap"));
    if (map.empty()) continue;
    out.storage->append(map);
    words.character_map = text_of({out.storage->size() - map.size(), map.size()});
  }
  for (const stretch& s : texts) words.texts.push_back(text_of(s));
  for (const stretch& s : in.merges) words.merges.push_back(text_of(s));
  if (type == "Unigram") {
    words.scores = std::move(in.scores);
    words.scores.resize(texts.size(), 0.0f);
  }

  // Tokens by their role.
  const auto find = [&](std::string_view text) -> std::optional<token> {
    if (text.empty()) return {};
    for (std::size_t i = 0; added.is_array() && i < added.size(); ++i)
      if (text_at(added[i], "content") == text) return at(added[i], "id").get<token>();
    for (std::size_t i = 0; i < words.texts.size(); ++i)
      if (words.texts[i] == text) return static_cast<token>(i);
    return {};
  };
  words.unknown = find(text_at(model, "unk_token"));
  if (const auto* id = at(model, "unk_id").get_ptr<const std::uint64_t*>(); id && *id < texts.size())
    words.unknown = static_cast<token>(*id);
  if (words.unknown && words.types[static_cast<std::size_t>(*words.unknown)] == token_type::normal)
    words.types[static_cast<std::size_t>(*words.unknown)] = token_type::unknown;
  words.bos = find(token_name(config, "bos_token"));
  words.eos = find(token_name(config, "eos_token"));
  words.padding = find(token_name(config, "pad_token"));
  words.add_bos = words.add_eos = false;
  for (const json* step : steps_of(at(file, "post_processor"), "processors")) {
    const json& single = at(*step, "single");
    if (text_at(*step, "type") != "TemplateProcessing" || !single.is_array() || single.empty()) continue;
    const std::string_view first = text_at(at(single.front(), "SpecialToken"), "id");
    const std::string_view last = text_at(at(single.back(), "SpecialToken"), "id");
    if (!first.empty()) {
      words.add_bos = true;
      if (!words.bos) words.bos = find(first);
    }
    if (!last.empty() && single.size() > 1) {
      words.add_eos = true;
      if (!words.eos) words.eos = find(last);
    }
  }
  if (const auto flag = flag_at(config, "add_bos_token")) words.add_bos = flag;
  if (const auto flag = flag_at(config, "add_eos_token")) words.add_eos = flag;
  read_templates(config, out);
  return out;
}

#endif

RETORT_END

#include <retort/base/macros_on.inc>
