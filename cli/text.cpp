// tokenize and render: text to tokens and back, messages to prompts.
#include "commands.hpp"

#include <retort/text/tokenizer.hpp>

#include <iostream>
#include <nlohmann/json.hpp>

namespace cli {
namespace {

using json = nlohmann::ordered_json;

void put(const json& j) {
  std::printf("%s\n", j.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
}

}  // namespace

int tokenize(const common_options& o, const tokenize_options& t) {
  common_options with = o;
  if (!t.tokenizer.empty()) with.model = t.tokenizer;
  CLI_TRY(const retort::model m, load(with));
  CLI_TRY(const retort::tokenizer* text, m.text());
  for (std::string line; std::getline(std::cin, line);) {
    if (line.empty()) continue;
    const json in = json::parse(line, nullptr, false);
    if (t.from_ids) {
      if (!in.is_object() || !in.contains("ids") || !in["ids"].is_array())
        return fail({retort::errc::bad_argument, "a line is no JSON object with an array \"ids\""});
      std::vector<retort::token> ids;
      for (const auto& id : in["ids"]) ids.push_back(id.is_number_integer() ? id.get<retort::token>() : -1);
      put({{"text", text->decode(ids, true)}});
      continue;
    }
    if (!in.is_object() || !in.contains("text") || !in["text"].is_string())
      return fail({retort::errc::bad_argument, "a line is no JSON object with a string \"text\""});
    std::vector<retort::token> ids;
    if (!t.no_bos) ids = m.bos();
    CLI_CHECK(text->encode(in["text"].get_ref<const std::string&>(),
                           t.no_special ? retort::special::plain : retort::special::parse, ids));
    put({{"ids", ids}});
  }
  return 0;
}

int render(const common_options&, const std::string&, const std::string&) {
  return fail({retort::errc::unsupported, "render is not built"});
}

}  // namespace cli
