#!/usr/bin/env python3
"""Draws what the demo prints as docs/demo.svg: runs the tool, keeps every word.

usage: make_demo_picture.py RETORT"""
import html
import os
import subprocess
import sys

QUESTIONS = ["Sara has 12 apples and buys 9 more. How many apples does she have now?",
             "مع سارة 12 تفاحة واشترت 9 تفاحات أخرى. كم تفاحة معها الآن؟"]
retort = sys.argv[1]
lines = [("prompt", "$ scripts/demo")]
for q in QUESTIONS:
    done = subprocess.run([retort, "run", "--temp", "0", "-p", q], capture_output=True, text=True, check=True)
    thought, _, answer = done.stdout.partition("</think>")
    lines += [("blank", ""), ("prompt", "> " + q)]
    lines += [("thought", t) for t in thought.strip().splitlines()]
    lines += [("answer", t) for t in answer.strip().splitlines()]
    lines += [("note", done.stderr.strip().splitlines()[-1])]
style = {"prompt": "#e6edf3", "thought": "#8b949e", "answer": "#7ee787", "note": "#6e7681", "blank": "#000"}
height = 24 + 20 * len(lines)
out = ['<svg xmlns="http://www.w3.org/2000/svg" width="900" height="%d" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14">' % height,
       '<rect width="900" height="%d" rx="8" fill="#0d1117"/>' % height]
for i, (kind, text) in enumerate(lines):
    out.append('<text x="18" y="%d" fill="%s" xml:space="preserve">%s</text>' % (28 + 20 * i, style[kind], html.escape(text)))
out.append("</svg>")
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "docs", "demo.svg")
with open(path, "w", encoding="utf-8") as f:
    f.write("\n".join(out) + "\n")
print("wrote", os.path.relpath(path))
