// What becomes of other people's JSON schemas: how many compile, how fast, and whether instances that are known to be
// valid or invalid are taken and refused.
//   schema_bench [options] FILE.jsonl ...
// Each line of a file is {"id": ..., "schema": ..., "tests": [{"data": ..., "valid": true|false}, ...]}.
//   --open                objects, arrays and types as open as the schemas leave them
//   --list-times FILE     every schema: {"ms", "states", "id", "schema"}
//   --list-refused FILE   every refused schema: {"id", "error", "schema"}
//   --list-wrong FILE     every instance that is not judged right: {"id", "schema", "data", "valid"}
//   --write N FILE        N schemas spread evenly: what those that compile write, drawn evenly from what is allowed:
//                         {"id", "schema", "text", "ended"}, for tests/grammar/validate.mjs
//   --vocabulary FILE     a tokenizer.json; without it every byte is a token
//   --only TEXT           the schemas whose id contains this text
//   --seed N              of --write
// A valid instance is right when the grammar admits it as compact JSON with its members as given or in any other
// order; both are counted. An invalid one is right when no order of its members is admitted. A schema is all right
// when it compiles and every instance is right. Times are wall-clock time of one thread, in milliseconds (to compile)
// and microseconds (a mask, while writing): 50, 90, 99 % and worst.
#include <retort/run/constraint.hpp>
#include <retort/tokenizer/from_json.hpp>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <random>

using namespace retort;
using detail::json;

namespace {

double now() {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct times {
  std::vector<double> all;
  void print(const char* what, double unit) {
    if (all.empty()) return;
    std::sort(all.begin(), all.end());
    const auto at = [&](std::size_t percent) {
      return all[std::min(all.size() - 1, all.size() * percent / 100)] / unit;
    };
    std::printf("  %-34s %10.2f %10.2f %10.2f %10.2f\n", what, at(50), at(90), at(99), all.back() / unit);
  }
};

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

struct words {
  tokenizer text;
  std::shared_ptr<const detail::token_trie> trie;
};

words words_of(const vocabulary& v) {
  auto text = tokenizer::make(v);
  if (!text) fail(text.error().what);
  auto trie = detail::token_trie::make(*text, text->size());
  if (!trie) fail(trie.error().what);
  return {std::move(*text), std::make_shared<const detail::token_trie>(std::move(*trie))};
}

/// Every byte is a token.
words bytes() {
  vocabulary v;
  v.model = "llama";
  std::vector<std::string> names = {"<unk>", "<s>", "</s>"};
  for (unsigned i = 0; i < 256; ++i) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", i);
    names.emplace_back(name);
  }
  v.types.assign(names.size(), token_type::byte);
  v.types[0] = token_type::unknown;
  v.types[1] = v.types[2] = token_type::control;
  for (const std::string& n : names) v.texts.push_back(n);
  v.scores.assign(names.size(), -1.0f);
  v.unknown = 0;
  v.bos = 1;
  v.eos = 2;
  return words_of(v);
}

words words_in(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string contents{std::istreambuf_iterator<char>(in), {}};
  auto file = read_tokenizer_json(contents);
  if (!file) fail(path + ": " + file.error().what);
  return words_of(file->words);
}

/// Whether a grammar admits a value as compact JSON.
class judge {
 public:
  explicit judge(const detail::compiled_grammar& g) : g_(g), stacks_(g, 1), read_(g, stacks_) {}

  /// As given, or with its members in any order. The search for an order is bounded; out of bounds means no. Numbers
  /// may be spelt another way (1.0 as 1) where the value is valid; to an old draft 1.0 is no integer.
  bool admits(const json& value, bool any_order, bool any_spelling) {
    any_order_ = any_order;
    any_spelling_ = any_spelling;
    steps_ = 0;
    const detail::position start{g_.code.starts[0], 0};
    return write(value, settle(std::span(&start, 1)), [](const state& s) { return s.complete; });
  }

 private:
  static constexpr std::size_t max_steps = 20000;
  struct state {
    std::vector<detail::position> at;  // open
    bool complete = false;
  };
  using rest = std::function<bool(const state&)>;

  state settle(std::span<const detail::position> after) {
    state s;
    s.complete = read_.open(after, s.at);
    std::erase_if(s.at, [this](const auto& p) { return stacks_.cost(p) == detail::completion::never; });
    return s;
  }
  bool text(std::string_view bytes, const state& from, const rest& then) {
    if (++steps_ > max_steps) return false;
    state s = from;
    std::vector<detail::position> next;
    for (const char c : bytes) {
      read_.step(s.at, static_cast<std::uint8_t>(c), next);
      if (next.empty()) return false;
      s = settle(next);
    }
    return then(s);
  }
  /// Neither an object with an order nor a number with two spellings is in it.
  static bool has_one_text(const json& v) {
    if (v.is_number_float()) return false;
    if (v.is_object() && v.size() > 1) return false;
    for (const auto& [key, value] : v.items())
      if (!has_one_text(value)) return false;
    return std::all_of(v.begin(), v.end(), has_one_text);
  }
  bool write(const json& v, const state& from, const rest& then) {
    if (v.is_number_float()) {
      const double x = v.get<double>();
      return text(detail::dump(v), from, then) || (any_spelling_ && std::floor(x) == x && std::abs(x) < 9e15 &&
                                                   text(std::to_string(static_cast<long long>(x)), from, then));
    }
    if (has_one_text(v)) return text(detail::dump(v), from, then);
    if (v.is_array()) return text("[", from, [&](const state& s) { return items(v, 0, s, then); });
    std::vector<bool> used(v.size());
    return text("{", from, [&](const state& s) { return members(v, used, 0, s, then); });
  }
  bool items(const json& v, std::size_t i, const state& from, const rest& then) {
    if (i == v.size()) return text("]", from, then);
    const rest one = [&, i](const state& s) {
      return write(v[i], s, [&, i](const state& behind) { return items(v, i + 1, behind, then); });
    };
    return i > 0 ? text(",", from, one) : one(from);
  }
  bool members(const json& v, std::vector<bool>& used, std::size_t n_used, const state& from, const rest& then) {
    if (n_used == v.size()) return text("}", from, then);
    std::size_t i = 0;
    for (const auto& m : v.items()) {
      const std::size_t here = i++;
      if (used[here]) continue;
      const std::string key = (n_used > 0 ? "," : "") + detail::dump(m.key) + ":";
      used[here] = true;
      const bool done = text(key, from, [&](const state& s) {
        return write(m.value, s, [&](const state& behind) { return members(v, used, n_used + 1, behind, then); });
      });
      used[here] = false;
      if (done || !any_order_) return done;
    }
    return false;
  }

  const detail::compiled_grammar& g_;
  detail::call_stacks stacks_;
  detail::recognizer read_;
  bool any_order_ = false, any_spelling_ = false;
  std::size_t steps_ = 0;
};

/// A message without the place it speaks of.
std::string kind_of(std::string what) {
  if (const std::size_t at = what.find(" at \"#"); at != what.npos)
    if (const std::size_t end = what.find('"', at + 5); end != what.npos) what.erase(at, end + 1 - at);
  return what;
}

struct options {
  std::vector<std::string> files;
  bool open = false;
  std::string refused, wrong, written, vocabulary, only, times;
  std::size_t n_write = 0;
  std::uint64_t seed = 1;
};

struct totals {
  std::size_t schemas = 0, compiled = 0, right = 0, right_as_given = 0, without_tests = 0;
  std::size_t valid = 0, valid_as_given = 0, valid_reordered = 0, invalid = 0, invalid_accepted = 0;
  std::map<std::string, std::size_t> refusals;
  times compile, mask;
  std::size_t written = 0, stuck = 0;
};

struct written {
  std::string text;
  bool ended = false;
};

written write(const matcher& start, std::mt19937_64& random, const words& v, times& mask) {
  matcher m = start.fork().value();
  written out;
  for (std::size_t left = m.n_needed() + random() % 200; left > 0; --left) {
    const double begin = now();
    const auto bits = m.allowed(left).value();
    mask.all.push_back(now() - begin);
    std::vector<token> ids;
    for (std::size_t i = 0; i < v.text.size(); ++i)
      if (bits[i / 64] >> i % 64 & 1) ids.push_back(static_cast<token>(i));
    if (ids.empty()) return out;
    const token id = ids[random() % ids.size()];
    if (!m.accept(id)) return out;
    if (v.trie->is_end(id)) {
      out.ended = true;
      return out;
    }
    out.text += v.text.bytes(id);
  }
  return out;
}

class bench {
 public:
  bench(options how, words v) : how_(std::move(how)), words_(std::move(v)) {
    if (!how_.refused.empty()) refused_.open(how_.refused);
    if (!how_.wrong.empty()) wrong_.open(how_.wrong);
    if (!how_.written.empty()) written_.open(how_.written);
    if (!how_.times.empty()) times_.open(how_.times);
  }

  void run(const std::string& path) {
    sum_ = {};
    const std::size_t n_lines = each(path, [](const json&) {});
    const std::size_t stride = how_.n_write > 0 ? std::max<std::size_t>(n_lines / how_.n_write, 1) : 0;
    std::size_t i = 0;
    each(path, [&](const json& line) { one(line, stride > 0 && i++ % stride == 0); });
    print(path);
  }

 private:
  template <class F>
  std::size_t each(const std::string& path, F f) {
    std::ifstream in(path);
    if (!in) fail(path + " cannot be read");
    std::size_t n = 0;
    for (std::string text; std::getline(in, text);) {
      const auto line = detail::parse_json(text);
      if (!line || !line->contains("schema")) {
        std::fprintf(stderr, "%s: a line that is no schema with tests: %.80s\n", path.c_str(), text.c_str());
        continue;
      }
      if ((*line)["id"].text().find(how_.only) == std::string::npos) continue;
      ++n;
      f(*line);
    }
    return n;
  }

  void one(const json& line, bool writes) {
    const json& schema = line["schema"];
    const json tests = line.value("tests", json::array());
    ++sum_.schemas;
    sum_.without_tests += tests.empty();
    for (const json& t : tests) (t["valid"].get<bool>() ? sum_.valid : sum_.invalid) += 1;
    const std::string text = detail::dump(schema);
    const double begin = now();
    std::uint64_t steps = 0;
    const auto c = [&]() -> result<std::shared_ptr<const detail::constraint_impl>> {
      RETORT_TRY(const auto g, detail::json_schema::parse(text, how_.open));
      auto made = detail::constraint_impl::make(g, words_.text, words_.trie);
      steps = g.work().spent();
      return made;
    }();
    sum_.compile.all.push_back(now() - begin);
    if (times_.is_open())
      put(times_, {{"ms", sum_.compile.all.back() / 1000},
                   {"steps", steps},
                   {"bytes", c ? (*c)->bytes() : 0},
                   {"states", c ? (*c)->grammar.code.n_states() : 0},
                   {"id", line["id"]},
                   {"schema", schema}});
    if (!c) {
      ++sum_.refusals[kind_of(c.error().what)];
      if (refused_.is_open())
        put(refused_, {{"id", line["id"]},
                       {"error", c.error().what},
                       {"ms", sum_.compile.all.back() / 1000},
                       {"schema", schema}});
      return;
    }
    ++sum_.compiled;
    check(line, tests, (*c)->grammar);
    if (!writes || how_.n_write == 0) return;
    const written w = write(matcher::make(constraint(*c)).value(), random_, words_, sum_.mask);
    ++sum_.written;
    sum_.stuck += !w.ended;
    put(written_, {{"id", line["id"]}, {"schema", schema}, {"text", w.text}, {"ended", w.ended}});
  }

  void check(const json& line, const json& tests, const detail::compiled_grammar& g) {
    judge j(g);
    bool right = true, as_given = true;
    for (const json& t : tests) {
      const bool valid = t["valid"].get<bool>();
      const bool given = j.admits(t["data"], false, valid);
      const bool admitted = given || j.admits(t["data"], true, valid);
      sum_.valid_as_given += valid && given;
      sum_.valid_reordered += valid && admitted && !given;
      sum_.invalid_accepted += !valid && admitted;
      as_given = as_given && (valid ? given : !admitted);
      right = right && admitted == valid;
      if (admitted == valid) continue;
      if (!valid && n_shown_++ < 20)
        std::printf("invalid, but accepted: %s\n  %s\n", line["id"].get<std::string>().c_str(),
                    detail::dump(t["data"]).substr(0, 200).c_str());
      if (wrong_.is_open())
        put(wrong_, {{"id", line["id"]}, {"schema", line["schema"]}, {"data", t["data"]}, {"valid", valid}});
    }
    sum_.right += right;
    sum_.right_as_given += as_given;
  }

  static void put(std::ofstream& to, const json& line) { to << detail::dump(line) << '\n'; }

  void print(const std::string& path) {
    const totals& s = sum_;
    const auto share = [&](std::size_t n, std::size_t of) {
      return 100.0 * static_cast<double>(n) / static_cast<double>(std::max<std::size_t>(of, 1));
    };
    std::printf("%s\n  %zu schemas (%zu without instances)\n", path.c_str(), s.schemas, s.without_tests);
    std::printf("  compiled            %6zu  %5.1f %%\n", s.compiled, share(s.compiled, s.schemas));
    std::printf("  all right           %6zu  %5.1f %%  (members as given: %zu, %.1f %%)\n", s.right,
                share(s.right, s.schemas), s.right_as_given, share(s.right_as_given, s.schemas));
    const std::size_t accepted = s.valid_as_given + s.valid_reordered;
    std::printf(
        "  valid instances     %6zu: %zu accepted as given, %zu in another order, %zu refused or not compiled\n",
        s.valid, s.valid_as_given, s.valid_reordered, s.valid - accepted);
    std::printf("  invalid instances   %6zu: %zu accepted\n", s.invalid, s.invalid_accepted);
    if (s.written > 0) std::printf("  outputs             %6zu: %zu cut or stuck\n", s.written, s.stuck);
    std::printf("  %-34s %10s %10s %10s %10s\n", "", "50 %", "90 %", "99 %", "worst");
    sum_.compile.print("to compile or refuse, ms", 1000);
    sum_.mask.print("a mask, us", 1);
    std::vector<std::pair<std::size_t, std::string>> kinds;
    for (const auto& [what, n] : s.refusals) kinds.emplace_back(n, what);
    std::sort(kinds.rbegin(), kinds.rend());
    if (!kinds.empty()) std::printf("  refused because\n");
    for (std::size_t i = 0; i < std::min<std::size_t>(kinds.size(), 40); ++i)
      std::printf("  %6zu  %s\n", kinds[i].first, kinds[i].second.substr(0, 160).c_str());
    if (kinds.size() > 40) std::printf("          and %zu kinds more\n", kinds.size() - 40);
  }

  options how_;
  words words_;
  std::ofstream refused_, wrong_, written_, times_;
  std::mt19937_64 random_{how_.seed};
  std::size_t n_shown_ = 0;
  totals sum_;
};

}  // namespace

int main(int argc, char** argv) {
  options how;
  const std::vector<std::string> args(argv + 1, argv + argc);
  for (std::size_t i = 0; i < args.size(); ++i) {
    const auto next = [&] {
      return i + 1 < args.size() ? args[++i] : (fail(args[i] + " needs a value"), std::string());
    };
    if (args[i] == "--list-refused") how.refused = next();
    else if (args[i] == "--list-wrong") how.wrong = next();
    else if (args[i] == "--list-times") how.times = next();
    else if (args[i] == "--vocabulary") how.vocabulary = next();
    else if (args[i] == "--only") how.only = next();
    else if (args[i] == "--open") how.open = true;
    else if (args[i] == "--seed") how.seed = std::strtoull(next().c_str(), nullptr, 10);
    else if (args[i] == "--write") {
      how.n_write = std::strtoull(next().c_str(), nullptr, 10);
      how.written = next();
    } else how.files.push_back(args[i]);
  }
  if (how.files.empty()) fail("usage: schema_bench [options] FILE.jsonl ...");
  bench all(how, how.vocabulary.empty() ? bytes() : words_in(how.vocabulary));
  for (const std::string& f : how.files) all.run(f);
}
