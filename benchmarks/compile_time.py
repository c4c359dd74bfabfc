#!/usr/bin/env python3
"""What an include costs: user seconds and peak memory of compiling an empty program.

usage: compile_time.py [COMPILER] [REPEATS]   (from the root of the repository)
Prints the median; compare it with nothing else running."""
import os
import sys
import tempfile

compiler = sys.argv[1] if len(sys.argv) > 1 else "g++"
repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 5
rows = [("nothing", ""), ("retort/api.hpp", "#include <retort/api.hpp>\n"), ("retort/retort.hpp", "#include <retort/retort.hpp>\n")]
print("%-20s %8s %8s   (%s -std=c++20 -O2 -c)" % ("include", "seconds", "MB", compiler))
with tempfile.TemporaryDirectory() as work:
    for name, text in rows:
        source = os.path.join(work, "main.cpp")
        with open(source, "w") as f:
            f.write(text + "int main() {}\n")
        seconds, peak = [], 0
        for _ in range(repeats):
            pid = os.fork()
            if pid == 0:
                os.execvp(compiler, [compiler, "-std=c++20", "-O2", "-Iinclude", "-I/usr/include/eigen3", "-c", source,
                                     "-o", os.path.join(work, "main.o")])
            _, status, usage = os.wait4(pid, 0)
            if status:
                sys.exit("the compiler failed")
            seconds.append(usage.ru_utime)
            peak = max(peak, usage.ru_maxrss)
        print("%-20s %8.2f %8.0f" % (name, sorted(seconds)[len(seconds) // 2], peak / 1024))
