#!/usr/bin/env python3
"""Texts for tokenizer_bench: English, Arabic, Chinese and C++.

usage: tokenizer_corpus.py DIR [folder of the handbook's translations]

Prose comes from the Debian Administrator's Handbook as Debian packages it (apt-get install debian-handbook), which
has the same chapters in many languages; paragraphs that were left untranslated are dropped. Code is this library.
"""
import glob
import html
import os
import re
import sys


def prose(folder, letters, share):
    """Paragraphs of 30 characters and more, at least `share` of them `letters`."""
    out = []
    for path in sorted(glob.glob(os.path.join(folder, "*.html"))):
        with open(path, encoding="utf-8") as page:
            text = re.sub(r"(?s)<(script|style|head).*?</\1>", "", page.read())
        for part in re.findall(r"(?s)<(?:p|li|h\d|dt|dd|td|div)(?=[ >])[^>]*>(.*?)</(?:p|li|h\d|dt|dd|td|div)>", text):
            part = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", part))).strip()
            if len(part) >= 30 and len(re.findall(letters, part)) >= share * len(part):
                out.append(part)
    return "\n\n".join(out) + "\n"


def main():
    target = sys.argv[1]
    book = sys.argv[2] if len(sys.argv) > 2 else "/usr/share/doc/debian-handbook/html"
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    os.makedirs(target, exist_ok=True)
    code = ""
    for path in sorted(glob.glob(os.path.join(root, "include/**/*.hpp"), recursive=True)):
        if not path.endswith("unicode_tables.hpp"):
            with open(path, encoding="utf-8") as source:
                code += source.read()
    texts = {
        "english": prose(os.path.join(book, "en-US"), "[A-Za-z]", 0.6),
        "arabic": prose(os.path.join(book, "ar-MA"), "[\u0600-\u06ff]", 0.4),
        "chinese": prose(os.path.join(book, "zh-CN"), "[\u4e00-\u9fff]", 0.3),
        "code": code,
    }
    for name, text in texts.items():
        with open(os.path.join(target, name + ".txt"), "w", encoding="utf-8") as out:
            out.write(text)
        print("%s: %d bytes" % (name, len(text.encode())))


main()
