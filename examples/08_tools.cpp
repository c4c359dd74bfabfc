// A model that calls a C++ function: the arguments come parsed and checked, the result goes back into the answer.
//   example_08_tools model.gguf
#include <retort/retort.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>

// The model that ships with Retort was not taught tools, so this example brings a template that shows it the result;
// a model that knows tools needs none of that.
constexpr const char* with_tools =
    "{% for m in messages %}{% if m.role == 'tool' %}<tool_call>{{ m.content }}{% endif %}"
    "{% if m.role == 'user' %}{{ m.content }}\n{% endif %}{% endfor %}";

int main(int argc, char** argv) {
  auto model = retort::model::load(argc > 1 ? argv[1] : "models/drop.gguf");
  if (!model) return std::puts(model.error().what.c_str()), 1;

  retort::tool stock;
  stock.name = "count_items";
  stock.description = "How many of a thing are in the store.";
  stock.parameters = R"({"type": "object", "properties": {"thing": {"enum": ["pens", "apples", "books"]},
                         "shelf": {"type": "integer", "minimum": 1, "maximum": 9}}, "required": ["thing", "shelf"]})";
  stock.call = [](std::string_view arguments) -> retort::result<std::string> {
    const auto a = nlohmann::json::parse(arguments);  // satisfies the schema
    return "{\"count\": " + std::to_string(a["shelf"].get<int>() * 12) + "}";
  };

  retort::chat_options options{.session = {.context = 512}, .how = {.temperature = 0}, .max_tokens = 120};
  options.tools = {stock};
  options.use = retort::tool_use::must;  // a call first, then the answer; may: as the model likes
  options.chat_template = with_tools;
  auto chat = retort::chat::make(*model, options).value();
  auto reply = chat.ask("How many pens are in the store?");
  if (!reply) return std::puts(reply.error().what.c_str()), 1;
  for (const auto& c : reply->calls)
    std::printf("%s(%s) -> %s\n", c.name.c_str(), c.arguments.c_str(), c.result.c_str());
  std::printf("answer: %s\n", reply->answer.c_str());
  return reply->calls.empty() ? 1 : 0;
}
