// A program that was written against the DeepSeek API, with its transport exchanged: the same JSON, no socket.
//   example_10_api model.gguf
#include <retort/retort.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  auto model = retort::model::load(argc > 1 ? argv[1] : "models/drop.gguf");
  if (!model) return std::puts(model.error().what.c_str()), 1;
  auto api = retort::completions::make(*model, {.session = {.context = 512}}).value();

  // before: response = http_post("https://api.deepseek.com/chat/completions", request);
  const std::string request = R"({"model": "deepseek-reasoner", "temperature": 0,
    "messages": [{"role": "user", "content": "What is 478 + 256?"}]})";
  const auto response = nlohmann::json::parse(api.complete(request));
  const auto& message = response["choices"][0]["message"];
  std::printf("thought: %s\nanswer: %s\n", message["reasoning_content"].get<std::string>().c_str(),
              message["content"].get<std::string>().c_str());
  std::printf("usage: %s\n", response["usage"].dump().c_str());

  std::printf("streamed: ");
  api.stream(request, [](std::string_view chunk) {
    const auto delta = nlohmann::json::parse(chunk)["choices"][0]["delta"];
    if (delta.contains("content") && delta["content"].is_string())
      std::printf("%s", delta["content"].get<std::string>().c_str());
    return retort::flow::go_on;
  });
  int status = 0;
  const std::string refused = api.complete(R"({"messages": []})", retort::endpoint::chat_completions, &status);
  std::printf("\na bad request gets status %d: %s\n", status, refused.c_str());
}
