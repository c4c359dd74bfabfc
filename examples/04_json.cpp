// An offer as JSON that always parses: the schema leaves the model no way to write anything else.
//   example_04_json model.gguf
#include <retort/retort.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>

constexpr const char* schema = R"({
  "type": "object",
  "properties": {
    "item":   {"enum": ["lantern", "rope", "boots", "map"]},
    "price":  {"type": "integer", "minimum": 1, "maximum": 99},
    "mood":   {"enum": ["friendly", "gruff", "sly"]},
    "remark": {"type": "string", "maxLength": 40}
  },
  "required": ["item", "price", "mood"], "additionalProperties": false
})";

int main(int argc, char** argv) {
  auto model = retort::model::load(argc > 1 ? argv[1] : "models/drop.gguf");
  if (!model) return std::puts(model.error().what.c_str()), 1;
  auto offer = retort::constraint::json_schema(*model, schema);  // compiled once, shared by all chats
  if (!offer) return std::puts(offer.error().what.c_str()), 1;

  retort::chat_options options{.session = {.context = 512}, .how = {.temperature = 1.2f, .seed = 7}};
  options.max_tokens = 160;  // near the limit the answer is steered to its end: never cut, never stuck
  options.max_thought = 60;
  options.shape = *offer;
  auto chat = retort::chat::make(*model, options).value();
  for (int i = 0; i < 3; ++i) {
    auto reply = chat.ask("A merchant greets you. What is on offer?");
    if (!reply) return std::puts(reply.error().what.c_str()), 1;
    const auto json = nlohmann::json::parse(reply->answer);  // cannot fail
    std::printf("%s for %d coins (%s)\n", json["item"].get<std::string>().c_str(), json["price"].get<int>(),
                json["mood"].get<std::string>().c_str());
    chat.clear();
  }
}
