// What Jinja2 3.1 with transformers' settings makes of small templates: every construct that chat templates use.
// The expected texts were printed by Jinja2 itself.
#include "catch.hpp"

#include <retort/jinja/chat_template.hpp>

using namespace retort;

namespace {

constexpr const char* variables =
    R"~({"u": "hé<b>", "messages": [{"role": "user", "content": "Hi there"}, {"role": "assistant", "content": null, "tool_calls": [1, 2.0]}], "n": 5, "f": 2.5, "z": 0, "t": true, "no": null, "e": "", "l": [3, 1, 2], "d": {"b": 1, "a": "x", "C": null, "items": 7}, "bos_token": "<s>", "big": 123456789012345678901234567890, "nest": {"a": {"b": [{"c": 1}, {"c": 2}]}}, "ws": "  a b  \n c\t", "fl": [1.0, 1e-07, 1e+22, 0.1, -0.0], "ar": "مرحبا بالعالم", "q": "it's", "qq": "it's \"x\"", "people": [{"n": "Bob", "a": 3}, {"n": "alice", "a": 1}, {"n": "Carl", "a": 2}]})~";

struct rendering {
  const char* source;
  const char* expected;
};

constexpr rendering renders[] = {
    {"{% for x in l %}{{ x }}{% break %}{% else %}E{% endfor %}", "3E"},
    {"{% for x in l %}{% if x > 1 %}{% continue %}{% endif %}{{ x }}{% else %}E{% endfor %}", "1"},
    {"{% for x in l %}{{ x }}{% continue %}{% else %}E{% endfor %}", "312E"},
    {"{{ 1 + 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 7.5 // 2 }} {{ "
     "-7.5 % 2 }} {{ 1e3 }} {{ 1_000 }} {{ 0x1F }} {{ 0b11 }} {{ 0o17 }}",
     "3 3 -4 2 3.5 1024 0.5 3.0 0.5 1000.0 1000 31 3 15"},
    {"{{ true }} {{ True }} {{ none }} {{ None }} {{ false }} {{ true + 1 }} {{ not true }} {{ not not 5 }}",
     "True True None None False 2 False True"},
    {"{{ [1, 'a', 2.0, none, true, u, {'k': [1,]}] }} {{ (1,) }} {{ () }} {{ (1, 2) }} {{ 1, 2 }}",
     "[1, 'a', 2.0, None, True, 'hé<b>', {'k': [1]}] (1,) () (1, 2) (1, 2)"},
    {R"~({{ d }} {{ fl }} {{ q }} {{ [q, qq] }} {{ ['\n\t\\', 'é', 'مرحبا', '\x7f', '\u200f', '\xa0'] }})~",
     R"~({'b': 1, 'a': 'x', 'C': None, 'items': 7} [1.0, 1e-07, 1e+22, 0.1, -0.0] it's ["it's", 'it\'s "x"'] ['\n\t\\', 'é', 'مرحبا', '\x7f', '\u200f', '\xa0'])~"},
    {"{{ undefinedvar }}|{{ d.zzz }}|{{ d['zzz'] }}|{{ l[10] }}|{{ no.foo }}|{{ u.foo }}", "|||||"},
    {"{{ undefinedvar ~ 'a' ~ 5 ~ none ~ 2.0 }}", "a5None2.0"},
    {"{{ 'ab' * 3 }} {{ [1] * 2 }} {{ 3 * 'x' }}", "ababab [1, 1] xxx"},
    {"{{ u[0] }} {{ u[1] }} {{ u[-1] }} {{ u[1:3] }} {{ u[::-1] }} {{ l[::-1] }} {{ l[:2] }} {{ l[-2:] }} {{ ar[2:5] "
     "}} {{ u[::2] }} {{ u[5:1:-2] }} {{ (1,2,3)[1:] }} {{ range(10)[2:5] }}",
     "h é > é< >b<éh [2, 1, 3] [3, 1] [1, 2] حبا h<> >< (2, 3) range(2, 5)"},
    {"{{ 'a' in u }} {{ 'h' in u }} {{ 3 in l }} {{ 9 not in l }} {{ 'a' in d }} {{ 1 in d }} {{ 'x' in undefinedvar "
     "}}",
     "False True True True True False False"},
    {"{{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 'a' < 'b' }} {{ [1,2] < [1,3] }} {{ 1 == 1.0 }} {{ true == 1 }} {{ 'a' == 'a' "
     "}} {{ [1] == [1.0] }} {{ (1,) == [1] }} {{ {'a':1,'b':2} == {'b':2,'a':1} }} {{ none == undefinedvar }} {{ "
     "undefinedvar == otherundefined }} {{ 1 != 2 }}",
     "True False True True True True True True False True False True True"},
    {"{{ u if t }}|{{ u if e }}|{{ u if e else 'x' if z else 'y' }}|{{ ('a' if t else 'b') ~ 'c' }}", "hé<b>||y|ac"},
    {"{{ e or 'dflt' }} {{ t and 5 }} {{ z or no or 'last' }} {{ t and z and 1 }} {{ not z and t }}",
     "dflt 5 last 0 True"},
    {"{{ u|upper }} {{ u|lower }} {{ 'hello world'|title }} {{ 'hELLO'|capitalize }} {{ 'straße'|upper }} {{ "
     "'ÀÉΣΔЖ'|lower }} {{ 'ǆñŉﬁ'|upper }}",
     "HÉ<B> hé<b> Hello World Hello STRASSE àéσδж ǄÑʼNFI"},
    {"{{ ws|trim }}|{{ ws.strip() }}|{{ ws.lstrip() }}|{{ ws.rstrip() }}|{{ 'xxaxx'.strip('x') }}|{{ "
     "'abcba'.strip('ab') }}|{{ 'xay'|trim('xy') }}|{{ 5|trim }}",
     "a b  \n c|a b  \n c|a b  \n c\t|  a b  \n c|a|c|a|5"},
    {"{{ ws.split() }} {{ 'a,b,,c'.split(',') }} {{ 'a,b,c'.split(',', 1) }} {{ ' a b c '.split(none, 1) }} {{ 'a "
     "b'.split(' ')[-1] }} {{ ''.split() }} {{ ''.split(',') }} {{ 'abc'.split('</think>')[-1] }} {{ "
     "'a,b,c'.rsplit(',', 1) }} {{ 'a b c'.split(maxsplit=1) }}",
     "['a', 'b', 'c'] ['a', 'b', '', 'c'] ['a', 'b,c'] ['a', 'b c '] b [] [''] abc ['a,b', 'c'] ['a', 'b c']"},
    {"{{ 'abc'.startswith('a') }} {{ 'abc'.endswith(('x','c')) }} {{ 'abc'.find('c') }} {{ 'éa'.find('a') }} {{ "
     "'abc'.rfind('z') }} {{ 'aXbX'.replace('X','-') }} {{ 'aXbX'.replace('X','-',1) }} {{ 'abc'.replace('', '-') }} "
     "{{ 'abc'.replace('', '-', 2) }} {{ 'banana'.count('an') }} {{ 'é'.replace('', '.') }}",
     "True True 2 1 -1 a-b- a-bX -a-b-c- -a-bc 2 .é."},
    {R"~({{ ', '.join(['a','b']) }} {{ 'abc'.join('xyz') }} {{ 'a\nb\r\nc'.splitlines() }} {{ 'a\nb\n'.splitlines(true) }} {{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('c') }} {{ '12'.isdigit() }} {{ 'ab'.isalpha() }} {{ 'Ab'.isupper() }} {{ 'AB1'.isupper() }} {{ ' '.isspace() }} {{ 'k=v=w'.partition('=') }} {{ 'kv'.partition('=') }} {{ '-5'.zfill(4) }})~",
     R"~(a, b xabcyabcz ['a', 'b', 'c'] ['a\n', 'b\n'] bc ab True True False True True ('k', '=', 'v=w') ('kv', '', '') -005)~"},
    {"{{ d.items() }} {{ d['items'] }} {{ d.keys() }} {{ d.values()|list }} {{ d.get('b') }} {{ d.get('zz') }} {{ "
     "d.get('zz', 5) }} {{ d.get('C', 5) }}",
     "dict_items([('b', 1), ('a', 'x'), ('C', None), ('items', 7)]) 7 dict_keys(['b', 'a', 'C', 'items']) [1, 'x', "
     "None, 7] 1 None 5 None"},
    {"{% set x = l.append %}{{ x is defined }}{{ x }}", "False"},
    {"{{ l.index(1) }} {{ l.count(3) }} {{ l.copy() }} {{ d.copy() }}",
     "1 1 [3, 1, 2] {'b': 1, 'a': 'x', 'C': None, 'items': 7}"},
    {"{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "b=1;a=x;C=None;items=7;"},
    {"{% for k, v in d|items %}{{ k }}={{ v }};{% endfor %}{% for k in d %}{{ k }}{% endfor %}",
     "b=1;a=x;C=None;items=7;baCitems"},
    {"{% for k, v in undefinedvar|items %}x{% endfor %}ok", "ok"},
    {"{% for x in undefinedvar %}a{% else %}none{% endfor %}", "none"},
    {"{% for c in 'héy' %}[{{ c }}]{% endfor %}", "[h][é][y]"},
    {"{% for a, b in [(1,2),[3,4],'xy'] %}{{ a }}{{ b }} {% endfor %}", "12 34 xy "},
    {"{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ "
     "loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('o','e') }}{{ loop.changed(x > "
     "1) }}{{ loop.depth }}|{% endfor %}",
     "1032TrueFalse31oTrue1|2121FalseFalse332eTrue1|3210FalseTrue31oTrue1|"},
    {"{% for x in l if x > 1 %}{{ loop.index }}{{ x }}{{ loop.last }}{{ loop.length }}{% endfor %}", "13False222True2"},
    {"{% set ns = namespace(go=false) %}{% for x in [1,2,3,4] if ns.go or x == 1 %}{{ x }}{% set ns.go = true %}{% "
     "endfor %}",
     "1234"},
    {"{% set ns = namespace(go=false) %}{% for x in [1,2,3,4] if ns.go or x == 1 %}{{ x }}{{ loop.last }}{% set ns.go "
     "= true %}{% endfor %}",
     "1True"},
    {"{% set x = 1 %}{% for i in [1,2] %}{{ x }}{% set x = 5 %}{{ x }}{% endfor %}{{ x }}", "15151"},
    {"{% if t %}{% set y = 5 %}{% endif %}{{ y }}", "5"},
    {"{% for i in [1] %}{% if t %}{% set y = 5 %}{% endif %}{{ y }}{% endfor %}[{{ y }}]", "5[]"},
    {"{% set ns = namespace(a=1, b='x') %}{% for i in [1,2] %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.b "
     "}}{{ ns.zz }}{{ ns.zz is defined }}",
     "4xFalse"},
    {"{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}{{ ns['a'] }}", "121"},
    {"{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set (c, d2) = [3, 4] %}{{ c }}{{ d2 }}", "1234"},
    {"{% set x %}hello {{ n }}{% endset %}{{ x }}{% set y | upper | trim %} abc {% endset %}{{ y }}", "hello 5ABC"},
    {"{% filter upper %}abc {{ u }}{% endfilter %}{% filter replace('a','b') | upper %}aaa{% endfilter %}",
     "ABC HÉ<B>BBB"},
    {"{% macro m(a, b='B', c=none) %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(1, c=3) }}{{ "
     "m(b=1, a=2) }}{{ m() }}",
     "[1BNone][12None][1B3][21None][BNone]"},
    {"{% macro m(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, k=4) }}", "1(2, 3){'k': 4}"},
    {"{% macro m(x, y=x) %}{{ x }}{{ y }}{% endmacro %}{{ m(7) }}", "77"},
    {"{% macro fact(k) %}{% if k > 1 %}{{ k }}*{{ fact(k - 1) }}{% else %}1{% endif %}{% endmacro %}{{ fact(5) }}",
     "5*4*3*2*1"},
    {"{% macro m() %}{{ later }}{% endmacro %}{% set later = 'L' %}{{ m() }}", "L"},
    {"{% for i in [1,2] %}{% macro m() %}<{{ i }}>{% endmacro %}{{ m() }}{% endfor %}", "<1><2>"},
    {"{% macro m() %}{% set z = 9 %}{{ z }}{% endmacro %}{{ m() }}{{ z }}", "90"},
    {"{% macro outer() %}[{{ caller() }}]{% endmacro %}{% call outer() %}in{{ n }}{% endcall %}", "[in5]"},
    {"{% macro outer() %}[{{ caller(5) }}]{% endmacro %}{% call(v) outer() %}in{{ v }}{% endcall %}", "[in5]"},
    {"{% macro m(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ m(*[1, 2]) }}{{ m(**{'a': 3, 'b': 4}) }}", "1234"},
    {"{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a }}", "15"},
    {"{% for i in range(5) %}{% if i == 3 %}{% break %}{% endif %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% "
     "endfor %}",
     "02"},
    {"{% raw %}{{ x }} {% y %}{% endraw %}", "{{ x }} {% y %}"},
    {"  {% raw -%}   {{ x }}   {%- endraw %}  z", "{{ x }}  z"},
    {R"~({{ d|tojson }} {{ fl|tojson }} {{ big|tojson }} {{ big }} {{ u|tojson }} {{ u|tojson(ensure_ascii=true) }} {{ nest|tojson(indent=2) }} {{ [] |tojson(indent=2) }} {{ {'a':[]}|tojson(indent=4) }} {{ '\x01\x7f\n'|tojson }} {{ (1,2)|tojson }} {{ d|tojson(sort_keys=true) }} {{ d|tojson(separators=(',',':')) }} {{ {1:2, none:3, true:4, 1.5: 6}|tojson }} {{ d | tojson(indent='--') }})~",
     "{\"b\": 1, \"a\": \"x\", \"C\": null, \"items\": 7} [1.0, 1e-07, 1e+22, 0.1, -0.0] "
     "123456789012345678901234567890 123456789012345678901234567890 \"h\303\251<b>\" \"h\\u00e9<b>\" {\n  \"a\": {\n   "
     " \"b\": [\n      {\n        \"c\": 1\n      },\n      {\n        \"c\": 2\n      }\n    ]\n  }\n} [] {\n    "
     "\"a\": []\n} \"\\u0001\177\\n\" [1, 2] {\"C\": null, \"a\": \"x\", \"b\": 1, \"items\": 7} "
     "{\"b\":1,\"a\":\"x\",\"C\":null,\"items\":7} {\"1\": 4, \"null\": 3, \"1.5\": 6} {\n--\"b\": 1,\n--\"a\": "
     "\"x\",\n--\"C\": null,\n--\"items\": 7\n}"},
    {"{{ '\\x7f\\x80~'|tojson(ensure_ascii=true) }}", "\"\\u007f\\u0080~\""},
    {"{{ l|length }} {{ u|length }} {{ d|count }} {{ undefinedvar|length }} {{ range(5)|length }}", "3 5 4 0 5"},
    {"{{ l|join(',') }} {{ u|join('-') }} {{ d|join }} {{ [1,none,'a']|join(' ') }} {{ people|join(', ', "
     "attribute='n') }} {{ undefinedvar|join }}",
     "3,1,2 h-é-<-b-> baCitems 1 None a Bob, alice, Carl "},
    {"{{ l|first }} {{ l|last }} {{ []|first }} {{ u|first }} {{ d|last }} {{ undefinedvar|first }}", "3 2  h items "},
    {"{{ people|map(attribute='n')|list }} {{ people|map(attribute='zz', default='-')|list }} {{ "
     "['a','b']|map('upper')|join }} {{ nest.a.b|map(attribute='c')|sum }} {{ people|map(attribute='n.0')|list }}",
     "['Bob', 'alice', 'Carl'] ['-', '-', '-'] AB 3 ['B', 'a', 'C']"},
    {"{{ people|selectattr('a', 'gt', 1)|map(attribute='n')|join(',') }} {{ people|selectattr('a')|list|length }} {{ "
     "people|rejectattr('n', 'equalto', 'Bob')|list|length }} {{ l|select('odd')|list }} {{ l|reject('equalto', "
     "1)|list }} {{ [0,1,'']|select|list }} {{ people|selectattr('zz', 'defined')|list }} {{ people|selectattr('n', "
     "'in', ['Bob'])|list }}",
     "Bob,Carl 3 2 [3, 1] [3, 2] [1] [] [{'n': 'Bob', 'a': 3}]"},
    {"{% set g = l|select('odd') %}{{ g|list }}{{ g|list }}{{ g is iterable }}{{ g is sequence }}{{ 'T' if []|select "
     "else 'F' }}",
     "[3, 1][]TrueFalseT"},
    {"{{ people|sort(attribute='n')|map(attribute='n')|list }} {{ people|sort(attribute='a', "
     "reverse=true)|map(attribute='a')|list }} {{ ['b','A','c']|sort }} {{ ['b','A','c']|sort(case_sensitive=true) }} "
     "{{ l|sort(reverse=true) }} {{ d|dictsort }} {{ {'b':1,'A':2}|dictsort(true) }} {{ "
     "{'b':1,'a':2}|dictsort(false,'value') }} {{ {'b':1,'a':2}|dictsort(reverse=true) }}",
     "['alice', 'Bob', 'Carl'] [3, 2, 1] ['A', 'b', 'c'] ['A', 'b', 'c'] [3, 2, 1] [('a', 'x'), ('b', 1), ('C', None), "
     "('items', 7)] [('A', 2), ('b', 1)] [('b', 1), ('a', 2)] [('b', 1), ('a', 2)]"},
    {"{{ ['a','A','b']|unique|list }} {{ ['a','A','b']|unique(true)|list }} {{ [1,1.0,true,2]|unique|list }} {{ l|min "
     "}}{{ l|max }} {{ []|max }} {{ people|max(attribute='a') }}",
     "['a', 'b'] ['a', 'A', 'b'] [1, 2] 13  {'n': 'Bob', 'a': 3}"},
    {"{{ x|default('D') }} {{ e|default('D') }} {{ e|default('D', true) }} {{ no|default('D') }} {{ no|d('D', "
     "boolean=true) }} {{ x|default }}",
     "D  D None D "},
    {"{{ '42'|int }} {{ 'x'|int }} {{ 'x'|int(7) }} {{ '4.7'|int }} {{ 4.7|int }} {{ '0x1f'|int(base=16) }} {{ "
     "'1_0'|int }} {{ ' 5 '|int }} {{ none|int }} {{ true|int }} {{ '3.5'|float }} {{ 'z'|float }} {{ 2|float }} {{ "
     "'1e3'|float }} {{ 'inf'|int }}",
     "42 0 7 4 4 31 10 5 0 1 3.5 0.0 2.0 1000.0 0"},
    {"{{ 2.5|round }} {{ 3.5|round }} {{ 2.567|round(2) }} {{ 2.567|round(1,'floor') }} {{ 2.1|round(method='ceil') }} "
     "{{ 5|round }} {{ -3|abs }} {{ -3.5|abs }} {{ l|sum }} {{ [1.5,2]|sum }} {{ people|sum(attribute='a') }}",
     "2.0 4.0 2.57 2.5 3.0 5 3 3.5 6 3.5 6"},
    {R"~({{ 'a\nb\n\nc'|indent }}|{{ 'a\nb'|indent(2, true) }}|{{ 'a\n\nb'|indent(2, blank=true) }}|{{ 'a\nb'|indent('> ', first=true) }}|{{ ''|indent }}|{{ 'a\n'|indent(2) }})~",
     R"~(a
    b

    c|  a
  b|a
  
  b|> a
> b||a
)~"},
    {"{{ u|replace('<','[') }} {{ 5|replace(5, 6) }} {{ 'aaa'|replace('a','b',2) }} {{ l|reverse|list }} {{ "
     "'abc'|reverse }} {{ l|list }} {{ 'abc'|list }} {{ n|string }} {{ (n|string) is string }}",
     "hé[b> 6 bba [2, 1, 3] cba [3, 1, 2] ['a', 'b', 'c'] 5 True"},
    {"{{ u|safe }} {{ (u|safe) + '<x>' }} {{ '<x>' + (u|safe) }} {{ (u|safe) ~ '<x>' }} {{ u|e }} {{ u|escape|escape "
     "}} {{ (u|safe|upper) + '&' }} {{ (u|tojson|safe) }} {{ u|safe is escaped }} {{ (u|safe|string) + '&' }} {{ "
     "(u|safe|trim) + '&' }} {{ (u|safe|replace('x','y')) + '&' }}",
     R"~(hé<b> hé<b>&lt;x&gt; &lt;x&gt;hé<b> hé<b><x> hé&lt;b&gt; hé&lt;b&gt; HÉ<B>&amp; "hé<b>" True hé<b>&amp; hé<b>&amp; hé<b>&)~"},
    {"{{ (u|safe).upper() + '&' }} {{ ((u|safe)[0:2]) + '&' }} {{ (u|safe|list)|join('&') }} {{ (u|safe) * 2 + '&' }} "
     "{{ [u|safe] }}",
     "HÉ<B>&amp; hé&amp; h&é&<&b&> hé<b>hé<b>&amp; [Markup('hé<b>')]"},
    {"{{ t is boolean }} {{ 1 is boolean }} {{ t is true }} {{ 1 is true }} {{ z is false }} {{ n is integer }} {{ t "
     "is integer }} {{ f is float }} {{ t is number }} {{ u is string }} {{ d is mapping }} {{ l is mapping }} {{ l is "
     "sequence }} {{ u is sequence }} {{ d is sequence }} {{ 5 is sequence }} {{ u is iterable }} {{ 5 is iterable }} "
     "{{ no is iterable }} {{ undefinedvar is iterable }} {{ undefinedvar is sequence }} {{ no is none }} {{ "
     "undefinedvar is none }} {{ d.C is none }} {{ x is not defined }} {{ n is odd }} {{ n is even }} {{ n is "
     "divisibleby 5 }} {{ n is divisibleby(3) }} {{ 'a' is in 'abc' }} {{ 1 is in [1] }} {{ n is eq 5 }} {{ n is gt 3 "
     "}} {{ 'abc' is lower }} {{ 'ABC' is upper }} {{ n is sameas n }} {{ range is callable }} {{ 'upper' is filter }} "
     "{{ 'odd' is test }} {{ d.items() is iterable }} {{ d.items() is sequence }}",
     "True False True False False True False True True True True False True True True False True False False True True "
     "True False True True True False True False True True True True True True True True True True True False"},
    {"{% if false %}{{ n is nosuch }}{% endif %}ok", "ok"},
    {"{% if false %}{{ n|nosuch }}{% endif %}ok", "ok"},
    {"{{ n|nosuch if false else 'ok' }}", "ok"},
    {"{{ 'a' ~ 1 + 'b' }} {{ 2 ** 3 ** 2 }} {{ not 1 == 2 }} {{ 'x' ~ l|length }} {{ l|length + 1 }} {{ n if t else 1 "
     "+ 1 }}",
     "a1b 64 True x3 4 5"},
    {"{{ strftime_now('%d %b %Y') }} {{ strftime_now('%Y-%m-%d %H:%M:%S %A %B %j %p %I %y %%') }}",
     "15 Jan 2026 2026-01-15 12:00:00 Thursday January 015 PM 12 26 %"},
    {"{{ range(3)|list }} {{ range(1,4)|list }} {{ range(5,0,-2)|list }} {{ range(3) }} {{ range(1,9,2) }} {{ "
     "range(10)[-1] }} {{ 3 in range(5) }} {{ range(5)|last }}",
     "[0, 1, 2] [1, 2, 3] [5, 3, 1] range(0, 3) range(1, 9, 2) 9 True 4"},
    {"{{ dict(a=1, b=2) }} {{ dict([(1,2)]) }} {{ dict({'x':1}, y=2) }}", "{'a': 1, 'b': 2} {1: 2} {'x': 1, 'y': 2}"},
    {R"~({{ 'abc' 'def' }} {{ "a\"b" }} {{ 'a\'b' }} {{ 'tab\there' }} {{ '\d\_' }} {{ '\x41\u0042\101' }})~",
     "abcdef a\"b a'b tab\there \\d\\_ ABA"},
    {"{{- ' x ' -}}   y  {{- 'z' }}", " x yz"},
    {R"~(a
  {% if t %}
  b
  {% endif %}
c)~",
     R"~(a
  b
c)~"},
    {R"~(a
  {%+ if t %}
  b
  {%+ endif +%}
c)~",
     R"~(a
    b
  
c)~"},
    {R"~(a {# comment #} b
  {# line comment #}
c {#- x -#} d
{#+ x +#}
e)~",
     R"~(a  b
cd

e)~"},
    {R"~({% if t -%}
   x
{%- endif %}
y
{{ n }}
z)~",
     R"~(xy
5
z)~"},
    {R"~(  {% set x = 1 %}  {% set y = 2 %}
q)~",
     "  q"},
    {"\t{%- for i in [1,2] -%} {{ i }} {%- endfor +%}\nend",
     R"~(12
end)~"},
    {"{{ {'a': {'b': 1}} }} {{ {'a': {'b': {}}}['a']['b'] }} {{ {} }} {{ {'a': 1,} }} {{ [1,2,] }}",
     "{'a': {'b': 1}} {} {} {'a': 1} [1, 2]"},
    {"{{ nest.a.b.0.c }} {{ nest['a']['b'][1]['c'] }} {{ nest.a.b[0].c }} {{ l.0 }} {{ messages[0]['role'] }} {{ "
     "messages[-1].content }} {{ messages[1].tool_calls }}",
     "1 2 1 3 user None [1, 2.0]"},
    {"{% if u is string and l is iterable and not (l is string) %}A{% elif t %}B{% else %}C{% endif %}{% if z %}A{% "
     "elif n %}B{% else %}C{% endif %}{% if z %}A{% elif e %}B{% else %}C{% endif %}",
     "ABC"},
    {"{{ loop }}", ""},
    {"{{ 9223372036854775807 }} {{ 12345678901234567890 }} {{ 5.0 }} {{ 1e16 }} {{ 123456789.123 }} {{ 1.5e-5 }}",
     "9223372036854775807 12345678901234567890 5.0 1e+16 123456789.123 1.5e-05"},
    {"{% generation %}{{ n }}{% endgeneration %}x", "5x"},
    {"{% print n, u %}", "5hé<b>"},
    {"{{ l is mapping or d is mapping }} {{ not d is mapping }} {{ d is not mapping }} {{ 'a' not in ['b'] and true }}",
     "True False False True"},
    {"{{ u.__class__ }}", ""},
    {R"~({{ '%s' }} {{ '{}' }} {{ "{{ x }}" }} {{ '{%' }})~", "%s {} {{ x }} {%"},
    {R"~({{ messages | selectattr("role", "equalto", "user") | list | first }} {{ messages|map(attribute='role')|join('/') }} {{ (messages|last).role }})~",
     "{'role': 'user', 'content': 'Hi there'} user/assistant assistant"},
    {"{{ 'a'.upper().lower().title() }} {{ ('a' ~ 'b').upper() }} {{ 'abc'[1:].upper() }} {{ 'abc'|upper|lower }} {{ "
     "('x'|upper).lower() }}",
     "A AB BC abc x"},
    {"{{ l[0]['x'] }}", ""},
    {"{{ l['x'] }} {{ u['x'] }} {{ n['x'] }} {{ no[0] }}", "   "},
    {"{{ 'a' if x is defined else 'b' }} {{ x is defined and x.y }} {{ (x is defined and x) or 'd' }}", "b False d"},
    {"{% set items = [] %}{% for i in l %}{% set items = items + [i] %}{% endfor %}{{ items }}", "[]"},
    {"{% set ns = namespace(items=[]) %}{% for i in l %}{% set ns.items = ns.items + [i] %}{% endfor %}{{ ns.items }}",
     "[3, 1, 2]"},
    {"{% for m in messages %}{{ m.role }}:{{ m.content if m.content is not none else 'null' }}{{ '' if loop.last else "
     "',' }}{% endfor %}",
     "user:Hi there,assistant:null"},
    {"{% for a in [1,2] %}{% for b in [3,4] %}{{ loop.index }}{{ a }}{{ b }}{% endfor %}{{ loop.index }}{% endfor %}",
     "11321411232242"},
    {R"~({%- for tool in [{'function': {'name': 'x', 'parameters': {'properties': {'p': {'type': 'string'}}}}}] %}
{{- tool.function.name }}{% for k, v in tool.function.parameters.properties.items() %}{{ k }}:{{ v.type }}{% endfor %}
{%- endfor %})~",
     "xp:string"},
    {"{% for x in bos_token %}{{ x }}{% endfor %}{% set bos_token = 'later' %}{{ bos_token }}", "<s>later"},
    {"{{ u|upper|length }} {{ (u|upper)|length }} {{ [u]|first|upper }} {{ u | default ( 'x' ) }}", "5 5 HÉ<B> hé<b>"},
    {"{{ x == y == z }} {{ 1 in [1] == true }} {{ 'a' in 'abc' in ['x'] }}", "False False False"},
    {"{{ f is float and f > 2 }} {{ f|int }} {{ f * 2 }} {{ 10 % 3.5 }} {{ n - 7 }} {{ - n }} {{ +n }} {{ --n }}",
     "True 2 5.0 3.0 -2 -5 5 5"},
    {"{{ 'x' * -1 }}|{{ [] * 5 }}", "|[]"},
    {"{{ u | join | join | length }} {{ '' | list }} {{ 'x' | list | tojson }}", R"~(5 [] ["x"])~"},
    {"{{ messages[0:1] }} {{ messages[1:]|length }} {{ messages[:-1]|length }} {{ messages[5:] }}",
     "[{'role': 'user', 'content': 'Hi there'}] 1 1 []"},
    {"{% set x = [1,2,3] %}{% set y = x[1:] %}{{ y }}{% set a, b, c = x %}{{ a + b + c }}", "[2, 3]6"},
    {R"~({{ "a" "b" ~ "c" }} {{ 'é'|length }} {{ ar|length }} {{ ar|upper }} {{ ar[::-1] }} {{ ar.split(' ') }})~",
     "abc 1 13 مرحبا بالعالم ملاعلاب ابحرم ['مرحبا', 'بالعالم']"},
    {R"~({{ '\u00a0x\u3000'.strip() }}| {{ '　全角　'|trim }}|)~", "x| 全角|"},
    {"{{ 'a' ~ (none if t else 'x') }} {{ 'a' ~ undefinedvar }} {{ [undefinedvar] }}", "aNone a [Undefined]"},
    {"{%- macro p(x, depth=0) -%}{%- if x is mapping -%}{ {%- for k, v in x.items() -%}{{ k }}:{{ p(v, depth+1) }}{{ "
     "',' if not loop.last }}{%- endfor -%} }{%- elif x is iterable and x is not string -%}[{%- for v in x -%}{{ p(v) "
     "}}{{ ',' if not loop.last }}{%- endfor -%}]{%- else -%}{{ x }}{%- endif -%}{%- endmacro -%}{{ p(nest) }}",
     "{a:{b:[{c:1},{c:2}]}}"},
    {"{{ 1.0 }} {{ 100000000000000000.0 }} {{ 1.0e5 }} {{ 3.14|string }} {{ 1.0|int }} {{ 1 / 3 }} {{ 2 / 1 }}",
     "1.0 1e+17 100000.0 3.14 1 0.3333333333333333 2.0"},
    {"{{ 'abc'|first|upper }} {{ l|sort|first }} {{ (l|sort)[0] }} {{ l|sort|join }}", "A 1 1 123"},
    {R"~({{ 'hello-world (foo) [bar] <baz>'|title }} {{ "they're bill's"|title }} {{ "they're bill's".title() }})~",
     "Hello-World (Foo) [Bar] <Baz> They're Bill's They'Re Bill'S"},
    {"{{ range(3)[::2] }} {{ range(10)[::-3] }} {{ big > f }} {{ -big if false else 0 }}",
     "range(0, 3, 2) range(9, -1, -3) True 0"},
    {"{% for c in (u|safe) %}{{ c is escaped }}{% endfor %}", "FalseFalseFalseFalseFalse"},
    {"{{ [1,2,3]|map('string')|join('+') }} {{ [[1,2],[3]]|map('first')|list }} {{ [[1,2],[3]]|map('join', '-')|list "
     "}} {{ ['a']|map('default', 'x')|list }}",
     "1+2+3 [1, 3] ['1-2', '3'] ['a']"},
    {"{%- if messages[0]['role'] == 'system' -%}{%- set s = messages[0]['content'] -%}{%- else -%}{%- set s = 'none' "
     "-%}{%- endif -%}{{ s }}",
     "none"},
    {"{% set ns = namespace(last=-1) %}{% for m in messages[::-1] %}{% set i = (messages|length - 1) - loop.index0 "
     "%}{% if m.role == 'user' and ns.last < 0 %}{% set ns.last = i %}{% endif %}{% endfor %}{{ ns.last }}",
     "0"},
    {R"~({{ '</think>a</think>b'.split('</think>')[-1].lstrip('\n') }} {{ ('<think>\nx\n</think>\n\ny'.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n')) }})~",
     "b x"},
    {"{% for m in messages if m.content %}{{ m.content }}{{ loop.length }}{% else %}no{% endfor %}", "Hi there1"},
    {R"~({{ "%d" }}{{ 7 % 4 }}{{ -7 // 2.0 }}{{ 2 ** 0.5 > 1.4 }})~", "%d3-4.0True"},
    {"{{ messages[0]|tojson(indent=4) }}",
     R"~({
    "role": "user",
    "content": "Hi there"
})~"},
    {"{% macro a(x) %}{{ x|upper }}{% endmacro %}{% macro b(y) %}<{{ a(y) }}>{% endmacro %}{{ b('q') ~ b('r') }}{{ "
     "a('z') is string }}{{ a is callable }}",
     "<Q><R>TrueTrue"},
    {"{% set x = 'outer' %}{% macro m() %}{{ x }}{% endmacro %}{% for i in [1] %}{% set x = 'inner' %}{{ m() }}{{ x "
     "}}{% endfor %}",
     "outerinner"},
    {"{% for i in range(3) %}{% for j in range(3) %}{% if j == 1 %}{% continue %}{% endif %}{% if i == 1 %}{% break "
     "%}{% endif %}{{ i }}{{ j }} {% endfor %}{% endfor %}",
     "00 02 20 22 "},
    {"{% if true %}{% for i in [1,2] %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}{% endif %}x", "1x"},
    {R"~({%- set a %}  {{ n }}
 {%- endset -%}[{{ a }}])~",
     "[  5]"},
    {"{{ 'A' < 'a' }} {{ 'é' > 'z' }} {{ [] < [1] }} {{ (1, 'b') > (1, 'a') }} {{ 'ab' == 'a' ~ 'b' }}",
     "True True True True True"},
    {"{{ d|tojson|length }} {{ (d|tojson)[0] }} {{ d|string }} {{ l|string|length }}",
     "41 { {'b': 1, 'a': 'x', 'C': None, 'items': 7} 9"},
    {R"~({{ 'line1
line2' }} {{ 'a\
b' }})~",
     R"~(line1
line2 ab)~"},
    {"{# {{ not run }} {% nor this %} #}x{#- -#} y", "xy"},
    {"{{ '{#' }} {{ '#}' }} {{ '%}' }} {% if '%}' == '%}' %}y{% endif %}", "{# #} %} y"},
    {"{%if t%}a{%else%}b{%endif%}{%for x in l%}{{x}}{%endfor%}{{n}}{{-n}}", "a31255"},
    {R"~(x {%- if t +%}
y
{%- endif %}

z

)~",
     R"~(x
y
z
)~"},
};

/// Python raises for these, at once or while it renders.
constexpr const char* refusals[] = {
    "{% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}",
    "{{ undefinedvar.foo }}",
    "{{ undefinedvar + 'a' }}",
    "{{ 'a' + 5 }}",
    "{{ 'a' + none }}",
    "{{ l[1:0:0] }}",
    "{{ d[1:2] }}",
    "{{ 1 in u }}",
    "{{ 'a' in none }}",
    "{{ 1 in 5 }}",
    "{{ 1 < 'a' }}",
    "{{ none < 1 }}",
    "{{ undefinedvar < 1 }}",
    "{{ 'a'.split('') }}",
    "{{ ', '.join(['a', 1]) }}",
    "{{ 'abc'.startswith(1) }}",
    "{{ l.append(4) }}",
    "{{ d.pop('a') }}",
    "{{ d.update({'a':1}) }}",
    "{% for k, v in no|items %}x{% endfor %}",
    "{% for x in no %}{% endfor %}",
    "{% for x in 5 %}{% endfor %}",
    "{% for a, b in [(1,2,3)] %}{% endfor %}",
    "{% set d.x = 5 %}",
    "{% set undefinedns.x = 5 %}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(zz=2) }}",
    "{% break %}",
    "{{ undefinedvar|tojson }}",
    "{{ l|map('string')|tojson }}",
    "{{ no|length }}",
    "{{ 5|length }}",
    "{{ no|join }}",
    "{{ l|select('nosuchtest')|list }}",
    "{{ l|map('nosuchfilter')|list }}",
    "{{ [1,'a']|sort }}",
    "{{ 5|indent }}",
    "{{ n is nosuch }}",
    "{{ n|nosuch }}",
    "{% for i in [] %}{{ n|nosuch }}{% endfor %}",
    "{% if false %}{% for i in [] %}{{ n|nosuch }}{% endfor %}{% endif %}",
    "{% if true %}{{ n|nosuch }}{% endif %}",
    "{% macro m() %}{{ n|nosuch }}{% endmacro %}",
    "{{ -3|abs }} {{ -n|abs }} {{ 2 + 3 * 4 }} {{ (2 + 3) * 4 }} {{ 'a' ~ 1 + 2 }} {{ 1 + 2 ~ 'a' }}",
    "{{ raise_exception('boom') }}",
    "{{ range(1000000) }}",
    "{{ 1/0 }}",
    "{{ 1//0 }}",
    "{{ d['a']|upper ~ d.b }} {{ d.a.b.c is defined }}",
    "{{ d.a.b is defined }} {{ d.zz is defined }} {{ zz.a is defined }}",
    "{% if t %}x",
    "{% endif %}",
    "{{ 1 +",
    "{{ (1 }}",
    "{% nosuch %}",
    "{{ 'abc }}",
    "{# abc",
    "{% for %}{% endfor %}",
    "{% set x = %}",
    "{{ }}",
    "{% set 5 = x %}",
    "{% set true = x %}",
    "{{ a b }}",
    "{{ x.y( }}",
    "{{ n(1) }}",
    "{{ u.nosuch() }}",
    "{{ nosuch() }}",
    "{% for i in [1] %}{% set loop = 5 %}{% endfor %}",
    "{{ u.__class__.foo }}",
    "{{ (l + [4])|length }} {{ (1,) + (2,) }} {{ l + (1,) }}",
    "{{ l + 'a' }}",
    "{{ ns.x }}",
    "{{ messages|first.content }}",
    "{{ 1 if 2 if 3 else 4 else 5 }}",
    "{{ not }}",
    "{{ a.b.c }}",
    "{{ d.get([]) }}",
    "{{ {[]: 1} }}",
    "{{ [1,2,3].index(9) }}",
    "{{ 'a' is 'b' }}",
    "{{ none is none is none }}",
    "{{ (1, 'a', [2])|tojson }} {{ ('a',)|list }} {{ d|list }} {{ d.items()|list|tojson }} {{ d.items()|tojson }}",
    "{% set a, b = [1,2,3] %}",
    "{% if messages[0].role == 'user' and messages[0]['content'] != '' %}y{% endif %}{% if not messages[5] %}n{% endif "
    "%}{% if messages[5].role %}n{% endif %}",
    "{{ none|default('x', true) }}{{ false|default('x') }}{{ 0|default('x', true) }}{{ missing.deep is defined if "
    "missing is defined else 'gone' }}",
};

}  // namespace

TEST_CASE("jinja: small templates render as Jinja2 renders them") {
  render_options options;
  options.now = std::chrono::sys_days(std::chrono::year(2026) / 1 / 15) + std::chrono::hours(12);
  for (const auto& [source, expected] : renders) {
    CAPTURE(source);
    const auto t = chat_template::parse(source);
    CAPTURE(t ? std::string() : t.error().what);
    REQUIRE(t);
    const auto r = t->render_json(variables, options);
    CAPTURE(r ? std::string() : r.error().what);
    REQUIRE(r);
    CHECK(r->text == expected);
    const auto again = t->render(detail::parse_json(variables).value(), options);
    REQUIRE(again);
    if (std::string_view(source).find("big") == std::string_view::npos) CHECK(again->text == expected);
  }
}

TEST_CASE("jinja: what Jinja2 refuses is refused, with the line") {
  render_options options;
  options.now = std::chrono::sys_seconds{};
  for (const char* source : refusals) {
    CAPTURE(source);
    std::string why;
    if (const auto t = chat_template::parse(source); !t) {
      why = t.error().what;
    } else {
      const auto r = t->render_json(variables, options);
      CHECK_FALSE(r);
      if (!r) why = r.error().what;
    }
    CHECK(why.starts_with("template line "));
  }
}
