#!/usr/bin/env python3
"""Builds every C++ block of the README as it stands, and runs the game loop.

usage: readme.py ROOT FOLDER COMPILER LIBRARY [FLAG]...     LIBRARY: the compiled one; FLAG: for all files

A block with main() is a program. Any other stands in a program that has what the README spoke of before: a model, a chat,
and of a game's own things a `game`, which runs until a hundred frames after the answer, and an `npc`."""
import os
import re
import subprocess
import sys

ROOT, FOLDER, COMPILER, LIBRARY, *FLAGS = sys.argv[1:]
BEFORE = """#include <retort/retort.hpp>
#include <cstdio>
#include <string>
using namespace std::chrono_literals;
int main(int, char** argv) {
  auto model = retort::model::load(argv[1]);
  if (!model) return std::puts(model.error().what.c_str()), 2;
  [[maybe_unused]] auto chat =
      retort::chat::make(*model, {.session = {.context = 512}, .how = {.temperature = 0}, .max_tokens = 30}).value();
  struct { std::string said; int times = 0; void say(std::string s) { said = s; ++times; } } npc;
  struct { int frames = 0, after = 0; bool running() const { return after < 100 && frames < 100000; } void frame() { ++frames; } } game;
  const auto count = [&] { if (npc.times) ++game.after; return true; };
  (void)count;
"""
AFTER = "\n  return 0;\n}\n"
GAME_AFTER = """
  std::printf("%d answers, %d frames after the first\\n", npc.times, game.after);
  return npc.times == 1 && game.after == 100 ? 0 : 1;
}
"""


def blocks():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as f:
        return re.findall(r"^```cpp\n(.*?)^```", f.read(), re.M | re.S)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    found = blocks()
    for i, block in enumerate(found):
        is_game = "game.frame()" in block
        text = block
        if "int main" not in block:
            if is_game:  # the game counts the frames after the answer
                block = block.replace("game.running()", "game.running() && count()")
            text = BEFORE + block + (GAME_AFTER if is_game else AFTER)
        source, program = (os.path.join(FOLDER, "block%d%s" % (i + 1, ending)) for ending in (".cpp", ""))
        with open(source, "w", encoding="utf-8") as f:
            f.write(text)
        done = subprocess.run([COMPILER, *FLAGS, source, LIBRARY, "-pthread", "-o", program], capture_output=True, text=True)
        if done.returncode:
            return print("block %d of the README does not compile:\n%s" % (i + 1, done.stderr[-3000:])) or 1
        if is_game:
            done = subprocess.run([program, os.path.join(ROOT, "models", "drop.gguf")], capture_output=True, text=True, timeout=300)
            if done.returncode:
                return print("the game loop ended with %d: %s" % (done.returncode, done.stdout)) or 1
            print(done.stdout, end="")
    print("%d blocks" % len(found))
    return 0 if found and any("game.frame()" in b for b in found) else 1


sys.exit(main())
