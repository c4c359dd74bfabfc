// Prompts from variables: as values and as text, with the special tokens' texts beside them.
#include "run/support.hpp"

#include <retort/chat/prompt.hpp>

using namespace retort;

TEST_CASE("prompt: variables as a value and as text make the same prompt") {
  const auto made = prompt_maker::make(support::model_of("llama"), "{{ bos_token }}{{ garden.beds }} beds, {{ end }}");
  REQUIRE(made);
  const auto p = made->render({{"garden", {{"beds", 3}}}, {"end", "<s>"}});
  REQUIRE(p);
  CHECK(p->text == "<bos>3 beds, <s>");
  const auto from_text = made->render_json(R"({"garden": {"beds": 3}, "end": "<s>"})");
  REQUIRE(from_text);
  CHECK((from_text->text == p->text && from_text->tokens == p->tokens));
  CHECK(made->render_json(R"({"bos_token": "", "garden": {"beds": 4}})")->text == "4 beds, ");
  for (const char* bad : {"", "[]", "3", "{\"garden\": }"}) {
    const auto r = made->render_json(bad);
    REQUIRE_FALSE(r);
    CHECK(r.error().code == errc::bad_argument);
  }
  CHECK(made->render_json("{\"x\": " + std::string(300, '[') + std::string(300, ']') + "}").error().code ==
        errc::limit);
}
