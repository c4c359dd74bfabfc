// api: the DeepSeek API over lines of JSON, for whoever wants to see it work without writing a program.
#include "commands.hpp"
#include "json.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <deque>
#include <iostream>
#include <optional>
#include <utility>
#if !defined(_WIN32)
#include <poll.h>
#include <unistd.h>
#endif

namespace cli {
namespace {

#if defined(_WIN32)
/// Standard input as lines. Here it is not known whether more has come, so it is not looked at while an answer is made.
class line_reader {
 public:
  std::optional<std::string> next(bool wait) {
    std::string line;
    return wait && std::getline(std::cin, line) ? std::optional(line) : std::nullopt;
  }
};
bool reader_has_gone() { return false; }
#else
/// Standard input as lines.
class line_reader {
 public:
  /// The next one, or nothing: at the end, or where none has come yet and `wait` is false.
  std::optional<std::string> next(bool wait) {
    for (;;) {
      if (const std::size_t end = held_.find('\n', looked_at_); end != std::string::npos) {
        std::string line = held_.substr(0, end);
        held_.erase(0, end + 1);
        looked_at_ = 0;
        return line;
      }
      looked_at_ = held_.size();
      if (ended_) return held_.empty() ? std::nullopt : std::optional(std::exchange(held_, {}));
      pollfd in{0, POLLIN, 0};
      if (!wait && poll(&in, 1, 0) <= 0) return std::nullopt;
      char buffer[65536];
      const ssize_t n = read(0, buffer, sizeof buffer);
      if (n > 0) held_.append(buffer, static_cast<std::size_t>(n));
      else if (n == 0 || errno != EINTR) ended_ = true, looked_at_ = 0;
    }
  }

 private:
  std::string held_;
  std::size_t looked_at_ = 0;
  bool ended_ = false;
};
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
    while (!has_failed_) {
      std::optional<std::string> line;
      if (waiting_.empty()) {
        line = in_.next(true);
        if (!line) return 0;
        if (is_cancel(*line)) continue;
      } else {
        line = std::move(waiting_.front());
        waiting_.pop_front();
      }
      if (!line->empty()) answer(*line);
    }
    return fail({retort::errc::io, "the output cannot be written any more"});
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
      waiting_.erase(w);
      put(*id, 503, "body", dump(error_of("the request was cancelled", "server_error", "aborted")));
      return true;
    }
    return true;
  }

  void answer(const std::string& line) {
    json in = parsed(line), body = json::object();
    std::string text = line;
    retort::endpoint to = retort::endpoint::chat_completions;
    id_ = answer_id_ = nullptr;
    if (in.is_object() && in.contains("id")) id_ = in["id"];
    if (envelopes_) {
      const json path = in.is_object() && in.contains("path") ? in["path"] : json();
      if (in.is_object() && in.contains("body")) body = std::move(in["body"]);
      const auto named = path.is_string() ? endpoint_of(path.text(), body) : std::nullopt;
      if (!named) return put(id_, 404, "body", dump(error_of("no such path", "invalid_request_error", "not_found")));
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
        return has_failed_ ? retort::flow::stop : retort::flow::go_on;
      };
    api_.begin(text, to, each);
    while (api_.step(std::chrono::milliseconds(20)) == retort::status::running) {
      if (reader_has_gone()) has_failed_ = true;
      if (has_failed_) return;
      while (waiting_.size() < most_waiting) {
        const auto more = in_.next(false);
        if (!more) break;
        if (!is_cancel(*more)) waiting_.push_back(std::move(*more));
      }
    }
    int status = 0;
    const std::string out = api_.take(&status);
    if (!out.empty()) put(id_, status, "body", out);
    else if (!envelopes_) put_line("[DONE]");
    else put_line(id_.is_null() ? "{\"done\":true}" : "{\"id\":" + dump(id_) + ",\"done\":true}");
    id_ = answer_id_ = nullptr;
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
  void put_line(const std::string& line) {
    const bool put = std::fwrite(line.data(), 1, line.size(), stdout) == line.size() &&
                     std::fputc('\n', stdout) != EOF && std::fflush(stdout) == 0;
    has_failed_ = has_failed_ || !put;
  }

  static constexpr std::size_t most_waiting = 1024;
  retort::completions& api_;
  const bool envelopes_;
  line_reader in_;
  std::deque<std::string> waiting_;
  json id_, answer_id_;  // of the request at work, and what the answer calls itself
  bool has_failed_ = false;
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
