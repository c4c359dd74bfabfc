// Random schemas, and what tiny models write under them at temperature 1.5: one JSON line each,
//   {"schema": ..., "output": "..."}
// for a validator that knows nothing of Retort (validate.mjs).  usage: constraint_samples [n] [seed] >FILE
// Exit status 1 if an output was cut or stuck.
#include "grammar/random_schema.hpp"
#include "tiny/model.hpp"

#include <retort/retort.hpp>

#include <cstdio>

using namespace retort;

int main(int argc, char** argv) {
  const std::size_t n = argc > 1 ? std::stoul(argv[1]) : 1000;
  const std::uint64_t seed = argc > 2 ? std::stoul(argv[2]) : 1;
  random_schema schemas(seed);
  std::mt19937_64 random(seed);
  struct host {
    std::vector<std::byte> bytes;
    std::optional<model> m;
    std::optional<session> s;
  };
  std::vector<host> hosts(tiny::kinds.size());
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    hosts[i].bytes = tiny::make(tiny::kinds[i], dtype::f32, 1).bytes();
    hosts[i].m = model::view(hosts[i].bytes).value();
    session_options o;
    o.context = 2048;
    hosts[i].s = session::make(*hosts[i].m, o).value();
  }
  std::size_t n_bad = 0, n_tokens = 0;
  for (std::size_t i = 0; i < n; ++i) {
    host& h = hosts[i % hosts.size()];
    const auto schema = schemas.make();
    const auto c = constraint::json_schema(*h.m, schema.dump());
    if (!c) {
      std::fprintf(stderr, "%s\n%s\n", c.error().what.c_str(), schema.dump().c_str());
      return 2;
    }
    sampling how;
    how.temperature = 1.5f;
    how.top_p = 1;
    how.repetition_penalty = i % 3 == 0 ? 1.3f : 1.0f;
    how.min_p = i % 5 == 0 ? 0.05f : 0.0f;
    how.seed = i;
    sampler choose = sampler::make(how, h.m->info().n_vocab).value();
    matcher m(*c);
    // a limit between the least that will do and plenty
    const std::size_t least = c->impl()->grammar.costs[c->impl()->grammar.code.starts[0]] + 1;
    std::vector<token> timeline = h.m->bos(), written;
    bool ended = false;
    for (std::size_t left = least + random() % 160; left > 0 && !ended; --left) {
      h.s->sync(timeline).value();
      h.s->step().value();
      const token id = choose(h.s->logits(), timeline, m.allowed(left));
      if (!m.accept(id)) break;
      ended = h.m->is_end(id);
      if (ended) break;
      timeline.push_back(id);
      written.push_back(id);
    }
    n_bad += !ended || !m.complete();
    n_tokens += written.size();
    const std::string text = h.m->decode(written).value();
    const nlohmann::ordered_json line = {{"schema", schema}, {"output", text}, {"ended", ended}};
    std::printf("%s\n", line.dump().c_str());
  }
  std::fprintf(stderr, "%zu schemas, %zu tokens, %zu outputs cut or stuck\n", n, n_tokens, n_bad);
  return n_bad == 0 ? 0 : 1;
}
