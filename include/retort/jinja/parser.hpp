// From tokens to the tree of a chat template: nodes in one vector that name each other by index.
// Next: engine.hpp, which runs the tree.
#pragma once

#include <retort/base/stack.hpp>
#include <retort/jinja/filters.hpp>
#include <retort/jinja/lexer.hpp>

#include <map>

RETORT_BEGIN
namespace detail::templates {

enum class op : std::uint8_t {
  nothing,
  // statements
  data,        // a: string
  print,       // a: expression
  group,       // list: statements
  branch,      // list: condition, group, condition, group, ..., [else group]
  loop,        // a: target, b: iterable, c: condition or 0; list: body, [else group]
  set,         // a: target, b: expression
  set_block,   // a: target, b: filters or 0, c: group
  macro,       // a: macro index
  call_block,  // a: macro index, b: call
  with,        // list: target, expression, ..., group
  filtered,    // a: filters, b: group
  leave,       // break
  repeat,      // continue
  // targets
  to_name,    // a: symbol
  to_tuple,   // list: targets
  to_member,  // a: symbol of the namespace, b: string
  // expressions
  name,  // a: symbol
  none,
  truth,  // a: 0 or 1
  integer,
  real,  // a: number index
  huge,
  string,  // a: string
  list,
  tuple,      // list: items
  dict,       // list: key, value, ...
  attribute,  // a: of, b: string
  item,       // a: of, b: key
  slice,      // a: of; list: start, stop, step (0 where missing)
  call,       // a: what, c: arguments
  filter,     // a: of (0: the block's text), b: filter index, c: arguments; first: its name if it is unknown
  test,       // a: of, b: test index, c: arguments; first: its name if it is unknown
  negate,
  minus,
  plus,  // a
  both,
  either,   // a, b
  compare,  // a; list: sign, operand, ...
  add,
  subtract,
  multiply,
  divide,
  floor_divide,
  modulo,
  power,   // a, b
  concat,  // list
  choose,  // a: condition, b: then, c: else or 0
};

inline constexpr std::uint16_t sign_in = sign('i', 'n'), sign_not_in = sign('n', 'i');

struct node {
  op kind = op::nothing;
  std::uint32_t line = 0;
  std::uint32_t a = 0, b = 0, c = 0;
  std::uint32_t first = 0, count = 0;  ///< a stretch of tree::lists
};

/// Arguments as written; 0 where there is no *star or **stars.
struct call_shape {
  std::vector<std::uint32_t> positional;
  std::vector<std::pair<std::string, std::uint32_t>> named;
  std::uint32_t star = 0, stars = 0;
};

struct macro_shape {
  std::uint32_t name = 0;
  std::vector<std::uint32_t> parameters;  ///< symbols
  std::vector<std::uint32_t> defaults;    ///< of the last parameters
  std::uint32_t body = 0;
  bool takes_rest = false, takes_named = false, takes_caller = false;  ///< the body mentions varargs, kwargs, caller
};

/// A parsed template. Immutable after parsing, free of pointers into the source.
struct tree {
  std::vector<node> nodes;
  std::vector<std::uint32_t> lists;
  std::vector<std::string> strings;
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  std::vector<call_shape> calls;
  std::vector<macro_shape> macros;
  std::vector<const signature*> filters;  ///< nullptr: unknown, an error when it is reached
  std::vector<const signature*> tests;
  std::vector<std::string> symbols;
  std::uint32_t root = 0;
};

/// cost    linear; recursion bounded by limits.nesting
/// errors  bad_template, limit, unsupported; each names line and construct
class parser {
 public:
  parser(std::string_view source, std::vector<token> tokens, const template_limits& limits)
      : s_(source), t_(std::move(tokens)), limits_(limits) {}

  result<tree> run() {
    tree_.nodes.emplace_back();
    tree_.strings.emplace_back();
    tree_.root = statements({});
    if (good_ && !unknown_.empty()) {
      line_ = unknown_[0].first;
      fail(unknown_[0].second);
    }
    if (!good_) return std::move(error_);
    return std::move(tree_);
  }

 private:
  using id = std::uint32_t;

  // --- tokens
  [[nodiscard]] const token& here() const noexcept { return t_[at_]; }
  [[nodiscard]] const token& ahead() const noexcept { return t_[at_ + 1 < t_.size() ? at_ + 1 : at_]; }
  [[nodiscard]] std::string_view text_of(const token& t) const noexcept { return s_.substr(t.begin, t.end - t.begin); }
  void next() noexcept {
    line_ = here().line;
    if (at_ + 1 < t_.size()) ++at_;
  }
  [[nodiscard]] bool is(token_type type) const noexcept { return here().type == type; }
  [[nodiscard]] bool is(char c) const noexcept { return here().type == token_type::sign && here().sign == sign(c); }
  [[nodiscard]] bool is_word(std::string_view w) const noexcept { return is(token_type::name) && text_of(here()) == w; }
  bool take(char c) noexcept {
    if (!is(c)) return false;
    next();
    return true;
  }
  bool take_word(std::string_view w) noexcept {
    if (!is_word(w)) return false;
    next();
    return true;
  }
  [[nodiscard]] std::string shown() const {
    switch (here().type) {
      case token_type::end: return "the end of the template";
      case token_type::data: return "text";
      default: return "'" + std::string(text_of(here())) + "'";
    }
  }
  void fail(std::string_view why, errc code = errc::bad_template) {
    if (!good_) return;
    good_ = false;
    error_ = {code, "template line " + std::to_string(line_) + ": " + printable(why)};
    at_ = t_.size() - 1;  // every loop stops at the end
  }
  void unexpected(std::string_view wanted) {
    line_ = here().line;
    fail("expected " + std::string(wanted) + ", found " + shown());
  }
  void expect(char c) {
    if (!take(c)) unexpected(std::string("'") + c + "'");
  }
  void expect(token_type type, std::string_view wanted) {
    if (is(type)) next();
    else unexpected(wanted);
  }
  std::string word(std::string_view wanted) {
    const std::string w = is(token_type::name) ? std::string(text_of(here())) : std::string();
    expect(token_type::name, wanted);
    return w;
  }
  /// Guards one level of recursion.
  struct level {
    explicit level(parser& p) : of(p) {
      if (++p.depth_ > p.limits_.nesting)
        p.fail("more than " + std::to_string(p.limits_.nesting) + " statements and brackets inside each other",
               errc::limit);
      else if (p.stack_.is_spent()) p.fail("statements and brackets nested deeper than the stack allows", errc::limit);
    }
    ~level() { --of.depth_; }
    parser& of;
  };

  // --- nodes
  id add(node n) {
    n.line = n.line ? n.line : line_;
    tree_.nodes.push_back(n);
    return static_cast<id>(tree_.nodes.size() - 1);
  }
  id add(op kind, id a = 0, id b = 0, id c = 0) { return add({kind, 0, a, b, c, 0, 0}); }
  id add(op kind, const std::vector<id>& list, id a = 0, id b = 0, id c = 0) {
    const auto first = static_cast<id>(tree_.lists.size());
    tree_.lists.insert(tree_.lists.end(), list.begin(), list.end());
    return add({kind, 0, a, b, c, first, static_cast<id>(list.size())});
  }
  id string(std::string s) {
    tree_.strings.push_back(std::move(s));
    return static_cast<id>(tree_.strings.size() - 1);
  }
  id symbol(std::string_view name) {
    const auto found = symbols_.find(name);
    if (found != symbols_.end()) return found->second;
    tree_.symbols.emplace_back(name);
    return symbols_[std::string(name)] = static_cast<id>(tree_.symbols.size() - 1);
  }

  // --- statements

  /// Statements up to a block that begins with one of `ends`, which stays to be read (after its "{%").
  id statements(std::initializer_list<std::string_view> ends) {
    const level guard(*this);
    std::vector<id> list;
    while (good_) {
      if (is(token_type::data)) {
        list.push_back(add(op::data, string(std::string(text_of(here())))));
        next();
      } else if (is(token_type::print_begin)) {
        next();
        list.push_back(add(op::print, tuple_or_one(true)));
        expect(token_type::print_end, "'}}'");
      } else if (is(token_type::block_begin)) {
        next();
        for (std::string_view e : ends)
          if (is_word(e)) return add(op::group, list);
        list.push_back(statement());
        expect(token_type::block_end, "'%}'");
      } else {
        break;
      }
    }
    if (ends.size() > 0 && good_) {
      line_ = here().line;
      fail("the template ends before '" + std::string(ends.begin()[ends.size() - 1]) + "'");
    }
    return add(op::group, list);
  }
  id body(std::initializer_list<std::string_view> ends) {
    take(':');
    expect(token_type::block_end, "'%}'");
    return statements(ends);
  }

  id statement() {
    const token tag = here();
    const std::string name = word("a tag name");
    line_ = tag.line;
    if (name == "if") return branch();
    if (name == "for") return loop();
    if (name == "set") return set();
    if (name == "macro") return macro();
    if (name == "call") return call_block();
    if (name == "filter") return filtered();
    if (name == "with") return with();
    if (name == "generation") return generation();
    if (name == "print") return print();
    if (name == "break" || name == "continue") {
      if (loops_ == 0) fail("'" + name + "' outside of a loop");
      return add(name == "break" ? op::leave : op::repeat);
    }
    for (std::string_view known :
         {"include", "import", "from", "extends", "block", "autoescape", "do", "trans", "debug"})
      if (name == known) fail("the tag '" + name + "' is not supported", errc::unsupported);
    fail("unknown tag '" + name + "'");
    return 0;
  }

  /// Statements and expressions inside `if` may use filters that do not exist, as long as they are not reached.
  struct frame {
    frame(parser& p, bool soft) : of(p), before(p.soft_) { p.soft_ = soft; }
    ~frame() { of.soft_ = before; }
    parser& of;
    bool before;
  };

  id branch() {
    const frame soft(*this, true);
    std::vector<id> list;
    const std::uint32_t line = line_;
    while (good_) {
      list.push_back(tuple_or_one(false));
      list.push_back(body({"elif", "else", "endif"}));
      if (take_word("elif")) continue;
      if (take_word("else")) list.push_back(body({"endif"}));
      next();
      break;
    }
    const id n = add(op::branch, list);
    tree_.nodes[n].line = line;
    return n;
  }

  id loop() {
    const std::uint32_t line = line_;
    const id to = target(true, false);
    if (!take_word("in")) unexpected("'in'");
    const id over = tuple_or_one(false, "recursive");
    const frame hard(*this, false);
    const id condition = take_word("if") ? expression() : 0;
    if (is_word("recursive")) fail("a recursive loop is not supported", errc::unsupported);
    ++loops_;
    ++for_depth_;
    std::vector<id> list{body({"endfor", "else"})};
    --loops_;
    if (take_word("else")) list.push_back(body({"endfor"}));
    --for_depth_;
    next();
    const id n = add(op::loop, list, to, over, condition);
    tree_.nodes[n].line = line;
    return n;
  }

  id set() {
    const std::uint32_t line = line_;
    const id to = target(true, true);
    id n = 0;
    if (take('=')) {
      n = add(op::set, to, tuple_or_one(true));
    } else {
      const id filters = is('|') ? filter_chain(0, false) : 0;
      const frame hard(*this, false);
      const id content = body({"endset"});
      next();
      n = add(op::set_block, to, filters, content);
    }
    tree_.nodes[n].line = line;
    return n;
  }

  void parameters(macro_shape& m) {
    expect('(');
    while (good_ && !is(')')) {
      if (!m.parameters.empty()) expect(',');
      m.parameters.push_back(symbol(word("a parameter name")));
      if (take('=')) m.defaults.push_back(expression());
      else if (!m.defaults.empty()) fail("a parameter without default follows one with a default");
    }
    expect(')');
  }
  id macro_body(macro_shape m, std::string_view end) {
    const frame hard(*this, false);
    const std::uint32_t loops = std::exchange(loops_, 0);
    const bool rest = std::exchange(mentions_rest_, false), named = std::exchange(mentions_named_, false);
    const bool caller = std::exchange(mentions_caller_, false);
    m.body = body({end});
    next();
    m.takes_rest = mentions_rest_;
    m.takes_named = mentions_named_;
    m.takes_caller = mentions_caller_;
    mentions_caller_ = caller;
    loops_ = loops;
    mentions_rest_ = rest;
    mentions_named_ = named;
    tree_.macros.push_back(std::move(m));
    return static_cast<id>(tree_.macros.size() - 1);
  }
  id macro() {
    macro_shape m;
    const std::uint32_t line = line_;
    m.name = symbol(word("a macro name"));
    const frame hard(*this, false);
    parameters(m);
    const id n = add(op::macro, macro_body(std::move(m), "endmacro"));
    tree_.nodes[n].line = line;
    return n;
  }
  id call_block() {
    macro_shape m;
    m.name = symbol("caller");
    if (is('(')) parameters(m);
    const id called = expression();
    if (good_ && tree_.nodes[called].kind != op::call) fail("a call block needs a call");
    return add(op::call_block, macro_body(std::move(m), "endcall"), called);
  }
  id filtered() {
    const frame hard(*this, false);
    const id filters = filter_chain(0, true);
    const id content = body({"endfilter"});
    next();
    return add(op::filtered, filters, content);
  }
  id with() {
    std::vector<id> list;
    while (good_ && !is(token_type::block_end)) {
      if (!list.empty()) expect(',');
      list.push_back(target(true, false));
      expect('=');
      list.push_back(expression());
    }
    const frame hard(*this, false);
    list.push_back(body({"endwith"}));
    next();
    return add(op::with, list);
  }
  id generation() {
    const id content = body({"endgeneration"});
    next();
    return add(op::with, std::vector<id>{content});
  }
  id print() {
    std::vector<id> list;
    while (good_ && !is(token_type::block_end)) {
      if (!list.empty()) expect(',');
      list.push_back(add(op::print, expression()));
    }
    return add(op::group, list);
  }

  // --- targets

  id one_target(bool members) {
    if (take('(')) {
      const id t = target(true, members);
      expect(')');
      return t;
    }
    const std::string name = word("a name to assign to");
    for (std::string_view constant : {"true", "false", "none", "True", "False", "None"})
      if (name == constant) fail("cannot assign to '" + name + "'");
    if (name == "loop" && for_depth_ > 0) fail("cannot assign to 'loop' inside a loop");
    if (members && take('.')) return add(op::to_member, symbol(name), string(word("an attribute name")));
    return add(op::to_name, symbol(name));
  }
  id target(bool tuples, bool members) {
    const level guard(*this);
    const id one = good_ ? one_target(members) : 0;
    if (!tuples || !is(',')) return one;
    std::vector<id> list{one};
    while (good_ && take(',')) {
      if (is(token_type::block_end) || is(')') || is_word("in")) break;
      list.push_back(one_target(members));
    }
    return add(op::to_tuple, list);
  }

  // --- expressions

  /// One expression, or a tuple without brackets. `conditional`: `a if b else c` may stand here.
  id tuple_or_one(bool conditional, std::string_view end_word = {}) {
    const auto ended = [&] {
      return is(token_type::print_end) || is(token_type::block_end) || is(')') || is(token_type::end) ||
             (!end_word.empty() && is_word(end_word));
    };
    if (ended()) {
      unexpected("an expression");
      return 0;
    }
    const id one = conditional ? expression() : operators(1);
    if (!is(',')) return one;
    std::vector<id> list{one};
    while (good_ && take(',') && !ended()) list.push_back(conditional ? expression() : operators(1));
    return add(op::tuple, list);
  }

  id expression() {
    const level guard(*this);
    const std::size_t unknown = unknown_.size();
    id left = good_ ? operators(1) : 0;
    while (good_ && take_word("if")) {
      const frame soft(*this, true);
      unknown_.resize(unknown);
      const id condition = operators(1);
      const id otherwise = take_word("else") ? expression() : 0;
      left = add(op::choose, condition, left, otherwise);
    }
    return left;
  }

  struct binary {
    op kind = op::nothing;
    int level = 0;
    unsigned words = 1;  ///< tokens it takes
    std::uint16_t sign = 0;
  };
  [[nodiscard]] binary binary_here() const noexcept {
    if (is(token_type::name)) {
      if (is_word("or")) return {op::either, 1};
      if (is_word("and")) return {op::both, 2};
      if (is_word("in")) return {op::compare, 4, 1, sign_in};
      if (is_word("not") && ahead().type == token_type::name && text_of(ahead()) == "in")
        return {op::compare, 4, 2, sign_not_in};
      return {};
    }
    if (!is(token_type::sign)) return {};
    switch (here().sign) {
      case sign('=', '='):
      case sign('!', '='):
      case sign('<'):
      case sign('<', '='):
      case sign('>'):
      case sign('>', '='): return {op::compare, 4, 1, here().sign};
      case sign('+'): return {op::add, 5};
      case sign('-'): return {op::subtract, 5};
      case sign('~'): return {op::concat, 6};
      case sign('*'): return {op::multiply, 7};
      case sign('/'): return {op::divide, 7};
      case sign('/', '/'): return {op::floor_divide, 7};
      case sign('%'): return {op::modulo, 7};
      case sign('*', '*'): return {op::power, 8};
      default: return {};
    }
  }

  /// Precedence climbing over all binary operators from `lowest` up; `not` binds between `and` and comparisons.
  id operators(int lowest) {
    id left = 0;
    if (lowest <= 3 && is_word("not")) {
      const level guard(*this);
      next();
      left = good_ ? add(op::negate, operators(3)) : 0;
    } else {
      left = unary(true);
    }
    while (good_) {
      const binary b = binary_here();
      if (b.level == 0 || b.level < lowest) break;
      left = b.kind == op::compare || b.kind == op::concat ? chain(left, b) : pair(left, b);
    }
    return left;
  }
  id pair(id left, const binary& b) {
    next();
    const std::uint32_t line = line_;
    const id right = operators(b.level + 1);
    const id n = add(b.kind, left, right);
    tree_.nodes[n].line = line;
    return n;
  }
  id chain(id left, binary b) {
    std::vector<id> list;
    const op kind = b.kind;
    if (kind == op::concat) list.push_back(left);
    for (; good_ && b.kind == kind; b = binary_here()) {
      for (unsigned i = 0; i < b.words; ++i) next();
      if (kind == op::compare) list.push_back(b.sign);
      list.push_back(operators(b.level + 1));
    }
    return add(kind, list, left);
  }

  id unary(bool with_filters) {
    const level guard(*this);
    if (!good_) return 0;
    id n = 0;
    if (is('-') || is('+')) {
      const op kind = is('-') ? op::minus : op::plus;
      next();
      n = add(kind, unary(false));
    } else {
      n = primary();
    }
    n = postfix(n);
    return with_filters ? filters_and_tests(n) : n;
  }

  id primary() {
    line_ = here().line;
    switch (here().type) {
      case token_type::name: return name();
      case token_type::string: return strings();
      case token_type::integer:
      case token_type::real: return number();
      default: break;
    }
    if (take('(')) return parenthesis();
    if (take('[')) return items(']', op::list);
    if (take('{')) return items('}', op::dict);
    unexpected("an expression");
    return 0;
  }
  id name() {
    const std::string_view w = text_of(here());
    next();
    if (w == "true" || w == "True") return add(op::truth, 1);
    if (w == "false" || w == "False") return add(op::truth, 0);
    if (w == "none" || w == "None") return add(op::none);
    mentions_rest_ = mentions_rest_ || w == "varargs";
    mentions_named_ = mentions_named_ || w == "kwargs";
    mentions_caller_ = mentions_caller_ || w == "caller";
    return add(op::name, symbol(w));
  }
  id strings() {
    std::string whole;
    while (is(token_type::string)) {
      if (!unescaper(text_of(here())).run(whole)) fail("a string with a malformed escape");
      next();
    }
    return add(op::string, string(std::move(whole)));
  }
  id number() {
    std::string digits;
    for (char c : text_of(here()))
      if (c != '_') digits += c;
    const bool whole = is(token_type::integer);
    next();
    if (whole) {
      const char kind = digits.size() > 1 && digits[0] == '0' ? static_cast<char>(digits[1] | 32) : '\0';
      const int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
      std::int64_t i = 0;
      if (parse_integer(digits, base, i)) {
        tree_.integers.push_back(i);
        return add(op::integer, static_cast<id>(tree_.integers.size() - 1));
      }
      if (base != 10) fail("malformed number");
      return add(op::huge, string(std::move(digits)));
    }
    double d = 0;
    if (!parse_real(digits, d)) fail("malformed number");
    tree_.reals.push_back(d);
    return add(op::real, static_cast<id>(tree_.reals.size() - 1));
  }
  id parenthesis() {
    if (take(')')) return add(op::tuple, std::vector<id>{});
    const id n = tuple_or_one(true);
    expect(')');
    return n;
  }
  id items(char close, op kind) {
    std::vector<id> list;
    while (good_ && !is(close)) {
      if (!list.empty()) expect(',');
      if (is(close)) break;
      list.push_back(expression());
      if (kind != op::dict) continue;
      expect(':');
      list.push_back(expression());
    }
    expect(close);
    return add(kind, list);
  }

  id postfix(id n) {
    while (good_) {
      if (is('.') || is('[')) n = subscript(n);
      else if (is('(')) n = call(n);
      else break;
    }
    return n;
  }
  id subscript(id of) {
    if (take('.')) {
      if (is(token_type::integer)) return add(op::item, of, number());
      return add(op::attribute, of, string(word("a name or number after '.'")));
    }
    next();
    std::vector<id> keys;
    bool slice = false;
    std::vector<id> bounds{0, 0, 0};
    while (good_ && !is(']')) {
      if (!keys.empty()) expect(',');
      keys.push_back(is(':') ? 0 : expression());
      if (!is(':')) continue;
      slice = true;
      bounds[0] = keys.back();
      for (std::size_t i = 1; i < 3 && take(':'); ++i)
        if (!is(':') && !is(']') && !is(',')) bounds[i] = expression();
    }
    expect(']');
    if (slice && keys.size() > 1) fail("a slice inside a tuple is not supported", errc::unsupported);
    if (slice) return add(op::slice, bounds, of);
    return add(op::item, of, keys.size() == 1 ? keys[0] : add(op::tuple, keys));
  }
  id call_arguments() {
    call_shape shape;
    expect('(');
    while (good_ && !is(')')) {
      one_argument(shape);
      if (!is(')')) expect(',');
    }
    expect(')');
    tree_.calls.push_back(std::move(shape));
    return static_cast<id>(tree_.calls.size() - 1);
  }
  void one_argument(call_shape& shape) {
    if (take('*')) {
      if (shape.star || shape.stars) fail("malformed arguments");
      shape.star = expression();
    } else if (is(token_type::sign) && here().sign == sign('*', '*')) {
      next();
      if (shape.stars) fail("malformed arguments");
      shape.stars = expression();
    } else if (is(token_type::name) && ahead().type == token_type::sign && ahead().sign == sign('=')) {
      if (shape.stars) fail("malformed arguments");
      std::string key(text_of(here()));
      for (const auto& [known, value] : shape.named)
        if (known == key) fail("the argument '" + key + "' is given twice");
      next();
      next();
      shape.named.emplace_back(std::move(key), expression());
    } else {
      if (shape.star || shape.stars || !shape.named.empty()) fail("an argument without name follows one with a name");
      shape.positional.push_back(expression());
    }
  }
  id no_arguments() {
    tree_.calls.emplace_back();
    return static_cast<id>(tree_.calls.size() - 1);
  }
  id call(id of) {
    const std::uint32_t line = here().line;
    const id n = add(op::call, of, 0, call_arguments());
    tree_.nodes[n].line = line;
    return n;
  }

  id filters_and_tests(id n) {
    while (good_) {
      if (is('|')) n = filter_chain(n, false);
      else if (is_word("is")) n = test(n);
      else if (is('(')) n = call(n);
      else break;
    }
    return n;
  }
  std::string dotted(std::string_view wanted) {
    std::string name = word(wanted);
    while (good_ && take('.')) (name += '.') += word(wanted);
    return name;
  }
  id unknown(std::string_view what, const std::string& name) {
    std::string why = "no " + std::string(what) + " named '" + name + "'";
    if (!soft_) unknown_.emplace_back(line_, why);
    return string(std::move(why));
  }
  id filter_chain(id n, bool begun) {
    while (good_ && (begun || take('|'))) {
      begun = false;
      const std::string name = dotted("a filter name");
      const std::uint32_t line = line_;
      const signature* f = find_signature(filter_table, name);
      const id missing = f ? 0 : unknown("filter", name);
      tree_.filters.push_back(f);
      const auto which = static_cast<id>(tree_.filters.size() - 1);
      const id arguments = is('(') ? call_arguments() : no_arguments();
      n = add(op::filter, n, which, arguments);
      tree_.nodes[n].line = line;
      tree_.nodes[n].first = missing;
    }
    return n;
  }
  id test(id n) {
    next();
    const bool negated = take_word("not");
    const std::string name = dotted("a test name");
    const signature* t = find_signature(test_table, name);
    const id missing = t ? 0 : unknown("test", name);
    tree_.tests.push_back(t);
    const auto which = static_cast<id>(tree_.tests.size() - 1);
    id arguments = 0;
    if (is('(')) {
      arguments = call_arguments();
    } else if (argument_follows()) {
      if (is_word("is")) fail("tests cannot be chained");
      const id one = good_ ? postfix(primary()) : 0;
      arguments = no_arguments();
      tree_.calls[arguments].positional.push_back(one);
    } else {
      arguments = no_arguments();
    }
    n = add(op::test, n, which, arguments);
    tree_.nodes[n].first = missing;
    return negated ? add(op::negate, n) : n;
  }
  [[nodiscard]] bool argument_follows() const noexcept {
    switch (here().type) {
      case token_type::name: return !is_word("else") && !is_word("or") && !is_word("and");
      case token_type::string:
      case token_type::integer:
      case token_type::real: return true;
      default: return is('[') || is('{');
    }
  }

  std::string_view s_;
  std::vector<token> t_;
  const template_limits& limits_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  const retort::detail::stack_budget stack_;
  unsigned depth_ = 0;
  std::uint32_t loops_ = 0, for_depth_ = 0;
  bool soft_ = false;
  bool mentions_rest_ = false, mentions_named_ = false, mentions_caller_ = false;
  bool good_ = true;
  error error_{errc::bad_template, {}};
  std::vector<std::pair<std::uint32_t, std::string>> unknown_;
  std::map<std::string, id, std::less<>> symbols_;
  tree tree_;
};

}  // namespace detail::templates
RETORT_END
