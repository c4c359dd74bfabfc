// The same work over and over, as a host has it for days: conversations with tools, shapes, forks and a context that
// is always full, requests of all forms, saved sessions, a prefix cache, threads, models that come and go. Whatever
// grows, shows.
//
// usage: soak [MINUTES] [--rounds N]
//   MINUTES   how long (1); what is measured in the first minute or tenth of it is not judged
//   --rounds  for the gate: so many rounds, of which the first three are not judged
// A round is the same each time, so after each of them there must be as much memory as after the one before.
#include "replaced_new.hpp"
#include "host.hpp"

#include <retort/base/threads.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

using namespace faults;

namespace {
std::atomic<std::ptrdiff_t> live_bytes{0}, live_blocks{0};
}
bool replaced_new::may_take(std::size_t) noexcept { return true; }
void replaced_new::taken(int blocks, std::size_t bytes) noexcept {
  live_blocks += blocks;
  live_bytes += blocks * static_cast<std::ptrdiff_t>(bytes);
}

namespace {

std::size_t n_calls = 0, n_wrong = 0;
template <class T>
T done(result<T> r) {
  ++n_calls;
  if (!r) std::printf("an error: %s\n", r.error().what.c_str()), ++n_wrong;
  return std::move(r).value();
}
void done(const result<void>& r) {
  ++n_calls;
  if (!r) std::printf("an error: %s\n", r.error().what.c_str()), ++n_wrong;
}

const char* const with_tools =
    "{# <tool_call> </think> #}{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}[{{ m.role }}]"
    "{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments | tojson }}"
    "{% endfor %}{% endfor %}[a]";
constexpr std::size_t questions_of_a_round = 12;

session_options small(counted_memory& memory, std::size_t context) {
  session_options o;
  o.context = context;
  o.chunk = 32;
  o.memory = &memory;
  return o;
}
tool weather() {
  tool t;
  t.name = "weather";
  t.parameters = R"({"type":"object","properties":{"day":{"enum":["mon","tue"]}},"required":["day"]})";
  t.call = [](std::string_view) -> result<std::string> { return std::string("rain"); };
  return t;
}

/// What lives all the time.
struct house {
  counted_memory memory;
  species& kind = all_species[0];
  model m = model::view(kind.file(), "soak").value();
  std::string file;
  prefix_cache prefixes = prefix_cache::make(m, 1 << 20, cache_type::f16, &memory).value();
  constraint shape =
      constraint::json_schema(m, R"({"type":"object","properties":{"a":{"enum":[1,2]}},"required":["a"]})").value();
  chat talk = make_talk();
  completions api = make_api();

  house()
      : file((std::filesystem::temp_directory_path() / ("soak-" + std::to_string(std::random_device{}()))).string()) {
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(kind.file().data()), static_cast<std::streamsize>(kind.file().size()));
  }
  house(const house&) = delete;
  house& operator=(const house&) = delete;
  ~house() { std::filesystem::remove(file); }

  chat make_talk() {
    chat_options o;
    o.session = small(memory, 700);
    o.session.prefixes = &prefixes;
    o.chat_template = with_tools;
    o.tools = {weather()};
    o.use = tool_use::must;
    o.max_rounds = 1;
    o.max_tokens = 60;
    o.reserve = 80;
    o.how.temperature = 0;
    o.when_full = overflow::drop_oldest;
    return chat::make(m, o).value();
  }
  completions make_api() {
    completions_options o;
    o.session = small(memory, 500);
    o.chat_template = with_tools;
    o.now = [] { return std::chrono::sys_seconds(std::chrono::seconds(1'000'000'000)); };
    return completions::make(m, o).value();
  }
};

/// A conversation that overflows its context, with what hosts do in between.
void converse(house& h) {
  h.talk.clear();
  for (std::size_t i = 0; i < questions_of_a_round; ++i) {
    const std::string text = "question " + std::to_string(i) + " about barley and rye";
    std::size_t n_pieces = 0;
    done(h.talk.ask(text, [&](const piece&) { return ++n_pieces == 40 && i == 3 ? flow::stop : flow::go_on; }));
    if (i == 3) done(h.talk.go_on());
    if (i % 4 == 1) done(h.talk.retry());
    auto other = done(h.talk.fork());
    other.shape(h.shape);
    auto j = done(other.begin("and what of oats?"));
    for (std::size_t n = 0; n < 20 * i && done(j.step(std::chrono::nanoseconds(0))) == status::running; ++n) {}
    if (i % 3 == 0) other.cancel();
    if (i % 3 == 1) (void)j.take();
  }
  const auto past = done(h.talk.history());
  done(h.talk.recall(done(messages_from_json(done(to_json(past))))));
}
/// Requests of every form, good, bad, and left in the middle; more schemas than are kept.
void serve(house& h) {
  const auto ask = [&](const std::string& text, endpoint to = endpoint::chat_completions) {
    ++n_calls;
    int status = 0;
    if (h.api.complete(text, to, &status).empty()) ++n_wrong;
  };
  for (std::size_t i = 0; i < 40; ++i)
    ask(R"({"messages":[{"role":"user","content":"x"}],"max_tokens":12,"seed":1,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{"a)" +
        std::to_string(i) + R"(":{"enum":[1,2]}},"additionalProperties":false}}}})");
  for (const char* who : {"one", "two"})
    ask(std::string(R"({"messages":[{"role":"user","content":"barley"}],"max_tokens":6,"seed":2,"user":")") + who +
        "\"}");
  ask(R"({"input":"barley","max_output_tokens":6,"temperature":0})", endpoint::responses);
  ask(R"({"messages":[{"role":"user","content":"x"}],"max_tokens":6,"temperature":0})", endpoint::messages);
  ask(R"({"prompt":"once","max_tokens":6,"seed":3})", endpoint::completions);
  ask("{}", endpoint::models);
  ask("[");
  ask(R"({"messages":[{"role":"user","content":")" + std::string(3000, 'x') + "\"}]}");
  const char* const streamed = R"({"messages":[{"role":"user","content":"rye"}],"max_tokens":20,"seed":2})";
  std::size_t n = 0;
  (void)h.api.stream(streamed, [&](std::string_view) { return ++n == 5 ? flow::stop : flow::go_on; });
  done(h.api.begin(streamed));
  for (int i = 0; i < 30; ++i) (void)h.api.step(std::chrono::nanoseconds(0));
  h.api.cancel();
  while (h.api.step(std::chrono::hours(1)) != status::done) {}
  (void)h.api.take();
}
/// Sessions on threads of their own, with a pool that comes and goes, and what they save.
void compute(house& h) {
  const auto pool = done(thread_pool::make(2));
  auto o = small(h.memory, 200);
  o.pool = pool.get();
  auto prefixes = done(prefix_cache::make(h.m, 1 << 20, cache_type::f16, &h.memory));
  o.prefixes = &prefixes;
  auto first = done(session::make(h.m, o));
  done(first.sync(tiny::tokens(150)));
  done(first.step());
  first.remember();
  const auto saved = done(first.save());
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&h, &saved, s = std::make_shared<session>(done(session::make(h.m, o))), i] {
      (void)s->restore(saved);
      (void)s->sync(tiny::tokens(static_cast<std::size_t>(100 + 30 * i), 2));
      (void)s->step(std::chrono::microseconds(100));
      auto twin = s->fork();
      if (twin) (void)twin->step();
      auto mine = matcher::make(h.shape);
      if (mine) (void)mine->allowed();
    });
  for (std::thread& t : threads) t.join();
  for (std::size_t kind = 0; kind < 4; ++kind) {  // models that come and go
    model_options how;
    how.memory = &h.memory;
    how.map = kind % 2 == 0;
    const model other = done(model::load(h.file, how));
    in_memory bytes(all_species[kind].file());
    const model third = done(model::read(bytes, how));
    auto s = done(session::make(third, small(h.memory, 64)));
    done(s.sync(tiny::tokens(40)));
    done(s.step());
  }
}
void round(house& h) {
  converse(h);
  serve(h);
  compute(h);
}

// ---- what there is

struct sample {
  double minutes = 0;
  double live = 0, blocks = 0, host = 0, resident = -1, descriptors = -1, threads = -1;
};
double count_of(const char* folder) {
  std::error_code e;
  double n = 0;
  for (auto it = std::filesystem::directory_iterator(folder, e); !e && it != std::filesystem::directory_iterator();
       it.increment(e))
    ++n;
  return e ? -1 : n;
}
sample look(const house& h, double minutes) {
  sample s{minutes, static_cast<double>(live_bytes), static_cast<double>(live_blocks),
           static_cast<double>(h.memory.bytes)};
  s.descriptors = count_of("/proc/self/fd");
  s.threads = count_of("/proc/self/task");
  std::ifstream in("/proc/self/statm");
  double size = 0, pages = 0;
  if (in >> size >> pages) s.resident = pages * 4096;
  return s;
}

/// By how much it grows in a minute: the slope of the line with the least squares.
double slope(const std::vector<sample>& all, double sample::* of) {
  double t = 0, y = 0, tt = 0, ty = 0;
  const double n = static_cast<double>(all.size());
  for (const sample& s : all) t += s.minutes / n, y += s.*of / n;
  for (const sample& s : all) tt += (s.minutes - t) * (s.minutes - t), ty += (s.minutes - t) * (s.*of - y);
  return tt > 0 ? ty / tt : 0;
}
/// Prints one line; false where it grows by more than `most` a minute, or changes at all where that is 0.
bool flat(const char* what, const std::vector<sample>& all, double sample::* of, double most) {
  if (all.front().*of < 0) {
    std::printf("%-34s skipped: there is no /proc/self here\n", what);
    return true;
  }
  const auto [least, largest] =
      std::minmax_element(all.begin(), all.end(), [&](const sample& a, const sample& b) { return a.*of < b.*of; });
  const double growth = slope(all, of);
  const bool good = most > 0 ? growth <= most : (*least).*of == (*largest).*of;
  std::printf("%-34s %14.0f to %.0f, %+.1f a minute%s\n", what, (*least).*of, (*largest).*of, growth,
              good ? "" : ": it must be flat");
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  double minutes = 1;
  std::size_t n_rounds = 0;
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]) == "--rounds" && i + 1 < argc)
      n_rounds = static_cast<std::size_t>(std::atoll(argv[++i]));
    else minutes = std::atof(argv[i]);
  std::setvbuf(stdout, nullptr, _IOLBF, 1 << 16);
  const auto begin = std::chrono::steady_clock::now();
  const auto passed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / 60;
  };
  for (species& s : all_species) (void)s.file();
  house h;
  std::vector<sample> seen;
  seen.reserve(1 << 16);  // what is measured must not be what measures
  const double warm = std::min(1.0, minutes / 10);
  std::size_t n = 0;
  for (; n_rounds ? n < n_rounds : passed() < minutes || seen.size() < 3; ++n) {
    round(h);
    if (seen.size() < seen.capacity() && (n_rounds ? n >= 3 : n >= 3 && passed() > warm))
      seen.push_back(look(h, passed()));
  }
  std::printf("%zu rounds, judged are the last %zu\n", n, seen.size());
  bool good = n_wrong == 0;
  good = flat("live bytes of operator new", seen, &sample::live, 0) && good;
  good = flat("live blocks of operator new", seen, &sample::blocks, 0) && good;
  good = flat("live bytes of the host's allocator", seen, &sample::host, 0) && good;
  good = flat("open descriptors", seen, &sample::descriptors, 0) && good;
  good = flat("threads", seen, &sample::threads, 0) && good;
  // What the system's allocator keeps is not ours, but it must not grow without end.
  const bool judged = minutes >= 5 && n_rounds == 0;
  const bool small = flat("resident bytes", seen, &sample::resident, judged ? 256 << 10 : 1e18);
  good = (small || !judged) && good;
  std::printf("%zu calls, %s\n", n_calls, good ? "nothing grows" : "something grows or fails");
  return good ? 0 : 1;
}
