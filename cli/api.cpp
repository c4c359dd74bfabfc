// api: the DeepSeek API over lines of JSON, for whoever wants to see it work without writing a program.
#include "commands.hpp"
#include "json.hpp"

#include <chrono>
#include <csignal>
#include <deque>
#include <optional>
#include <utility>
#if !defined(_WIN32)
#include <poll.h>
#endif

namespace cli {
namespace {

#if defined(_WIN32)
bool reader_has_gone() { return false; }
#else
bool reader_has_gone() {
  pollfd out{1, 0, 0};
  return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}
#endif

/// A path with or without /v1 or /beta in front; what is asked for by name goes into `body`.
std::optional<retort::endpoint> endpoint_of(std::string_view path, json& body) {
  using retort::endpoint;
  path = path.substr(0, path.find('?'));
  if (const auto at = path.find("/models/"); at != std::string_view::npos) {
    body = {{"id", path.substr(at + 8)}};
    return endpoint::models;
  }
  if (path.ends_with("/models")) return endpoint::models;
  if (path.ends_with("/chat/completions")) return endpoint::chat_completions;
  if (path.ends_with("/completions")) return endpoint::completions;
  if (path.ends_with("/responses")) return endpoint::responses;
  if (path.ends_with("/messages")) return endpoint::messages;
  return std::nullopt;
}

json error_of(const char* message, const char* type, const char* code) {
  return {{"error", {{"message", message}, {"type", type}, {"param", nullptr}, {"code", code}}}};
}

/// A request a line; with envelopes {"path": .., "body": .., "id": ..} in and {"status": .., "body" or "chunk": ..}
/// out, with the same id, {"done": true} after the last chunk, as a transport needs it.
class line_server {
 public:
  line_server(retort::completions& c, bool envelopes) : api_(c), envelopes_(envelopes) {}

  int serve() {
    while (!is_lost()) {
      std::string line;
      if (waiting_.empty()) {
        if (broken_) return fail(*broken_);
        CLI_TRY(auto read, in_.next());
        if (!read) return 0;
        line = std::move(*read);
        if (is_cancel(line)) continue;
      } else {
        line = std::move(waiting_.front());
        waiting_bytes_ -= line.size();
        waiting_.pop_front();
      }
      if (!line.empty() && !answer(line)) break;
    }
    return 1;  // finish() tells what became of the output
  }

 private:
  static std::optional<json> cancelled(const std::string& line) {
    if (line.find("\"cancel\"") == std::string::npos) return std::nullopt;
    const json j = parsed(line);
    return j.is_object() && j.size() == 1 && j.contains("cancel") ? std::optional(j["cancel"]) : std::nullopt;
  }
  /// Whether the line is {"cancel": id}, which is of the request at work or of one that waits.
  bool is_cancel(const std::string& line) {
    const auto id = cancelled(line);
    if (!id) return false;
    if (!id->is_null() && (*id == id_ || *id == answer_id_)) {
      api_.cancel();
      return true;
    }
    for (auto w = waiting_.begin(); w != waiting_.end(); ++w) {
      const json request = parsed(*w);
      if (!request.is_object() || request.value("id", json()) != *id || id->is_null()) continue;
      waiting_bytes_ -= w->size();
      waiting_.erase(w);
      put(*id, 503, "body", dump(error_of("the request was cancelled", "server_error", "aborted")));
      return true;
    }
    return true;
  }

  /// False: nobody can read what would come next.
  bool answer(const std::string& line) {
    json in = parsed(line), body = json::object();
    std::string text = line;
    retort::endpoint to = retort::endpoint::chat_completions;
    id_ = answer_id_ = nullptr;
    if (in.is_object() && in.contains("id")) id_ = in["id"];
    if (envelopes_) {
      const json path = in.is_object() && in.contains("path") ? in["path"] : json();
      if (in.is_object() && in.contains("body")) body = std::move(in["body"]);
      const auto named = path.is_string() ? endpoint_of(path.text(), body) : std::nullopt;
      if (!named) {
        put(id_, 404, "body", dump(error_of("no such path", "invalid_request_error", "not_found")));
        return true;
      }
      to = *named;
      text = dump(body);
    } else {
      body = std::move(in);
    }
    retort::completions::on_chunk each;
    if (body.is_object() && body.contains("stream") && body["stream"] == true)
      each = [this](std::string_view chunk) {
        if (answer_id_.is_null()) answer_id_ = id_of(chunk);
        put(id_, 200, "chunk", chunk);
        return is_lost() ? retort::flow::stop : retort::flow::go_on;
      };
    if (const auto begun = api_.begin(text, to, each); !begun) {
      put(id_, 503, "body", dump(error_of(begun.error().what.c_str(), "server_error", "no_memory")));
      return true;
    }
    while (api_.step(std::chrono::milliseconds(20)) == retort::status::running) {
      if (is_lost() || reader_has_gone()) return false;
      read_on();
    }
    int status = 0;
    const std::string out = api_.take(&status);
    if (!out.empty()) put(id_, status, "body", out);
    else if (!envelopes_) put_line("[DONE]");
    else put_line(id_.is_null() ? "{\"done\":true}" : "{\"id\":" + dump(id_) + ",\"done\":true}");
    id_ = answer_id_ = nullptr;
    return true;
  }
  /// What has come meanwhile.
  void read_on() {
    while (!broken_ && waiting_.size() < most_waiting && waiting_bytes_ < most_text) {
      auto more = in_.next(false);
      if (!more) broken_ = more.error();
      if (!more || !*more) return;
      if (is_cancel(**more)) continue;
      waiting_bytes_ += (*more)->size();
      waiting_.push_back(std::move(**more));
    }
  }
  /// By which an answer calls itself.
  static json id_of(std::string_view chunk) {
    const json j = parsed(chunk);
    for (const char* inside : {"response", "message"})
      if (j.is_object() && j.contains(inside) && j[inside].is_object()) return j[inside].value("id", json());
    return j.is_object() ? j.value("id", json()) : json();
  }

  void put(const json& id, int status, const char* what, std::string_view value) {
    if (!envelopes_) return put_line(std::string(value));
    const std::string head = id.is_null() ? "{" : "{\"id\":" + dump(id) + ",";
    put_line(head + "\"status\":" + std::to_string(status) + ",\"" + what + "\":" + std::string(value) + "}");
  }
  static void put_line(const std::string& line) { say_now(line + "\n"); }

  static constexpr std::size_t most_waiting = 1024;
  retort::completions& api_;
  const bool envelopes_;
  line_reader in_;
  std::deque<std::string> waiting_;
  json id_, answer_id_;  // of the request at work, and what the answer calls itself
  std::size_t waiting_bytes_ = 0;
  std::optional<retort::error> broken_;  // the input, behind the lines that wait
};

}  // namespace

int api(const common_options& o, bool hosted, bool envelopes, const std::string& template_file) {
#if !defined(_WIN32)
  std::signal(SIGPIPE, SIG_IGN);
#endif
  CLI_TRY(engine e, start(o, retort::cache_type::f16));
  retort::completions_options options;
  options.session = e.options;
  options.hosted = hosted;
  if (!template_file.empty()) {
    CLI_TRY(options.chat_template, read_text(template_file));
  }
  CLI_TRY(retort::completions c, retort::completions::make(e.model, options));
  return line_server(c, envelopes).serve();
}

}  // namespace cli
