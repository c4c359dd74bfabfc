// inspect: what a model file holds, how it will be computed, what it will need.
#include "commands.hpp"
#include "json.hpp"

namespace cli {

int inspect(const common_options& o, bool as_json, std::size_t context) {
  CLI_TRY(const retort::model m, load(o));
  const retort::model_info& i = m.info();
  retort::session_options options;
  options.context = context;
  options.cache = cache_of(o.cache, retort::cache_type::f16);
  CLI_TRY(const retort::memory_quote quote, m.quote(options));
  if (as_json) {
    const json j = {
        {"name", i.name},
        {"architecture", i.architecture},
        {"summary", i.summary},
        {"types", i.types},
        {"parameters", i.n_parameters},
        {"active_parameters", i.n_active_parameters},
        {"bytes_tensors", i.bytes_tensors},
        {"bytes_read_per_token", i.bytes_active},
        {"bytes_owned", i.bytes_owned},
        {"layers", i.n_layers},
        {"dim", i.dim},
        {"heads", i.n_heads},
        {"heads_kv", i.n_heads_kv},
        {"experts", i.n_experts},
        {"experts_used", i.n_experts_used},
        {"vocabulary", i.n_vocab},
        {"trained_context", i.context_length},
        {"has_chat_template", !i.chat_template.empty()},
        {"session", {{"context", context}, {"bytes_cache", quote.cache}, {"bytes_workspace", quote.workspace}}}};
    say(dump(j) + "\n");
    return 0;
  }
  const auto mb = [](std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; };
  say(i.name + "\n" + i.summary + "\n");
  sayf("parameters     %.3f million, %.3f million used per token\n", mb(i.n_parameters), mb(i.n_active_parameters));
  say("element types  " + i.types + "\n");
  sayf("weights        %.2f MB mapped, %.2f MB of them read per token, %.2f MB made at load\n", mb(i.bytes_tensors),
       mb(i.bytes_active), mb(i.bytes_owned));
  sayf("context        trained for %zu tokens\n", i.context_length);
  sayf("a session      of %zu tokens takes %.2f MB: cache %.2f MB, workspace %.2f MB\n", context, mb(quote.total()),
       mb(quote.cache), mb(quote.workspace));
  sayf("chat template  %s\n", i.chat_template.empty() ? "none" : "yes");
  auto text = m.text();
  if (!text) say("tokenizer      none: " + text.error().what + "\n");
  return 0;
}

}  // namespace cli
