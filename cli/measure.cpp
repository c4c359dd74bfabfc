// logits, greedy, perplexity, dequant: what the library computes, as plain data.
#include "commands.hpp"
#include "json.hpp"

#include <retort/tensor/blocks.hpp>

#include <algorithm>
#include <cmath>

namespace cli {

using retort::errc;
using retort::error;
using retort::result;

int logits(const common_options& o, const std::string& tokens_file, bool last, const std::string& out) {
  CLI_TRY(const std::vector<retort::token> tokens, read_tokens(tokens_file));
  CLI_TRY(engine e, start(o, retort::cache_type::f32));
  if (e.options.context < tokens.size()) e.options.context = tokens.size();
  CLI_TRY(out_file file, out_file::create(out));
  const auto put = [&file](std::span<const float> row) { file.write(row.data(), row.size_bytes()); };
  if (!last) e.options.on_logits = [&](std::size_t, std::span<const float> row) { put(row); };
  CLI_TRY(retort::session s, retort::session::make(e.model, e.options));
  CLI_CHECK(s.sync(tokens));
  CLI_CHECK(s.step());
  if (last) put(s.logits());
  CLI_CHECK(file.close());
  return 0;
}

int greedy(const common_options& o, const std::string& tokens_file, std::size_t n) {
  CLI_TRY(const std::vector<retort::token> tokens, read_tokens(tokens_file));
  CLI_TRY(engine e, start(o, retort::cache_type::f32));
  e.options.context = std::max(e.options.context, tokens.size() + n);
  CLI_TRY(retort::session s, retort::session::make(e.model, e.options));
  CLI_CHECK(s.sync(tokens));
  json ids = json::array();
  for (std::size_t i = 0; i < n; ++i) {
    CLI_CHECK(s.step());
    const auto row = s.logits();
    const auto next = static_cast<retort::token>(std::max_element(row.begin(), row.end()) - row.begin());
    ids.push_back(next);
    if (i + 1 < n) CLI_CHECK(s.push(next));
  }
  say(dump(ids) + "\n");
  return 0;
}

int perplexity(const common_options& o, const std::string& tokens_file, const std::string& out) {
  CLI_TRY(const std::vector<retort::token> tokens, read_tokens(tokens_file));
  if (tokens.size() < 2) return fail({errc::bad_argument, "perplexity needs at least two tokens"});
  CLI_TRY(engine e, start(o, retort::cache_type::f32));
  e.options.context = std::max(e.options.context, tokens.size());
  std::vector<float> nll;
  double sum = 0;
  e.options.on_logits = [&](std::size_t position, std::span<const float> row) {
    if (position + 1 >= tokens.size()) return;
    const float best = *std::max_element(row.begin(), row.end());
    double total = 0;
    for (float x : row) total += std::exp(static_cast<double>(x) - static_cast<double>(best));
    const double chosen = static_cast<double>(row[static_cast<std::size_t>(tokens[position + 1])]);
    const double loss = static_cast<double>(best) + std::log(total) - chosen;
    nll.push_back(static_cast<float>(loss));
    sum += loss;
  };
  CLI_TRY(retort::session s, retort::session::make(e.model, e.options));
  CLI_CHECK(s.sync(tokens));
  CLI_CHECK(s.step());
  if (!out.empty()) CLI_CHECK(write_bytes(out, nll.data(), nll.size() * sizeof(float)));
  const double mean = sum / static_cast<double>(nll.size());
  const json j = {{"tokens", tokens.size()}, {"nll_mean", mean}, {"perplexity", std::exp(mean)}};
  say(dump(j) + "\n");
  return 0;
}

int dequant(const std::string& type_name, const std::string& in, const std::string& out) {
  CLI_TRY(const retort::dtype type, retort::dtype_by_name(type_name));
  CLI_TRY(const std::string blocks, read_text(in, std::size_t{1} << 30));
  const auto& t = retort::traits(type);
  if (blocks.empty() || blocks.size() % t.bytes)
    return fail({errc::bad_file, in + ": " + std::to_string(blocks.size()) + " bytes are no whole blocks of " +
                                     std::to_string(t.bytes)});
  std::vector<float> values(blocks.size() / t.bytes * t.block);
  retort::dequantize(type, reinterpret_cast<const std::byte*>(blocks.data()), values.size(), values.data());
  CLI_CHECK(write_bytes(out, values.data(), values.size() * sizeof(float)));
  return 0;
}

}  // namespace cli
