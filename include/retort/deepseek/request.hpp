// Requests of the DeepSeek API: from JSON to fields that can be trusted.
#pragma once

#include <retort/api.hpp>
#include <retort/reply/shape.hpp>
#include <retort/text/json_reader.hpp>

#include <cmath>
#include <map>

RETORT_BEGIN
namespace detail::api {

/// What a refused request is told; to_json() is the body.
struct refusal {
  int status = 400;  ///< as HTTP would have it
  std::string message, type = "invalid_request_error";
  std::string param{};  ///< the field concerned; empty = none
  std::string code = "invalid_request_error";

  [[nodiscard]] json to_json() const {
    return {{"error",
             {{"message", message}, {"type", type}, {"param", param.empty() ? json() : json(param)}, {"code", code}}}};
  }
};

/// The refusal for an error of the library.
inline refusal refusal_of(const error& e) {
  switch (e.code) {
    case errc::full: return {400, e.what, "invalid_request_error", "messages", "context_length_exceeded"};
    case errc::bad_template:
    case errc::limit: return {400, "the messages cannot be rendered: " + e.what, "invalid_request_error", "messages"};
    case errc::unsupported:
    case errc::bad_grammar:
    case errc::bad_argument:
    case errc::missing: return {400, e.what};
    case errc::no_memory: return {503, e.what, "server_error", {}, "insufficient_system_resource"};
    case errc::cancelled: return {503, e.what, "server_error", {}, "aborted"};
    case errc::busy: return {429, e.what, "rate_limit_error", {}, "rate_limit_reached"};
    default: return {500, e.what, "server_error", {}, "internal_error"};
  }
}

/// Reads fields of a JSON object; remembers the first that is wrong and goes on.
class field_reader {
 public:
  explicit field_reader(const json& of) : of_(of) {}

  [[nodiscard]] const std::optional<refusal>& wrong() const noexcept { return wrong_; }
  void refuse(std::string param, std::string what, int status = 400) {
    if (!wrong_) wrong_ = refusal{status, std::move(what), "invalid_request_error", std::move(param)};
  }

  /// The field, or nullptr where it is absent or null.
  [[nodiscard]] const json* find(const char* name) const {
    const json* const at = of_.find(name);
    return at && !at->is_null() ? at : nullptr;
  }
  std::optional<double> number(const char* name, double low, double high) {
    const json* j = find(name);
    if (!j) return std::nullopt;
    const double x = j->is_number() ? j->get<double>() : NAN;
    if (x >= low && x <= high) return x;
    refuse(name, std::string(name) + " must be a number from " + shortest(low) + " to " + shortest(high), 422);
    return std::nullopt;
  }
  std::optional<std::uint64_t> integer(const char* name, std::uint64_t low, std::uint64_t high) {
    const json* j = find(name);
    if (!j) return std::nullopt;
    if (j->is_number_unsigned()) {
      const auto x = j->get<std::uint64_t>();
      if (x >= low && x <= high) return x;
    }
    refuse(name, std::string(name) + " must be an integer from " + std::to_string(low) + " to " + std::to_string(high),
           422);
    return std::nullopt;
  }
  /// The same, where -1 stands for `all`.
  std::optional<std::uint64_t> count(const char* name, std::uint64_t high, std::uint64_t all) {
    const json* j = find(name);
    return j && *j == -1 ? std::optional(all) : integer(name, 0, high);
  }
  std::optional<bool> boolean(const char* name) {
    const json* j = find(name);
    if (!j) return std::nullopt;
    if (j->is_boolean()) return j->get<bool>();
    refuse(name, std::string(name) + " must be true or false", 422);
    return std::nullopt;
  }
  std::optional<std::string> text(const char* name) {
    const json* j = find(name);
    if (!j) return std::nullopt;
    if (j->is_string()) return j->get<std::string>();
    refuse(name, std::string(name) + " must be a string", 422);
    return std::nullopt;
  }
  /// A field that is an object; an empty one where it is absent.
  const json& object(const char* name) {
    static const json none = json::object();
    const json* j = find(name);
    if (j && j->is_object()) return *j;
    if (j) refuse(name, std::string(name) + " must be an object", 422);
    return none;
  }

 private:
  static std::string shortest(double x) {
    return dump(x == std::floor(x) ? json(static_cast<std::int64_t>(x)) : json(x));
  }
  const json& of_;
  std::optional<refusal> wrong_;
};

/// What both endpoints share.
struct request {
  std::string model;  ///< as it was asked for; echoed
  std::string owner;  ///< user_id: whose remembered beginnings may be used
  std::optional<double> temperature, top_p;
  sampling how;  ///< the rest of the sampling fields
  std::size_t max_tokens = 0;
  std::vector<std::string> stop;
  bool stream = false, stream_usage = false;
  std::optional<std::size_t> n_top;   ///< logprobs are wanted, with so many alternatives
  std::vector<std::string> breakers;  ///< texts no repetition goes on across
};
/// A window that is as long as the context, in sampling's settings.
inline constexpr std::size_t whole_context = ~std::size_t{0};

struct chat_request : request {
  enum class format { text, object, schema };
  enum class choice { none, automatic, required, named };
  json messages;            ///< as templates take them; without the prefix message
  bool has_prefix = false;  ///< the last message is to be continued
  std::string prefix, prefix_thought;
  bool has_prefix_thought = false;
  bool thinking = true;
  std::string effort;        ///< "none", "low", "high", "max" or empty
  std::string asked_effort;  ///< as it was asked for
  std::size_t max_thought = 0;
  json variables = json::object();  ///< more of them, for the template
  format answer_as = format::text;
  std::string schema;  ///< of the answer
  json tools = json::array();
  choice use = choice::none;
  std::string function;  ///< the one that must be called
  bool strict = false;   ///< some tool's schema binds
  bool one_call = false;
};

struct fim_request : request {
  std::string prompt;
  std::optional<std::string> suffix;
  bool echo = false;
};

/// What the service knows.
inline void read_common(field_reader& r, request& q) {
  q.model = r.text("model").value_or("");
  q.owner = r.text("user_id").value_or("");
  if (q.owner.size() > 512) r.refuse("user_id", "user_id has at most 512 bytes", 422);
  q.temperature = r.number("temperature", 0, 2);
  q.top_p = r.number("top_p", 0, 1);
  q.how.presence_penalty = static_cast<float>(r.number("presence_penalty", -2, 2).value_or(0));
  q.how.frequency_penalty = static_cast<float>(r.number("frequency_penalty", -2, 2).value_or(0));
  q.max_tokens = r.integer("max_tokens", 1, 1u << 30).value_or(0);
  q.stream = r.boolean("stream").value_or(false);
  if (r.find("stream_options")) {
    if (!q.stream) r.refuse("stream_options", "stream_options needs stream: true");
    field_reader options(r.object("stream_options"));
    q.stream_usage = options.boolean("include_usage").value_or(false);
    if (options.wrong()) r.refuse("stream_options.include_usage", options.wrong()->message, 422);
  }
  if (const json* stop = r.find("stop")) {
    const json all = stop->is_string() ? json::array({*stop}) : *stop;
    if (!all.is_array() || all.size() > 16) {
      r.refuse("stop", "stop must be a string or an array of at most 16 strings", 422);
    } else {
      for (const json& s : all) {
        if (!s.is_string()) return r.refuse("stop", "stop must be a string or an array of at most 16 strings", 422);
        if (!s.text().empty()) q.stop.push_back(s.get<std::string>());
      }
    }
  }
}

/// More ways to sample, under the names of llama.cpp's server.
inline void read_samplers(field_reader& r, request& q) {
  const auto number = [&r](const char* name, double low, double high, float otherwise) {
    return static_cast<float>(r.number(name, low, high).value_or(static_cast<double>(otherwise)));
  };
  sampling& s = q.how;
  s.seed = r.integer("seed", 0, ~std::uint64_t{0}).value_or(0);
  s.top_k = r.count("top_k", 1u << 30, 0).value_or(0);
  s.min_p = number("min_p", 0, 1, 0);
  s.repetition_penalty = number("repetition_penalty", 0.01, 100, number("repeat_penalty", 0.01, 100, 1));
  s.penalty_window = r.count("repeat_last_n", 1u << 30, whole_context).value_or(s.penalty_window);
  s.typical_p = number("typical_p", 0, 1, 1);
  s.top_n_sigma = std::max(number("top_n_sigma", -1, 1000, 0), 0.0f);
  s.xtc = {number("xtc_probability", 0, 1, 0), number("xtc_threshold", 0, 1, s.xtc.threshold)};
  s.dynamic = {number("dynatemp_range", 0, 100, 0), number("dynatemp_exponent", 0, 100, 1)};
  s.dry.multiplier = number("dry_multiplier", 0, 100, 0);
  s.dry.base = number("dry_base", 1, 100, s.dry.base);
  s.dry.allowed = r.integer("dry_allowed_length", 0, 1u << 20).value_or(s.dry.allowed);
  s.dry.window = r.count("dry_penalty_last_n", 1u << 20, whole_context).value_or(whole_context);
  const auto mirostat = r.integer("mirostat", 0, 2).value_or(0);
  if (mirostat == 1) r.refuse("mirostat", "mirostat must be 0 or 2", 422);
  s.mirostat = {number("mirostat_tau", 0, 100, 5), number("mirostat_eta", 0, 1, s.mirostat.eta)};
  if (mirostat == 0) s.mirostat.tau = 0;
  q.breakers = {"\n", ":", "\"", "*"};
  if (const json* texts = r.find("dry_sequence_breakers")) {
    q.breakers.clear();
    const bool good = texts->is_array() && texts->size() <= 64 &&
                      std::all_of(texts->begin(), texts->end(), [](const json& t) { return t.is_string() && t != ""; });
    if (!good) r.refuse("dry_sequence_breakers", "dry_sequence_breakers must be an array of at most 64 strings", 422);
    else
      for (const json& t : *texts) q.breakers.push_back(t.get<std::string>());
  }
  if (const json* names = r.find("samplers")) {
    using step = sampling_step;
    static const std::map<std::string, step> steps = {{"temperature", step::temperature},
                                                      {"top_n_sigma", step::top_n_sigma},
                                                      {"top_k", step::top_k},
                                                      {"typ_p", step::typical_p},
                                                      {"typical_p", step::typical_p},
                                                      {"min_p", step::min_p},
                                                      {"top_p", step::top_p},
                                                      {"xtc", step::xtc}};
    bool penalties = false, dry = false;
    for (const json& name : names->is_array() ? *names : json::array({nullptr})) {
      const auto at = name.is_string() ? steps.find(name.get<std::string>()) : steps.end();
      const bool is_first = name == "penalties" || name == "dry";
      if (!is_first && (at == steps.end() || std::count(s.order.begin(), s.order.end(), at->second)))
        return r.refuse("samplers",
                        "samplers must be an array of penalties, dry, temperature, top_n_sigma, top_k, typ_p, min_p, "
                        "top_p and xtc, each at most once",
                        422);
      if (!is_first) s.order.push_back(at->second);
      penalties = penalties || name == "penalties";
      dry = dry || name == "dry";
    }
    if (!dry) s.dry.multiplier = 0;
    if (!penalties) s.repetition_penalty = 1, s.presence_penalty = s.frequency_penalty = 0;
    if (s.order.empty()) s.order = {step::top_n_sigma}, s.top_n_sigma = 0;  // none at all: what does nothing
  }
}

/// What Retort knows beyond the service.
inline void read_more(field_reader& r, request& q) {
  read_samplers(r, q);
  if (q.max_tokens == 0) q.max_tokens = r.integer("max_completion_tokens", 1, 1u << 30).value_or(0);
  if (r.integer("n", 1, 128).value_or(1) != 1) r.refuse("n", "n must be 1", 422);
  if (const json* bias = r.find("logit_bias")) {
    if (!bias->is_object()) return r.refuse("logit_bias", "logit_bias must be an object of token ids and numbers", 422);
    for (const auto& [id, value] : bias->items()) {
      const bool digits = !id.empty() && id.size() < 9 && id.find_first_not_of("0123456789") == std::string::npos;
      const double x = value.is_number() ? value.get<double>() : NAN;
      if (!digits || !(x >= -100 && x <= 100))
        return r.refuse("logit_bias", "logit_bias must be an object of token ids and numbers from -100 to 100", 422);
      token t = 0;
      for (char c : id) t = 10 * t + (c - '0');
      q.how.logit_bias.emplace_back(t, static_cast<float>(x));
    }
  }
}

/// The text of a message's content: a string, or an array of text parts.
inline std::optional<std::string> read_content(field_reader& r, const json& content, const std::string& where) {
  if (content.is_string()) return content.get<std::string>();
  if (!content.is_array()) {
    r.refuse(where, where + " must be a string or an array of parts");
    return std::nullopt;
  }
  std::string all;
  for (const json& part : content) {
    const std::string type =
        part.is_object() && part.contains("type") && part["type"].is_string() ? part["type"].get<std::string>() : "";
    if (type != "text" || !part.contains("text") || !part["text"].is_string()) {
      r.refuse(where, type.empty() || type == "text"
                          ? where + " has a part that is no {\"type\": \"text\", \"text\": ..}"
                          : "content of type " + printable(type) + " is not supported: this model reads text");
      return std::nullopt;
    }
    all += part["text"].text();
  }
  return all;
}

/// tool_calls of an assistant's message, checked.
inline json read_calls(field_reader& r, const json& calls, const std::string& where) {
  json all = json::array();
  if (!calls.is_array()) r.refuse(where, where + " must be an array");
  for (const json& c : calls.is_array() ? calls : all) {
    const json* f = c.is_object() && c.contains("function") && c["function"].is_object() ? &c["function"] : nullptr;
    const bool good = f && c.contains("id") && c["id"].is_string() && f->contains("name") && (*f)["name"].is_string() &&
                      f->contains("arguments") && (*f)["arguments"].is_string();
    if (!good) {
      r.refuse(where, where +
                          " must hold {\"id\", \"type\": \"function\", \"function\": {\"name\", \"arguments\"}}, all "
                          "of them strings");
      return all;
    }
    all.push_back({{"id", c["id"]},
                   {"type", "function"},
                   {"function", {{"name", (*f)["name"]}, {"arguments", (*f)["arguments"]}}}});
  }
  return all;
}

inline void read_messages(field_reader& r, chat_request& q, bool hosted) {
  const json* messages = r.find("messages");
  if (!messages) return r.refuse("messages", "messages is required", 422);
  if (!messages->is_array() || messages->empty())
    return r.refuse("messages", "messages must be an array of at least one message");
  q.messages = json::array();
  for (std::size_t i = 0; i < messages->size() && !r.wrong(); ++i) {
    const std::string where = "messages[" + std::to_string(i) + "]";
    const json& m = (*messages)[i];
    if (!m.is_object()) return r.refuse(where, where + " must be an object");
    field_reader of(m);
    std::string role = of.text("role").value_or("");
    if (role == "developer") role = "system";
    if (role != "system" && role != "user" && role != "assistant" && role != "tool")
      return r.refuse(where + ".role", where + ".role must be system, user, assistant or tool");
    json out = {{"role", role}};
    const json* calls = of.find("tool_calls");
    if (calls && role != "assistant")
      return r.refuse(where + ".tool_calls", "only an assistant's message has tool_calls");
    if (const json* content = of.find("content")) {
      const auto text = read_content(r, *content, where + ".content");
      if (!text) return;
      out["content"] = *text;
    } else if (role != "assistant") {
      return r.refuse(where + ".content", where + ".content is required");
    } else {
      out["content"] = "";
    }
    const auto thought = of.text("reasoning_content");
    if (role == "tool") {
      const auto id = of.text("tool_call_id");
      if (!id)
        return r.refuse(where + ".tool_call_id", "a tool's message needs the tool_call_id of the call it answers");
      out["tool_call_id"] = *id;
    }
    if (const auto name = of.text("name")) out["name"] = *name;
    if (calls && !calls->empty()) {
      out["tool_calls"] = read_calls(r, *calls, where + ".tool_calls");
      // a thought is read again only where it led to calls
      if (thought) out["reasoning_content"] = *thought;
      if (!thought && hosted && q.thinking)
        r.refuse(where, "The `reasoning_content` in the thinking mode must be passed back to the API.");
    }
    const bool prefix = of.boolean("prefix").value_or(false);
    if (of.wrong()) return r.refuse(where + "." + of.wrong()->param, where + "." + of.wrong()->message);
    if (prefix && (role != "assistant" || i + 1 != messages->size()))
      return r.refuse(where + ".prefix", "prefix belongs to an assistant's message at the end");
    if (prefix) {
      q.has_prefix = true;
      q.prefix = out["content"].get<std::string>();
      q.has_prefix_thought = thought.has_value();
      q.prefix_thought = thought.value_or("");
    } else {
      q.messages.push_back(std::move(out));
    }
  }
  if (q.messages.empty() && !r.wrong())
    r.refuse("messages", "messages must hold more than the message to be continued");
}

inline void read_tools(field_reader& r, chat_request& q, bool hosted) {
  using choice = chat_request::choice;
  if (const json* tools = r.find("tools")) {
    if (!tools->is_array() || tools->size() > 128)
      return r.refuse("tools", "tools must be an array of at most 128 tools", 422);
    std::size_t n_strict = 0;
    for (std::size_t i = 0; i < tools->size(); ++i) {
      const std::string where = "tools[" + std::to_string(i) + "]";
      const json& t = (*tools)[i];
      if (!t.is_object() || !t.contains("function") || !t["function"].is_object() ||
          t.value("type", json("function")) != "function")
        return r.refuse(where, where + " must be {\"type\": \"function\", \"function\": {..}}", 422);
      field_reader f(t["function"]);
      const std::string name = f.text("name").value_or("");
      const bool strict = f.boolean("strict").value_or(false);
      (void)f.text("description");
      if (const json* p = f.find("parameters"); p && !p->is_object())
        f.refuse("parameters", "parameters must be a JSON schema", 422);
      if (f.wrong())
        return r.refuse(where + ".function." + f.wrong()->param, where + ".function." + f.wrong()->message, 422);
      if (!retort::detail::is_tool_name(name))
        return r.refuse(where + ".function.name", where + ".function.name must have 1 to 64 letters, digits, _ or -",
                        422);
      n_strict += strict;
      q.tools.push_back(t);
    }
    q.strict = n_strict > 0;
    if (hosted && n_strict != 0 && n_strict != tools->size())
      return r.refuse("tools", "either all functions are strict or none is");
  }
  q.use = q.tools.empty() ? choice::none : choice::automatic;
  const json* use = r.find("tool_choice");
  if (!use) return;
  if (use->is_object()) {
    field_reader f(field_reader(*use).object("function"));
    q.function = f.text("name").value_or("");
    q.use = choice::named;
    const bool known =
        std::any_of(q.tools.begin(), q.tools.end(), [&](const json& t) { return t["function"]["name"] == q.function; });
    if (!known) return r.refuse("tool_choice", "tool_choice names a function that is not among the tools");
  } else if (*use == "none") {
    q.use = choice::none;
  } else if (*use == "required") {
    q.use = choice::required;
  } else if (*use != "auto") {
    return r.refuse(
        "tool_choice",
        "tool_choice must be none, auto, required or {\"type\": \"function\", \"function\": {\"name\": ..}}", 422);
  }
  if (q.use != choice::none && q.tools.empty()) return r.refuse("tool_choice", "tool_choice needs tools");
  if (hosted && q.thinking && (q.use == choice::required || q.use == choice::named))
    r.refuse("tool_choice", "the thinking mode takes tool_choice none or auto only");
}

inline void read_thinking(field_reader& r, chat_request& q, bool hosted) {
  q.thinking = q.model != "deepseek-chat";
  if (!hosted) {
    q.variables = r.object("chat_template_kwargs");
    for (const char* name : {"enable_thinking", "thinking"})
      if (q.variables.contains(name) && q.variables[name].is_boolean()) q.thinking = q.variables[name].get<bool>();
  }
  if (r.find("thinking")) {
    field_reader f(r.object("thinking"));
    const std::string type = f.text("type").value_or("");
    if (type != "enabled" && type != "disabled") r.refuse("thinking", "thinking.type must be enabled or disabled", 422);
    q.thinking = type == "enabled";
    if (!hosted) q.max_thought = f.integer("budget_tokens", 1, 1u << 30).value_or(0);
    if (f.wrong()) r.refuse("thinking." + f.wrong()->param, "thinking." + f.wrong()->message, 422);
  }
  if (const auto effort = r.text("reasoning_effort")) {
    static const std::map<std::string, std::string> efforts = {
        {"none", "none"}, {"minimal", "low"}, {"low", "low"}, {"medium", "high"},
        {"high", "high"}, {"xhigh", "high"},  {"max", "max"}, {"ultra", "max"}};
    const auto at = efforts.find(*effort);
    if (at == efforts.end()) return r.refuse("reasoning_effort", "reasoning_effort must be low, high or max", 422);
    if (at->second == "none") q.thinking = false;
    q.effort = at->second;
    q.asked_effort = *effort;
  }
}

/// Whether some message has the word JSON, in capitals or not.
inline bool says_json(const json& messages) {
  const auto same = [](char a, char b) { return (a | 0x20) == b; };
  return std::any_of(messages.begin(), messages.end(), [&](const json& m) {
    const std::string_view text = m["content"].text();
    constexpr std::string_view word = "json";
    return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
  });
}

inline void read_format(field_reader& r, chat_request& q, bool hosted) {
  if (!r.find("response_format")) return;
  field_reader f(r.object("response_format"));
  const std::string type = f.text("type").value_or("");
  if (type == "json_object") {
    q.answer_as = chat_request::format::object;
    if (hosted && !says_json(q.messages))
      r.refuse("response_format",
               "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.");
  } else if (type == "json_schema") {
    const json& described = f.object("json_schema");
    if (!described.contains("schema") || !described["schema"].is_object())
      return r.refuse("response_format.json_schema", "response_format.json_schema needs a schema", 422);
    q.answer_as = chat_request::format::schema;
    q.schema = dump(described["schema"]);
  } else if (type != "text") {
    r.refuse("response_format", "response_format.type must be text, json_object or json_schema", 422);
  }
}

/// `hosted`: refuse what the hosted service refuses though Retort could do it, and ignore what it does not know.
inline std::optional<refusal> read_chat_request(const json& in, bool hosted, chat_request& q) {
  field_reader r(in);
  read_common(r, q);
  if (!hosted) {
    read_more(r, q);
    q.one_call = !r.boolean("parallel_tool_calls").value_or(true);
  }
  read_thinking(r, q, hosted);
  read_messages(r, q, hosted);
  read_tools(r, q, hosted);
  read_format(r, q, hosted);
  const bool logprobs = r.boolean("logprobs").value_or(false);
  const auto n_top = r.integer("top_logprobs", 0, 20);
  if (n_top && !logprobs) r.refuse("top_logprobs", "top_logprobs needs logprobs: true");
  if (logprobs) q.n_top = static_cast<std::size_t>(n_top.value_or(0));
  return r.wrong();
}

inline std::optional<refusal> read_fim_request(const json& in, bool hosted, fim_request& q) {
  field_reader r(in);
  read_common(r, q);
  if (!hosted) read_more(r, q);
  if (!r.find("prompt")) r.refuse("prompt", "prompt is required", 422);
  q.prompt = r.text("prompt").value_or("");
  q.suffix = r.text("suffix");
  q.echo = r.boolean("echo").value_or(false);
  if (const auto n = r.integer("logprobs", 0, 20)) q.n_top = static_cast<std::size_t>(*n);
  if (q.echo && q.n_top) r.refuse("echo", "echo and logprobs cannot be had together");
  return r.wrong();
}

}  // namespace detail::api
RETORT_END
