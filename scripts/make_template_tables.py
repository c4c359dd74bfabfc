#!/usr/bin/env python3
"""Writes include/retort/jinja/tables.hpp: what str.lower(), str.upper() and repr() need beyond ASCII.

Source: the Unicode data of the Python that runs this script (the version is printed into the header).

usage: scripts/make_template_tables.py [--check]
       --check compares the header with what would be written and changes nothing.
"""
import os
import sys
import unicodedata


def digits(n):
    """Base-32 digits from '0' on, least significant first; all but the last have 32 added."""
    out = ""
    while True:
        d, n = n % 32, n // 32
        out += chr(ord("0") + d + (32 if n else 0))
        if not n:
            return out


def signed(n):
    return digits(n * 2 if n >= 0 else -n * 2 - 1)


def hidden():
    """Runs of unprintable characters above 7F: gap from the end of the last run, length."""
    out, last, start = "", 0x80, None
    for c in range(0x80, 0x110001):
        shown = c < 0x110000 and chr(c).isprintable()
        if c < 0x110000 and not shown and start is None:
            start = c
        elif (shown or c == 0x110000) and start is not None:
            out += digits(start - last) + digits(c - start)
            last, start = c, None
    return out


def folded(method):
    """Runs of one-to-one mappings above 7F: gap, (length - 1) * 2 + (stride - 1), signed distance."""
    pairs = []
    for c in range(0x80, 0x110000):
        to = getattr(chr(c), method)()
        if to != chr(c) and len(to) == 1:
            pairs.append((c, ord(to) - c))
    out, i, last = "", 0, 0x80
    while i < len(pairs):
        best = (i, 1)
        for stride in (1, 2):
            j = i
            while j + 1 < len(pairs) and pairs[j + 1] == (pairs[j][0] + stride, pairs[i][1]):
                j += 1
            if j > best[0]:
                best = (j, stride)
        j, stride = best
        out += digits(pairs[i][0] - last) + digits((j - i) * 2 + stride - 1) + signed(pairs[i][1])
        last, i = pairs[j][0], j + 1
    return out


def spread(method):
    """Characters that become several: the character, how many, which."""
    out = ""
    for c in range(0x80, 0x110000):
        to = getattr(chr(c), method)()
        if len(to) > 1:
            out += digits(c) + digits(len(to)) + "".join(digits(ord(t)) for t in to)
    return out


def literal(name, comment, data):
    lines = [data[i:i + 116] for i in range(0, len(data), 116)]
    return f"/// {comment}\ninline constexpr char {name}[] =\nR\"(" + "\n".join(lines) + ")\";\n\n"


def header():
    return ("// Letter case and unprintable characters for chat templates, as delta-coded text.\n"
            f"// Written by scripts/make_template_tables.py from Unicode {unicodedata.unidata_version}. Do not edit.\n"
            "// Numbers are coded as in unicode_tables.hpp.\n#pragma once\n\n#include <retort/base/config.hpp>\n\n"
            "RETORT_BEGIN\nnamespace detail::templates {\n\n"
            + literal("hidden", "Runs of unprintable characters above 7F: gap after the last run, length.", hidden())
            + literal("to_lower", "Runs above 7F: gap after the last character, (length - 1) * 2 + (stride - 1), signed "
                      "distance.", folded("lower"))
            + literal("to_upper", "The same for upper case.", folded("upper"))
            + literal("to_upper_many", "One character that becomes several: itself, how many, which.", spread("upper"))
            + "}  // namespace detail::templates\nRETORT_END\n")


def main():
    path = os.path.join(os.path.dirname(__file__), "..", "include", "retort", "jinja", "tables.hpp")
    text = header()
    if "--check" in sys.argv:
        with open(path, encoding="utf-8") as old:
            sys.exit(0 if old.read() == text else "jinja/tables.hpp is not what this script writes")
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


main()
