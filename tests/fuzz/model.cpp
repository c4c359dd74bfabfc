// Whole models: a valid file of some kind with edits of its keys, its tensors and its bytes. It is refused, or it
// computes.
#include "fuzz/tiny.hpp"

#include <array>

using namespace retort;

namespace {

constexpr std::array types = {dtype::f32, dtype::f16, dtype::q8_0, dtype::q4_0, dtype::mxfp4};

const tiny::file& base(std::size_t kind, std::size_t type) {
  static std::array<std::optional<tiny::file>, tiny::kinds.size() * types.size()> all;
  auto& f = all[kind * types.size() + type];
  if (!f) f = tiny::make(fuzz::small(tiny::kinds[kind], types[type]));
  return *f;
}

/// Numbers at which something may tip.
std::uint64_t number(fuzz::reader& in) {
  const std::uint8_t how = in.byte();
  if (how < 128) return how;
  constexpr std::uint64_t edges[] = {
      ~std::uint64_t{0}, 1u << 31, (std::uint64_t{1} << 32) - 1, std::uint64_t{1} << 62, 1 << 16, 4096, 288, 64};
  return how < 160 ? edges[how % 8] + (how >> 3 & 1) : in.take<std::uint32_t>();
}

std::vector<std::byte> edited(fuzz::reader& in) {
  const std::size_t kind = in.byte() % tiny::kinds.size(), type = in.byte() % types.size();
  tiny::file f = base(kind, type);
  const auto n_edits = in.byte() % 8;
  for (int i = 0; i < n_edits && !in.empty(); ++i) {
    const std::uint8_t what = in.byte();
    const std::vector<std::string> keys = f.keys();
    const std::string key = keys[in.byte() % keys.size()];
    tiny::tensor& t = f.tensors[in.byte() % f.tensors.size()];
    switch (what % 9) {
      case 0: f.drop_key(key); break;
      case 1: f.put(key, gguf_writer::u32, static_cast<std::uint32_t>(number(in))); break;
      case 2: f.put(key, gguf_writer::u64, number(in)); break;
      case 3: f.put(key, gguf_writer::f32, std::bit_cast<float>(in.take<std::uint32_t>())); break;
      case 4: f.text(key, std::string(in.rest().substr(0, in.byte() % 32))); break;
      case 5:
        if (f.tensors.size() > 1) f.drop_tensor(t.name);
        break;
      case 6: t.dims[in.byte() % t.dims.size()] = number(in); break;
      case 7: t.type = static_cast<dtype>(in.byte() % 45); break;
      default: t.dims.resize(1 + in.byte() % 4, 1); break;
    }
  }
  std::vector<std::byte> bytes = f.bytes();
  const std::uint8_t cut = in.byte();
  if (cut >= 240) bytes.resize(bytes.size() * (cut - 240u) / 16);
  while (!in.empty() && !bytes.empty()) {
    const auto at = in.take<std::uint16_t>() % std::min<std::size_t>(bytes.size(), 20000);
    bytes[at] = static_cast<std::byte>(in.byte());
  }
  return bytes;
}

void use(const model& m) {
  const session_options o = fuzz::options(32);
  const auto quote = m.quote(o);
  const auto names = m.tensors();
  HOLDS(names);
  for (const std::string& name : *names) {
    const auto t = m.tensor(name);
    HOLDS(t);
    HOLDS(t->n_rows() != 0 || t->bytes.empty());
  }
  const auto ids = m.encode("the end <end>");
  if (ids) static_cast<void>(m.decode(*ids));
  auto s = session::make(m, o);
  if (!s) {
    HOLDS(!s.error().what.empty());
    return;
  }
  HOLDS(quote);
  const std::size_t n = m.info().n_vocab;
  std::vector<token> tokens = {0, 1, static_cast<token>(n - 1), 0, 0};
  if (n < 2) tokens = {0};
  HOLDS(s->sync(tokens));
  const auto done = s->step();
  HOLDS(done || !done.error().what.empty());
  if (!done) return;
  HOLDS(s->logits().size() == n);
  auto next = sampler::make({}, n);
  HOLDS(next);
  for (int i = 0; i < 3; ++i) {
    const token id = (*next)(s->logits(), s->tokens());
    HOLDS(id >= 0 && static_cast<std::size_t>(id) < n);
    HOLDS(s->push(id));
    if (!s->step()) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::reader in(data, size);
  const std::vector<std::byte> bytes = edited(in);
  const auto m = model::view(bytes, "fuzz");
  if (m) use(*m);
  else HOLDS(!m.error().what.empty());
  return 0;
}

fuzz::corpus fuzz::seeds() {
  corpus c;
  for (std::size_t kind = 0; kind < tiny::kinds.size(); ++kind) {
    const auto k = static_cast<char>(kind), t = static_cast<char>(kind % types.size());
    c.inputs.push_back({k, t});
    c.inputs.push_back({k, t, 2, 1, 5, 0, 3, 6, 0, 4, 1, '\x40'});
  }
  return c;
}
