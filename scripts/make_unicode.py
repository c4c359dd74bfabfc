#!/usr/bin/env python3
"""Writes include/retort/text/unicode_tables.hpp.

Source: the Unicode Character Database 15.0.0 as Debian 12 packages it (apt-get install unicode-data), brought up to
16.0 by the list `ADDED_IN_16` below: 16.0 gave no earlier character another class, it only assigned new ones.
Normalization data stays at 15.0, which is what the tokenizers that ask for it were trained with.

usage: scripts/make_unicode.py [folder of the database, default /usr/share/unicode] [--check]
       --check compares the header with what would be written and changes nothing.
"""
import os
import sys

CLASSES = ["other", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "N", "P", "S", "W"]

# General categories of the characters that Unicode 16.0 added: class, then ranges.
ADDED_IN_16 = {
    "Lu": "1C89 A7CB-A7CC A7DA A7DC 10D50-10D65",
    "Ll": "1C8A A7CD A7DB 10D70-10D85",
    "Lm": "10D4E 10D6F 16D40-16D42 16D6B-16D6C",
    "Lo": "105C0-105F3 10D4A-10D4D 10D4F 10EC2-10EC4 11380-11389 1138B 1138E 11390-113B5 113B7 113D1 113D3 "
          "11BC0-11BE0 13460-143FA 16100-1611D 16D43-16D6A 18CFF 1E5D0-1E5ED 1E5F0 2EBF0-2EE5D",
    "M": "897 10D69-10D6D 10EFC 113B8-113C0 113C2 113C5 113C7-113CA 113CC-113D0 113D2 113E1-113E2 11F5A 1611E-1612F "
         "1E5EE-1E5EF",
    "N": "10D40-10D49 116D0-116E3 11BF0-11BF9 16130-16139 16D70-16D79 1CCF0-1CCF9 1E5F1-1E5FA",
    "P": "1B4E-1B4F 1B7F 10D6E 113D4-113D5 113D7-113D8 11BE1 16D6D-16D6F 1E5FF",
    "S": "2427-2429 2FFC-2FFF 31E4-31E5 31EF 10D8E-10D8F 1CC00-1CCEF 1CD00-1CEB3 1F8B2-1F8BB 1F8C0-1F8C1 1FA89 1FA8F "
         "1FABE 1FAC6 1FADC 1FADF 1FAE9 1FBCB-1FBEF",
}

# The letters that the deepseek-llm pre-tokenizer lists one by one: cased letters of an older Unicode.
DEEPSEEK_LLM_LETTERS = (
    "41-5A 61-7A B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376 377 37B-37D 37F 386 388-38A 38C 38E-3A1 "
    "3A3-3F5 3F7-481 48A-52F 531-556 10A0-10C5 13A0-13F5 13F8-13FD 1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 1D79-1D9A "
    "1E00-1F15 1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FBC 1FBE 1FC2-1FC4 "
    "1FC6-1FCC 1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC 2102 2107 210A-2113 2115 2119-211D 2124 2126 2128 "
    "212A-212D 212F-2134 2139 213C-213F 2145-2149 214E 2183 2184 2C00-2C7B 2C7E-2CE4 2CEB-2CEE 2CF2 2CF3 A640-A66D "
    "A680-A69B A722-A76F A771-A787 A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A FF41-FF5A 10400-1044F "
    "104B0-104D3 104D8-104FB 10C80-10CB2 10CC0-10CF2 118A0-118DF 1E900-1E943")


def ranges(text):
    for item in text.split():
        first, _, last = item.partition("-")
        yield int(first, 16), int(last or first, 16)


def points(text):
    return [c for first, last in ranges(text) for c in range(first, last + 1)]


def rows(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as lines:
        for line in lines:
            line = line.split("#")[0].strip()
            if line:
                yield [field.strip() for field in line.split(";")]


def load(folder):
    """Class per code point, combining class and canonical decomposition where there is one."""
    kind, ccc, decomposition, first = [0] * 0x110000, {}, {}, None
    for field in rows(folder, "UnicodeData.txt"):
        code, category = int(field[0], 16), field[2]
        name = category if category[0] == "L" else category[0]
        index = CLASSES.index(name) if name in CLASSES[1:10] else 0
        if field[1].endswith("First>"):
            first = code
            continue
        for c in range(first if field[1].endswith("Last>") else code, code + 1):
            kind[c] = index
        if field[3] != "0":
            ccc[code] = int(field[3])
        if field[5] and not field[5].startswith("<"):
            decomposition[code] = [int(x, 16) for x in field[5].split()]
    for field in rows(folder, "PropList.txt"):
        if field[1] == "White_Space":
            for c in points(field[0].replace("..", "-")):
                kind[c] = CLASSES.index("W")
    for name, text in ADDED_IN_16.items():
        for c in points(text):
            assert kind[c] == 0, "%X is already assigned" % c
            kind[c] = CLASSES.index(name)
    excluded = set()
    for field in rows(folder, "DerivedNormalizationProps.txt"):
        if field[1] == "Full_Composition_Exclusion":
            excluded.update(points(field[0].replace("..", "-")))
    return kind, ccc, decomposition, excluded


class Writer:
    """Numbers as base-32 digits, least significant first; 32 is added to every digit but the last of a number."""

    def __init__(self):
        self.text = []

    def put(self, value):
        assert value >= 0
        while value > 31:
            self.text.append(chr(48 + 32 + value % 32))
            value //= 32
        self.text.append(chr(48 + value))

    def signed(self, value):
        self.put(2 * value if value >= 0 else -2 * value - 1)

    def literal(self, name, what):
        text = "".join(self.text)
        lines = [text[i:i + 116] for i in range(0, len(text), 116)]
        # No compiler's limit on one literal (16 KB is the lowest known) is near.
        parts = ["\n".join(lines[i:i + 100]) for i in range(0, len(lines), 100)]
        body = "\n".join('R"(%s)"' % part for part in parts)
        return "/// %s\ninline constexpr char %s[] =\n%s;\n" % (what, name, body)


def tables(kind, ccc, decomposition, excluded):
    classes = Writer()
    start = 0
    for c in range(1, 0x110001):
        if c == 0x110000 or kind[c] != kind[start]:
            classes.put((c - start - 1) * len(CLASSES) + kind[start])
            start = c
    letters, at = Writer(), 0
    for first, last in ranges(DEEPSEEK_LLM_LETTERS):
        letters.put(first - at)
        letters.put(last - first)
        at = last + 1
    combining, at, codes = Writer(), 0, sorted(ccc)
    while codes:
        n = 1
        while n < len(codes) and codes[n] == codes[0] + n and ccc[codes[n]] == ccc[codes[0]]:
            n += 1
        combining.put(codes[0] - at)
        combining.put(n - 1)
        combining.put(ccc[codes[0]])
        at, codes = codes[0] + n, codes[n:]
    canonical, at, before = Writer(), 0, 0
    for code in sorted(decomposition):
        parts = decomposition[code]
        canonical.put((code - at) * 4 + 2 * (len(parts) == 1) + (code in excluded))
        canonical.signed(parts[0] - before)
        if len(parts) == 2:
            canonical.put(parts[1])
        at, before = code, parts[0]
    return [
        classes.literal("classes", "Runs of one class that cover all code points: (length - 1) * 11 + class. Classes: "
                        + ", ".join(CLASSES) + "."),
        letters.literal("deepseek_llm_letters", "Ranges: gap since the last, length - 1."),
        combining.literal("combining", "Runs of one combining class: gap since the last, length - 1, class."),
        canonical.literal("canonical", "Canonical decompositions: step * 4 + 2 if one character + 1 if never composed; "
                          "first (signed step), second."),
    ]


def main():
    given = [a for a in sys.argv[1:] if a != "--check"]
    folder = given[0] if given else "/usr/share/unicode"
    text = ("// Unicode classes and canonical composition as delta-coded text. unicode.hpp expands them.\n"
            "// Written by scripts/make_unicode.py from the Unicode Character Database 15.0.0 and its own list of what\n"
            "// 16.0 added: classes are those of 16.0, normalization that of 15.0. Do not edit.\n"
            "// A number is base-32 digits from '0' on, least significant first; all but its last digit have 32 added.\n"
            "#pragma once\n\n#include <retort/base/config.hpp>\n\nRETORT_BEGIN\nnamespace detail::unicode {\n\n")
    text += "\n".join(tables(*load(folder))) + "\n}  // namespace detail::unicode\nRETORT_END\n"
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../include/retort/text/unicode_tables.hpp")
    if "--check" in sys.argv:
        with open(path, encoding="utf-8") as header:
            sys.exit(0 if header.read() == text else "unicode_tables.hpp is not what this script writes")
    with open(path, "w", encoding="utf-8") as header:
        header.write(text)


main()
