// Schemas, and what tiny models write under them at temperature 1.5: one JSON line each,
//   {"schema": ..., "output": "...", "ended": true}
// for a validator that knows nothing of Retort (validate.mjs).
// usage: constraint_samples [n] [seed] >FILE      n random schemas
//        constraint_samples FILE [n] >FILE        the schemas of a file, one {"id": ..., "schema": ...} a line, n
//                                                 outputs of each; one that is refused: {"id", "schema", "error"}
// Exit status 1 if an output was cut or stuck, 2 if a random schema was refused.
#include "grammar/random_schema.hpp"
#include "tiny/model.hpp"

#include <retort/retort.hpp>

#include <cstdio>
#include <fstream>

using namespace retort;

namespace {

using json = nlohmann::ordered_json;

struct written {
  std::string text;
  std::size_t n_tokens = 0;
  bool ended = false;
};

/// The tiny models, one after another.
class writers {
 public:
  explicit writers(std::uint64_t seed) : hosts_(tiny::kinds.size()), random_(seed) {
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      hosts_[i].bytes = tiny::make(tiny::kinds[i], dtype::f32, 1).bytes();
      hosts_[i].m = model::view(hosts_[i].bytes).value();
      session_options o;
      o.context = 2048;
      hosts_[i].s = session::make(*hosts_[i].m, o).value();
    }
  }
  result<written> write(const std::string& schema) {
    const std::size_t i = n_written_++;
    host& h = hosts_[i % hosts_.size()];
    const auto c = constraint::json_schema(*h.m, schema);
    if (!c) return c.error();
    sampling how;
    how.temperature = 1.5f;
    how.top_p = 1;
    how.repetition_penalty = i % 3 == 0 ? 1.3f : 1.0f;
    how.min_p = i % 5 == 0 ? 0.05f : 0.0f;
    how.seed = i;
    sampler choose = sampler::make(how, h.m->info().n_vocab).value();
    matcher m = matcher::make(*c).value();
    // a limit between the least that will do and plenty
    std::vector<token> timeline, ids;
    if (const auto bos = h.m->bos()) timeline.push_back(*bos);
    written out;
    for (std::size_t left = m.n_needed() + random_() % 160; left > 0; --left) {
      h.s->sync(timeline).value();
      h.s->step().value();
      const token id = choose(h.s->logits(), timeline, m.allowed(left).value());
      if (!m.accept(id)) break;
      out.ended = h.m->is_end(id);
      if (out.ended) break;
      timeline.push_back(id);
      ids.push_back(id);
    }
    out.ended = out.ended && m.complete();
    out.text = h.m->decode(ids).value();
    out.n_tokens = ids.size();
    return out;
  }

 private:
  struct host {
    std::vector<std::byte> bytes;
    std::optional<model> m;
    std::optional<session> s;
  };
  std::vector<host> hosts_;
  std::mt19937_64 random_;
  std::size_t n_written_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "1000";
  const std::size_t second = argc > 2 ? std::stoul(argv[2]) : 1;
  const bool is_random = first.find_first_not_of("0123456789") == first.npos;
  std::vector<json> lines;
  if (is_random) {
    random_schema schemas(second);
    for (std::size_t i = std::stoul(first); i > 0; --i) lines.push_back({{"schema", schemas.make()}});
  } else {
    std::ifstream in(first);
    for (std::string line; std::getline(in, line);)
      for (std::size_t i = 0; i < second; ++i) lines.push_back(json::parse(line));
  }
  writers all(is_random ? second : 1);
  std::size_t n_bad = 0, n_refused = 0, n_tokens = 0;
  for (json& line : lines) {
    const auto w = all.write(line["schema"].dump());
    if (w) {
      line["output"] = w->text;
      line["ended"] = w->ended;
      n_bad += !w->ended;
      n_tokens += w->n_tokens;
    } else {
      line["error"] = w.error().what;
      ++n_refused;
      if (is_random) std::fprintf(stderr, "%s\n%s\n", w.error().what.c_str(), line["schema"].dump().c_str());
    }
    std::printf("%s\n", line.dump().c_str());
  }
  std::fprintf(stderr, "%zu schemas, %zu refused, %zu tokens, %zu outputs cut or stuck\n", lines.size(), n_refused,
               n_tokens, n_bad);
  return is_random && n_refused > 0 ? 2 : n_bad > 0;
}
