// api: the DeepSeek API over lines of JSON, for whoever wants to see it work without writing a program.
#include "commands.hpp"

#include <nlohmann/json.hpp>

#include <iostream>

namespace cli {
namespace {

using json = nlohmann::ordered_json;

void put_line(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

retort::endpoint endpoint_of(const std::string& path) {
  const auto ends = [&path](std::string_view with) { return path.size() >= with.size() && path.ends_with(with); };
  if (ends("/models")) return retort::endpoint::models;
  if (ends("/chat/completions")) return retort::endpoint::chat_completions;
  return ends("/completions") ? retort::endpoint::completions : retort::endpoint::chat_completions;
}

/// A request a line; with envelopes {"path": .., "body": ..} in and {"status": .., "body" or "chunk": ..} out,
/// {"done": true} after the last chunk, as a transport needs it.
void answer(retort::completions& c, const std::string& line, bool envelopes) {
  std::string body = line;
  retort::endpoint to = retort::endpoint::chat_completions;
  bool stream = false;
  const json in = json::parse(line, nullptr, false);
  const json* request = &in;
  if (envelopes && in.is_object() && in.contains("body")) {
    if (in.contains("path") && in["path"].is_string()) to = endpoint_of(in["path"].get<std::string>());
    request = &in["body"];
    body = request->dump(-1, ' ', false, json::error_handler_t::replace);
  }
  if (request->is_object() && request->contains("stream")) stream = (*request)["stream"] == true;
  int status = 0;
  std::string out;
  if (stream) {
    out = c.stream(body, [&](std::string_view chunk) {
      put_line(envelopes ? "{\"status\":200,\"chunk\":" + std::string(chunk) + "}" : std::string(chunk));
      return retort::flow::go_on;
    }, to, &status);
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
