// Real templates and conversations, against what Jinja2 made of them.
#include "catch.hpp"
#include "golden.hpp"

#include <retort/jinja/chat_template.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <sstream>

using namespace retort;

namespace {

std::string unpacked(const std::filesystem::path& path) {
  std::string out;
  FILE* pipe = popen(("gzip -dc '" + path.string() + "'").c_str(), "r");
  if (!pipe) return out;
  char block[1 << 16];
  for (std::size_t n; (n = fread(block, 1, sizeof block, pipe)) > 0;) out.append(block, n);
  pclose(pipe);
  return out;
}

}  // namespace

TEST_CASE("jinja: every golden render is equal, every golden refusal is refused", "[golden]") {
  const auto folder = golden("text/chat");
  if (folder.empty()) return;
  const auto templates = nlohmann::ordered_json::parse(unpacked(folder / "templates.json.gz"));
  const auto conversation_text = read_bytes(folder / "convs.json");
  std::map<std::string, nlohmann::ordered_json> conversations;
  for (auto& c : nlohmann::ordered_json::parse(conversation_text)) conversations[c["name"]] = c["ctx"];
  std::map<std::string, const nlohmann::ordered_json*> by_name;
  std::map<std::string, chat_template> parsed;
  for (const auto& t : templates) {
    by_name[t["name"]] = &t;
    if (auto p = chat_template::parse(t["src"].get<std::string>())) parsed.emplace(t["name"], *p);
  }

  render_options options;
  options.now = std::chrono::sys_days(std::chrono::year(2026) / 1 / 15) + std::chrono::hours(12);
  std::size_t equal = 0, refused = 0;
  std::istringstream lines(unpacked(folder / "expected.jsonl.gz"));
  for (std::string line; std::getline(lines, line);) {
    const auto expected = nlohmann::ordered_json::parse(line);
    const std::string name = expected["template"], conversation = expected["conv"];
    nlohmann::ordered_json variables = conversations.at(conversation);
    for (const char* key : {"bos_token", "eos_token"})
      if (!variables.contains(key)) variables[key] = (*by_name.at(name))[key];
    const auto t = parsed.find(name);
    result<rendered> r = error{errc::bad_template, "not parsed"};
    if (t != parsed.end()) r = t->second.render(detail::parse_json(variables.dump()).value(), options);
    CAPTURE(name, conversation, expected.value("error", ""), r ? std::string() : r.error().what);
    if (!expected.contains("text")) {
      CHECK_FALSE(r);
      ++refused;
      continue;
    }
    REQUIRE(r);
    CHECK(r->text == expected["text"].get<std::string>());
    // from text, the same; with everything trusted, the same and nothing marked
    const auto from_text = t->second.render_json(variables.dump(), options);
    REQUIRE(from_text);
    CHECK((from_text->text == r->text && from_text->input == r->input));
    ++equal;
  }
  std::printf("chat goldens: %zu renders equal, %zu refused\n", equal, refused);
  CHECK(equal + refused > 0);
}
