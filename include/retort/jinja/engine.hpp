// Runs the tree of a chat template: statements write text, expressions make values.
// Next: chat_template.hpp, the public face.
#pragma once

#include <retort/jinja/operators.hpp>
#include <retort/jinja/parser.hpp>

#include <chrono>
#include <optional>

RETORT_BEGIN
namespace detail::templates {

/// The `loop` variable, and the iteration behind it. Items are pulled one by one, as late as Python pulls them.
struct loop_state final : object {
  walker source;
  const node* of = nullptr;
  std::uint32_t scope = 0;   ///< around the loop
  std::vector<value> ahead;  ///< pulled before their turn (loop.last, loop.length), from `ahead_at`
  std::size_t ahead_at = 0;
  bool dry = false;  ///< nothing more to pull
  bool first = true;
  value before, now, seen;  ///< `seen`: the arguments of the last loop.changed()
  std::int64_t index0 = -1;
  unsigned depth = 0;  ///< loops around this one
};

/// One render of one tree. errors  bad_template, limit, unsupported
class engine {
 public:
  using lookup_variable = function_ref<bool(std::string_view name, value& out)>;

  engine(const tree& t, runtime& rt, const std::optional<std::chrono::sys_seconds>& now)
      : tree_(t), rt_(rt), now_(now), constants_(t.strings.size()), scopes_(1), globals_(t.symbols.size()) {}
  ~engine() {
    for (const value& s : spaces_) s.as<name_space>().entries.clear();  // namespaces may hold each other
  }
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Runs the template; what it prints is appended to `out`.
  void run(lookup_variable variables, text& out) {
    set_globals(variables);
    out_ = &out;
    if (!rt_.failed()) execute(tree_.root);
  }

 private:
  using id = std::uint32_t;
  enum class flow : std::uint8_t { on, leave, repeat };
  enum function : int { f_range, f_namespace, f_dict, f_raise, f_strftime, f_cycler, f_joiner, f_lipsum };

  /// Deepest nesting of running statements and expressions, as far as the stack allows.
  static constexpr unsigned max_depth = 1500;
  struct level {
    explicit level(engine& e) : of(e) {
      if (++of.depth_ > max_depth || of.stack_.is_spent())
        of.rt_.fail_limit("levels of running constructs", std::min(of.depth_, max_depth));
    }
    ~level() { --of.depth_; }
    engine& of;
  };

  // --- variables

  struct scope {
    std::vector<std::pair<id, value>> variables;
    id parent = 0;
    bool kept = false;  ///< a macro refers to it
  };

  void set_globals(lookup_variable variables) {
    constexpr std::string_view names[] = {"range",        "namespace", "dict",   "raise_exception",
                                          "strftime_now", "cycler",    "joiner", "lipsum"};
    for (id s = 0; s < tree_.symbols.size() && !rt_.failed(); ++s) {
      const std::string& name = tree_.symbols[s];
      globals_[s].second = variables(name, globals_[s].first);
      for (int f = 0; f <= f_lipsum && !globals_[s].second; ++f)
        if (name == names[f] && (f != f_strftime || now_)) globals_[s] = {value::function(f), true};
      if (name == "loop") loop_symbol_ = s;
      if (name == "caller") caller_symbol_ = s;
      if (name == "varargs") rest_symbol_ = s;
      if (name == "kwargs") named_symbol_ = s;
    }
  }
  id enter(id parent) {
    id s = 0;
    if (free_.empty()) {
      s = static_cast<id>(scopes_.size());
      scopes_.emplace_back();
    } else {
      s = free_.back();
      free_.pop_back();
    }
    scopes_[s].parent = parent;
    return s;
  }
  void leave(id s) {
    if (scopes_[s].kept) return;
    scopes_[s].variables.clear();
    free_.push_back(s);
  }
  void keep(id s) {
    for (; s != 0 && !scopes_[s].kept && rt_.produce(256); s = scopes_[s].parent) scopes_[s].kept = true;
  }
  value* find(id symbol) {
    for (id s = current_; s != 0; s = scopes_[s].parent) {
      auto& variables = scopes_[s].variables;
      rt_.charge(variables.size() / 16);
      for (auto& [name, v] : variables)
        if (name == symbol) return &v;
    }
    return globals_[symbol].second ? &globals_[symbol].first : nullptr;
  }
  void assign(id symbol, value v) {
    if (current_ == 0) {
      globals_[symbol] = {std::move(v), true};
      return;
    }
    auto& variables = scopes_[current_].variables;
    rt_.charge(variables.size() / 16);
    for (auto& [name, old] : variables)
      if (name == symbol) {
        old = std::move(v);
        return;
      }
    variables.emplace_back(symbol, std::move(v));
  }
  value name(const node& n) {
    if (const value* v = find(n.a)) return *v;
    return undefined("'" + printable(tree_.symbols[n.a]) + "' is undefined");
  }
  void assign_target(const node& target, const value& v) {
    if (target.kind == op::to_name) return assign(target.a, v);
    if (target.kind == op::to_member) return assign_member(target, v);
    const std::vector<value> items = items_of(rt_, v, "unpacking");
    if (rt_.failed()) return;
    if (items.size() != target.count) {
      rt_.fail("unpacking " + std::to_string(items.size()) + " values into " + std::to_string(target.count) + " names");
      return;
    }
    for (id i = 0; i < target.count; ++i) assign_target(at(target, i), items[i]);
  }
  void assign_member(const node& target, const value& v) {
    value* s = find(target.a);
    if (!s || !s->is(kind::space)) {
      rt_.fail("'" + printable(tree_.symbols[target.a]) + "' is no namespace: its attributes cannot be set");
      return;
    }
    auto& entries = s->as<name_space>().entries;
    const std::string& key = tree_.strings[target.b];
    rt_.charge(entries.size() / 16);
    for (auto& [known, old] : entries)
      if (known == key) {
        old = v;
        return;
      }
    if (rt_.produce(64)) entries.emplace_back(key, v);
  }

  // --- statements

  const node& at(const node& n, id i) const noexcept { return tree_.nodes[tree_.lists[n.first + i]]; }
  id list_at(const node& n, id i) const noexcept { return tree_.lists[n.first + i]; }

  void execute(id i) {
    const level guard(*this);
    const node& n = tree_.nodes[i];
    rt_.line = n.line;
    if (!rt_.charge()) return;
    switch (n.kind) {
      case op::data: return write(tree_.strings[n.a]);
      case op::print: return write(evaluate(n.a));
      case op::group:
        for (id s = 0; s < n.count && flow_ == flow::on && !rt_.failed(); ++s) execute(list_at(n, s));
        return;
      case op::branch: return branch(n);
      case op::loop: return loop(n);
      case op::set: {
        const value v = evaluate(n.b);
        if (!rt_.failed()) assign_target(tree_.nodes[n.a], v);
        return;
      }
      case op::set_block:
      case op::filtered: return captured_block(n);
      case op::macro: return define_macro(n);
      case op::call_block: return call_block(n);
      case op::with: return with(n);
      case op::leave: flow_ = flow::leave; return;
      case op::repeat: flow_ = flow::repeat; return;
      default: return;
    }
  }

  void write(std::string_view data) {
    if (rt_.produce(data.size())) out_->append(data);
  }
  void write(const value& v) {
    if (rt_.failed()) return;
    const std::size_t before = out_->bytes.size();
    append_plain(rt_, *out_, v);
    rt_.produce(out_->bytes.size() - before);
  }

  void branch(const node& n) {
    for (id i = 0; i + 1 < n.count; i += 2) {
      const value v = evaluate(list_at(n, i));
      if (rt_.failed()) return;
      if (truthy(v)) return execute(list_at(n, i + 1));
    }
    if (n.count % 2 == 1) execute(list_at(n, n.count - 1));
  }

  /// The next item of the iterable that passes the loop's condition.
  bool pull(loop_state& l, value& out) {
    while (!l.dry && !rt_.failed() && l.source.next(rt_, out)) {
      if (l.of->c == 0) return true;
      const id outer = std::exchange(current_, enter(l.scope));
      assign_target(tree_.nodes[l.of->a], out);
      const value good = rt_.failed() ? value() : evaluate(l.of->c);
      leave(std::exchange(current_, outer));
      if (rt_.failed()) break;
      if (truthy(good)) return true;
    }
    l.dry = true;
    return false;
  }
  bool peek(loop_state& l, value* out) {
    if (l.ahead_at == l.ahead.size()) {
      l.ahead.clear();
      l.ahead_at = 0;
      value v;
      if (!pull(l, v)) return false;
      l.ahead.push_back(std::move(v));
    }
    if (out) *out = l.ahead[l.ahead_at];
    return true;
  }
  bool advance(loop_state& l) {
    value v;
    if (l.ahead_at < l.ahead.size()) v = std::move(l.ahead[l.ahead_at++]);
    else if (!pull(l, v)) return false;
    ++l.index0;
    l.before = std::exchange(l.now, std::move(v));
    return rt_.iterate();
  }
  std::int64_t length(loop_state& l) {
    for (value v; pull(l, v);) {
      l.ahead.push_back(std::move(v));
      if (!rt_.produce(sizeof(value))) break;
    }
    return l.index0 + 1 + static_cast<std::int64_t>(l.ahead.size() - l.ahead_at);
  }

  void loop(const node& n) {
    auto* l = new loop_state;
    const value handle = value::of(kind::loop, l);
    l->of = &n;
    l->scope = current_;
    l->depth = loop_depth_++;
    l->source = walker(rt_, evaluate(n.b), "for");
    bool none = true;  // Jinja's rule: an iteration that was left early does not count
    while (!rt_.failed() && advance(*l)) {
      const id outer = std::exchange(current_, enter(l->scope));
      if (loop_symbol_ != no_symbol) assign(loop_symbol_, handle);
      assign_target(tree_.nodes[n.a], l->now);
      if (!rt_.failed()) execute(list_at(n, 0));
      leave(std::exchange(current_, outer));
      const flow f = std::exchange(flow_, flow::on);
      if (f == flow::leave) break;
      none = none && f == flow::repeat;
    }
    --loop_depth_;
    l->dry = true;  // from here on `loop` only remembers its counters
    l->source = walker();
    l->ahead.clear();
    l->ahead_at = 0;
    l->before = l->now = l->seen = value();
    if (none && n.count > 1 && !rt_.failed()) {
      const id outer = std::exchange(current_, enter(current_));
      execute(list_at(n, 1));
      leave(std::exchange(current_, outer));
    }
  }

  /// Runs a group in a scope of its own and returns what it prints.
  value captured(id group, id parent) {
    auto* t = new text;
    value v = make_text(t);
    text* const before = std::exchange(out_, t);
    const id outer = std::exchange(current_, enter(parent));
    execute(group);
    leave(std::exchange(current_, outer));
    out_ = before;
    return v;
  }
  void captured_block(const node& n) {
    const bool set = n.kind == op::set_block;
    value v = captured(set ? n.c : n.b, current_);
    const id filters = set ? n.b : n.a;
    if (filters != 0 && !rt_.failed()) {
      const value before = std::exchange(block_text_, v);
      v = evaluate(filters);
      block_text_ = before;
    }
    if (rt_.failed()) return;
    if (set) assign_target(tree_.nodes[n.a], v);
    else write(v);
  }
  value new_macro(id which) {
    auto* m = new macro;
    value v = value::of(kind::macro, m);
    m->node = which;
    m->scope = current_;
    keep(current_);
    return v;
  }
  void define_macro(const node& n) {
    const value m = new_macro(n.a);
    assign(tree_.macros[n.a].name, m);
  }
  void call_block(const node& n) {
    const node& c = tree_.nodes[n.b];
    const value callee = evaluate(c.a);
    arguments args;
    collect(tree_.calls[c.c], args);
    args.named.emplace_back("caller", new_macro(n.a));
    if (!rt_.failed()) write(call(callee, args));
  }
  void with(const node& n) {
    std::vector<value> values;
    for (id i = 0; i + 1 < n.count; i += 2) values.push_back(evaluate(list_at(n, i + 1)));
    const id outer = std::exchange(current_, enter(current_));
    for (id i = 0; i + 1 < n.count && !rt_.failed(); i += 2) assign_target(at(n, i), values[i / 2]);
    if (!rt_.failed()) execute(list_at(n, n.count - 1));
    leave(std::exchange(current_, outer));
  }

  // --- expressions

  value evaluate(id i) {
    const level guard(*this);
    const node& n = tree_.nodes[i];
    rt_.line = n.line;
    if (!rt_.charge()) return {};
    switch (n.kind) {
      case op::name: return name(n);
      case op::none: return value::none();
      case op::truth: return value::boolean(n.a != 0);
      case op::integer: return value::integer(tree_.integers[n.a]);
      case op::real: return value::real(tree_.reals[n.a]);
      case op::huge:
      case op::string: return constant(n);
      case op::list:
      case op::tuple: return sequence_of(n);
      case op::dict: return dict_of(n);
      case op::attribute: return attribute(n);
      case op::item: return item(n);
      case op::slice: return slice_of_node(n);
      case op::call: return called(n);
      case op::filter: return filtered(n);
      case op::test: return tested(n);
      case op::negate: return value::boolean(!truthy(evaluate(n.a)));
      case op::minus:
      case op::plus: return signed_number(rt_, evaluate(n.a), n.kind == op::minus);
      case op::both:
      case op::either: return logical(n);
      case op::compare: return compared(n);
      case op::concat: return concatenated(n);
      case op::choose: return chosen(n);
      default: return arithmetic(n);
    }
  }

  value constant(const node& n) {
    value& c = constants_[n.a];
    if (c.is(kind::undefined))
      c = n.kind == op::string ? make_text(new text(tree_.strings[n.a]))
                               : value::of(kind::huge, new text(tree_.strings[n.a]));
    return c;
  }
  value sequence_of(const node& n) {
    std::vector<value> items;
    for (id i = 0; i < n.count && !rt_.failed(); ++i) items.push_back(evaluate(list_at(n, i)));
    return rt_.list(std::move(items), n.kind == op::list ? kind::list : kind::tuple);
  }
  value dict_of(const node& n) {
    auto* m = new mapping;
    value d = value::of(kind::dict, m);
    rt_.produce(64);
    for (id i = 0; i + 1 < n.count && !rt_.failed(); i += 2) {
      const value key = evaluate(list_at(n, i));
      value v = evaluate(list_at(n, i + 1));
      if (!rt_.failed()) templates::assign(rt_, *m, key, std::move(v));
    }
    return d;
  }
  value attribute(const node& n) {
    const value of = evaluate(n.a);
    if (rt_.failed()) return {};
    rt_.line = n.line;
    const std::string& name = tree_.strings[n.b];
    return of.is(kind::loop) ? loop_attribute(of, name) : attribute_of(rt_, of, name);
  }
  value item(const node& n) {
    const value of = evaluate(n.a), key = evaluate(n.b);
    if (rt_.failed()) return {};
    rt_.line = n.line;
    if (of.is(kind::loop) && key.is_string()) return loop_attribute(of, key.bytes());
    return item_of(rt_, of, key);
  }
  value slice_of_node(const node& n) {
    const value of = evaluate(n.a);
    value bounds[3];
    for (id i = 0; i < 3; ++i) bounds[i] = list_at(n, i) ? evaluate(list_at(n, i)) : value::none();
    if (rt_.failed()) return {};
    rt_.line = n.line;
    return slice(rt_, of, bounds[0], bounds[1], bounds[2]);
  }
  value filtered(const node& n) {
    const value of = n.a ? evaluate(n.a) : block_text_;
    arguments args;
    collect(tree_.calls[n.c], args);
    if (rt_.failed()) return {};
    rt_.line = n.line;
    const signature* f = tree_.filters[n.b];
    return f ? apply_filter(rt_, *f, of, args) : rt_.fail(tree_.strings[n.first]);
  }
  value tested(const node& n) {
    const value of = evaluate(n.a);
    arguments args;
    collect(tree_.calls[n.c], args);
    if (rt_.failed()) return {};
    rt_.line = n.line;
    const signature* t = tree_.tests[n.b];
    return t ? value::boolean(apply_test(rt_, *t, of, args)) : rt_.fail(tree_.strings[n.first]);
  }
  value logical(const node& n) {
    value left = evaluate(n.a);
    return truthy(left) == (n.kind == op::both) ? evaluate(n.b) : left;
  }
  value compared(const node& n) {
    value left = evaluate(n.a);
    bool holds = true;
    for (id i = 0; i + 1 < n.count && holds && !rt_.failed(); i += 2) {
      value right = evaluate(list_at(n, i + 1));
      if (rt_.failed()) break;
      rt_.line = n.line;
      holds = compare(rt_, static_cast<std::uint16_t>(list_at(n, i)), left, right);
      left = std::move(right);
    }
    return value::boolean(holds);
  }
  value concatenated(const node& n) {
    auto* t = new text;
    value v = make_text(t);
    for (id i = 0; i < n.count && !rt_.failed(); ++i) {
      const value part = evaluate(list_at(n, i));
      if (!rt_.failed()) append_plain(rt_, *t, part);
    }
    rt_.produce(t->bytes.size() + 64);
    return v;
  }
  value chosen(const node& n) {
    const value condition = evaluate(n.a);
    if (rt_.failed()) return {};
    if (truthy(condition)) return evaluate(n.b);
    return n.c ? evaluate(n.c) : undefined("the condition was false and there is no else");
  }
  value arithmetic(const node& n) {
    const value left = evaluate(n.a);
    const value right = rt_.failed() ? value() : evaluate(n.b);
    if (rt_.failed()) return {};
    rt_.line = n.line;
    switch (n.kind) {
      case op::add: return add(rt_, left, right);
      case op::subtract: return calculate(rt_, '-', left, right);
      case op::multiply: return multiply(rt_, left, right);
      case op::divide: return calculate(rt_, '/', left, right);
      case op::floor_divide: return calculate(rt_, 'f', left, right);
      case op::modulo: return calculate(rt_, '%', left, right);
      default: return calculate(rt_, '^', left, right);
    }
  }

  // --- calls

  void collect(const call_shape& shape, arguments& args) {
    for (id i : shape.positional) args.positional.push_back(evaluate(i));
    for (const auto& [key, i] : shape.named) args.named.emplace_back(key, evaluate(i));
    if (shape.star) {
      const value more = evaluate(shape.star);
      for (value& v : items_of(rt_, more, "*arguments")) args.positional.push_back(std::move(v));
    }
    if (!shape.stars || rt_.failed()) return;
    const value more = evaluate(shape.stars);
    if (!more.is(kind::dict)) {
      fail_type(rt_, more, "**arguments");
      return;
    }
    for (const auto& [k, v] : more.as<mapping>().entries) {
      if (!k.is_string()) rt_.fail("**arguments need strings as keys");
      if (rt_.charge() && k.is_string()) args.named.emplace_back(k.bytes(), v);
    }
  }
  value called(const node& n) {
    const value callee = evaluate(n.a);
    arguments args;
    if (!rt_.failed()) collect(tree_.calls[n.c], args);
    if (rt_.failed()) return {};
    rt_.line = n.line;
    return call(callee, args);
  }
  value call(const value& callee, arguments& args) {
    switch (callee.type()) {
      case kind::macro: return call_macro(callee.as<macro>(), args);
      case kind::method: {
        const auto& m = callee.as<bound_method>();
        return m.self.is(kind::loop) ? call_loop_method(m, args) : call_method(rt_, m, args);
      }
      case kind::function: return call_function(static_cast<int>(callee.integer()), args);
      case kind::undefined: return rt_.fail(why_undefined(callee) + " (it was called)");
      default: return rt_.fail(std::string(type_name(callee)) + " is not callable");
    }
  }

  value call_macro(const macro& m, arguments& args) {
    if (++calls_ > rt_.limits.calls) return rt_.fail_limit("macro calls inside each other", rt_.limits.calls);
    const std::uint32_t line = rt_.line;
    const macro_shape& shape = tree_.macros[m.node];
    const id inner = enter(m.scope);
    const id outer = std::exchange(current_, inner);
    bind_macro(shape, args);
    value v = rt_.failed() ? value() : captured_macro(shape.body);
    leave(std::exchange(current_, outer));
    rt_.line = line;
    --calls_;
    return v;
  }
  value captured_macro(id body) {
    auto* t = new text;
    value v = make_text(t);
    text* const before = std::exchange(out_, t);
    const value block = std::exchange(block_text_, value());
    execute(body);
    block_text_ = block;
    out_ = before;
    rt_.produce(64);
    return v;
  }
  void bind_macro(const macro_shape& shape, arguments& args) {
    const std::size_t n = shape.parameters.size(), without = n - shape.defaults.size();
    const std::string& name = tree_.symbols[shape.name];
    std::vector<bool> used(args.named.size());
    for (std::size_t i = 0; i < n && !rt_.failed(); ++i) {
      const id p = shape.parameters[i];
      if (i < args.positional.size()) {
        assign(p, args.positional[i]);
        continue;
      }
      std::size_t k = 0;
      while (k < args.named.size() && args.named[k].first != tree_.symbols[p]) ++k;
      if (k < args.named.size()) {
        assign(p, args.named[k].second);
        used[k] = true;
      } else if (i >= without) {
        assign(p, evaluate(shape.defaults[i - without]));
      } else {
        assign(p, undefined("parameter '" + printable(tree_.symbols[p]) + "' was not provided"));
      }
    }
    std::vector<value> rest;
    for (std::size_t i = n; i < args.positional.size(); ++i) rest.push_back(args.positional[i]);
    if (!rest.empty() && !shape.takes_rest)
      rt_.fail("macro '" + printable(name) + "' takes at most " + std::to_string(n) + " arguments");
    if (shape.takes_rest) assign(rest_symbol_, rt_.list(std::move(rest), kind::tuple));
    bind_named(shape, args, used, name);
  }
  void bind_named(const macro_shape& shape, const arguments& args, const std::vector<bool>& used,
                  const std::string& name) {
    auto* m = new mapping;
    const value all = value::of(kind::dict, m);
    for (std::size_t k = 0; k < used.size(); ++k) {
      if (used[k]) continue;
      const auto& [key, v] = args.named[k];
      if (key == "caller" && shape.takes_caller) assign(caller_symbol_, v);
      else if (!shape.takes_named)
        rt_.fail("macro '" + printable(name) + "' has no parameter '" + printable(key) + "'");
      else templates::assign(rt_, *m, rt_.string(key), v);
    }
    if (shape.takes_named) assign(named_symbol_, all);
  }

  // --- loop attributes

  enum loop_method : int { loop_cycle, loop_changed };

  value loop_attribute(const value& loop, const std::string& name) {
    auto& l = loop.as<loop_state>();
    if (name == "index") return value::integer(l.index0 + 1);
    if (name == "index0") return value::integer(l.index0);
    if (name == "first") return value::boolean(l.index0 == 0);
    if (name == "last") return value::boolean(!peek(l, nullptr));
    if (name == "length") return value::integer(length(l));
    if (name == "revindex") return value::integer(length(l) - l.index0);
    if (name == "revindex0") return value::integer(length(l) - l.index0 - 1);
    if (name == "depth") return value::integer(1);
    if (name == "depth0") return value::integer(0);
    if (name == "previtem") return l.index0 > 0 ? l.before : undefined("there is no previous item");
    if (name == "nextitem") {
      value v;
      return peek(l, &v) ? v : undefined("there is no next item");
    }
    if (name != "cycle" && name != "changed") return no_attribute(loop, name);
    auto* m = new bound_method;
    m->self = loop;
    m->which = name == "cycle" ? loop_cycle : loop_changed;
    return value::of(kind::method, m);
  }
  value call_loop_method(const bound_method& m, arguments& args) {
    auto& l = m.self.as<loop_state>();
    if (m.which == loop_cycle) {
      if (args.positional.empty()) return rt_.fail("loop.cycle() needs items");
      return args.positional[static_cast<std::size_t>(l.index0) % args.positional.size()];
    }
    const value given = rt_.list(std::move(args.positional), kind::tuple);
    const bool changed = !l.seen.is(kind::tuple) || !equal(rt_, l.seen, given);
    l.seen = given;
    return value::boolean(changed);
  }

  // --- global functions

  value call_function(int which, arguments& args) {
    switch (which) {
      case f_range: return new_range(rt_, args);
      case f_namespace: return new_namespace(args);
      case f_dict: return new_dict(rt_, args);
      case f_raise: return raise(args);
      case f_strftime: return time_text(args);
      default: return rt_.fail("the functions cycler, joiner and lipsum are not supported", errc::unsupported);
    }
  }
  value raise(const arguments& args) {
    const value why = args.positional.empty() ? rt_.string("no reason given") : to_string(rt_, args.positional[0]);
    return rt_.failed() ? value() : rt_.fail("the template refuses: " + why.bytes());
  }
  value new_namespace(arguments& args) {
    const value from = new_dict(rt_, args);
    auto* s = new name_space;
    value v = value::of(kind::space, s);
    spaces_.push_back(v);
    if (rt_.failed() || !rt_.produce(128)) return {};
    for (auto& [k, item] : from.as<mapping>().entries)
      if (k.is_string()) s->entries.emplace_back(k.bytes(), item);
    return v;
  }
  value time_text(const arguments& args) {
    if (args.positional.size() != 1 || !args.positional[0].is_string())
      return rt_.fail("strftime_now() takes one format string");
    std::string out;
    if (!format_time(*now_, args.positional[0].bytes(), out))
      return rt_.fail("strftime_now(): a directive that is not supported", errc::unsupported);
    return rt_.string(out);
  }

  static constexpr id no_symbol = id(-1);
  const tree& tree_;
  runtime& rt_;
  const std::optional<std::chrono::sys_seconds>& now_;
  std::vector<value> constants_;
  std::vector<scope> scopes_;  ///< the first stands for globals_
  std::vector<id> free_;
  std::vector<std::pair<value, bool>> globals_;  ///< by symbol: the value, and whether there is one
  std::vector<value> spaces_;
  id current_ = 0;
  id loop_symbol_ = no_symbol, caller_symbol_ = no_symbol, rest_symbol_ = no_symbol, named_symbol_ = no_symbol;
  const retort::detail::stack_budget stack_;
  unsigned depth_ = 0, calls_ = 0, loop_depth_ = 0;
  flow flow_ = flow::on;
  text* out_ = nullptr;
  value block_text_;
};

}  // namespace detail::templates
RETORT_END
