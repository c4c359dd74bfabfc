// tokenize and render: text to tokens and back, messages to prompts.
#include "commands.hpp"
#include "json.hpp"

#include <retort/model/gguf_vocabulary.hpp>
#include <retort/chat/prompt.hpp>
#include <retort/tokenizer/from_json.hpp>

#include <chrono>
#include <filesystem>

namespace cli {
namespace {

bool put(const json& j) { return say(dump(j) + "\n"); }

namespace fs = std::filesystem;

/// A tokenizer from a GGUF, a tokenizer.json, or a folder that holds one.
struct any_tokenizer {
  retort::model model;                  // a GGUF that holds a whole model
  std::optional<retort::weights> file;  // a GGUF with a vocabulary only
  std::optional<retort::tokenizer> own;
  std::string chat_template;
  const retort::tokenizer* text = nullptr;

  static retort::result<any_tokenizer> open(const common_options& o, const std::string& path) {
    any_tokenizer t;
    if (path.empty() && o.model.empty()) {
      RETORT_TRY(t.model, load(o));
      RETORT_TRY(t.text, t.model.text());
      t.chat_template = t.model.info().chat_template;
      return t;
    }
    fs::path p = path.empty() ? o.model : path;
    std::error_code ec;
    if (fs::is_directory(p, ec)) p /= "tokenizer.json";
    if (p.extension() != ".json") {
      RETORT_TRY(t.file, retort::weights::open(p.string()));
      RETORT_TRY(const retort::vocabulary words, retort::read_vocabulary(t.file->metadata()));
      RETORT_TRY(t.own, retort::tokenizer::make(words));
      RETORT_TRY(t.chat_template, t.file->metadata().string_or("tokenizer.chat_template", ""));
    } else {
      RETORT_TRY(const std::string json_text, read_text(p.string()));
      std::string config;
      const fs::path beside = p.parent_path() / "tokenizer_config.json";
      if (fs::exists(beside, ec)) {
        RETORT_TRY(config, read_text(beside.string()));
      }
      RETORT_TRY(const retort::tokenizer_file words, retort::read_tokenizer_json(json_text, config));
      RETORT_TRY(t.own, retort::tokenizer::make(words.words));
      if (!words.templates.empty()) t.chat_template = words.templates[0].source;
    }
    t.text = &*t.own;
    return t;
  }
  any_tokenizer() = default;
  any_tokenizer(any_tokenizer&& other) noexcept
      : model(std::move(other.model)),
        file(std::move(other.file)),
        own(std::move(other.own)),
        chat_template(std::move(other.chat_template)),
        text(own ? &*own : other.text) {}
  any_tokenizer& operator=(any_tokenizer&&) = delete;
};

}  // namespace

int tokenize(const common_options& o, const tokenize_options& t) {
  CLI_TRY(const any_tokenizer any, any_tokenizer::open(o, t.tokenizer));
  const retort::tokenizer& text = *any.text;
  for (line_reader lines;;) {
    CLI_TRY(const auto line, lines.next());
    if (!line || is_lost()) return 0;
    if (line->empty()) continue;
    const json in = parsed(*line);
    if (t.from_ids) {
      if (!in.is_object() || !in.contains("ids") || !in["ids"].is_array())
        return fail({retort::errc::bad_argument, "a line is no JSON object with an array \"ids\""});
      std::vector<retort::token> ids;
      for (const auto& id : in["ids"]) ids.push_back(id.is_number_integer() ? id.get<retort::token>() : -1);
      put({{"text", text.decode(ids, true)}});
      continue;
    }
    if (!in.is_object() || !in.contains("text") || !in["text"].is_string())
      return fail({retort::errc::bad_argument, "a line is no JSON object with a string \"text\""});
    std::vector<retort::token> ids;
    if (!t.no_bos && text.add_bos() && text.bos()) ids.push_back(*text.bos());
    CLI_CHECK(text.encode(in["text"].text(), t.no_special ? retort::special::plain : retort::special::parse, ids));
    put({{"ids", ids}});
  }
}

namespace {

/// 2026-01-15T12:00:00 as the clock on the wall.
std::optional<std::chrono::sys_seconds> parse_time(const std::string& iso) {
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  if (std::sscanf(iso.c_str(), "%d-%d-%dT%d:%d:%d", &y, &mo, &d, &h, &mi, &s) < 3) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(y), std::chrono::month(static_cast<unsigned>(mo)),
                                        std::chrono::day(static_cast<unsigned>(d))};
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days(day) + std::chrono::hours(h) + std::chrono::minutes(mi) + std::chrono::seconds(s);
}

}  // namespace

int render(const common_options& o, const std::string& template_file, const std::string& now) {
  std::string source;
  if (!template_file.empty()) {
    CLI_TRY(source, read_text(template_file));
  } else {
    CLI_TRY(const any_tokenizer any, any_tokenizer::open(o, ""));
    source = any.chat_template;
    if (source.empty())
      return fail({retort::errc::missing, "the model has no chat template; name one with --template"});
  }
  retort::render_options options;
  options.now = now.empty() ? std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now())
                            : parse_time(now);
  if (!options.now) return fail({retort::errc::bad_argument, "--now takes a time like 2026-01-15T12:00:00"});
  const auto t = retort::chat_template::parse(std::move(source));
  for (line_reader lines;;) {
    CLI_TRY(const auto line, lines.next());
    if (!line || is_lost()) return 0;
    if (line->empty()) continue;
    if (!t) {
      put({{"error", t.error().what}});
      continue;
    }
    const auto r = t->render_json(*line, options);
    if (r) put({{"text", r->text}});
    else put({{"error", r.error().what}});
  }
}

}  // namespace cli
