// api: the DeepSeek API over lines of JSON, for whoever wants to see it work without writing a program.
#include "commands.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <optional>

namespace cli {
namespace {

using json = nlohmann::ordered_json;

void put_line(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

/// With or without /v1 or /beta in front.
std::optional<retort::endpoint> endpoint_of(std::string_view path) {
  if (path.ends_with("/models")) return retort::endpoint::models;
  if (path.ends_with("/chat/completions")) return retort::endpoint::chat_completions;
  if (path.ends_with("/completions")) return retort::endpoint::completions;
  return std::nullopt;
}

/// A request a line; with envelopes {"path": .., "body": ..} in and {"status": .., "body" or "chunk": ..} out,
/// {"done": true} after the last chunk, as a transport needs it.
void answer(retort::completions& c, const std::string& line, bool envelopes) {
  std::string body = line;
  retort::endpoint to = retort::endpoint::chat_completions;
  bool stream = false;
  const json in = json::parse(line, nullptr, false);
  const json* request = &in;
  if (envelopes) {
    const json path = in.is_object() && in.contains("path") ? in["path"] : json();
    const auto named = path.is_string() ? endpoint_of(path.get_ref<const std::string&>()) : std::nullopt;
    if (!named)
      return put_line(
          R"({"status":404,"body":{"error":{"message":"no such path","type":"invalid_request_error","param":null,"code":"not_found"}}})");
    to = *named;
    static const json none = json::object();
    request = in.contains("body") ? &in["body"] : &none;
    body = request->dump(-1, ' ', false, json::error_handler_t::replace);
  }
  if (request->is_object() && request->contains("stream")) stream = (*request)["stream"] == true;
  int status = 0;
  std::string out;
  if (stream) {
    out = c.stream(
        body,
        [&](std::string_view chunk) {
          put_line(envelopes ? "{\"status\":200,\"chunk\":" + std::string(chunk) + "}" : std::string(chunk));
          return retort::flow::go_on;
        },
        to, &status);
    if (out.empty()) return put_line(envelopes ? "{\"done\":true}" : "[DONE]");
  } else {
    out = c.complete(body, to, &status);
  }
  put_line(envelopes ? "{\"status\":" + std::to_string(status) + ",\"body\":" + out + "}" : out);
}

}  // namespace

int api(const common_options& o, bool hosted, bool envelopes, const std::string& template_file) {
  CLI_TRY(engine e, start(o, retort::cache_type::f16));
  retort::completions_options options;
  options.session = e.options;
  options.hosted = hosted;
  if (!template_file.empty()) {
    CLI_TRY(options.chat_template, read_text(template_file));
  }
  CLI_TRY(retort::completions c, retort::completions::make(e.model, options));
  for (std::string line; std::getline(std::cin, line);)
    if (!line.empty()) answer(c, line, envelopes);
  return 0;
}

}  // namespace cli
