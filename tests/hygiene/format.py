#!/usr/bin/env python3
"""Checks that the sources are as clang-format leaves them: format.py ROOT [--fix]

What it cannot format is left out: generated tables, and kernels whose loops begin with RETORT_UNROLL, which it takes for
statements. Other versions of clang-format than 19 differ in small things, so without that one the check is skipped
(status 77)."""
import os
import re
import shutil
import subprocess
import sys

GENERATED = ("unicode_tables.hpp", "iq_grids.hpp", "jinja/tables.hpp")


def sources(root):
    for top in ("include", "tests", "examples", "cli", "benchmarks", "cmake"):
        for at, folders, files in os.walk(os.path.join(root, top)):
            folders.sort()
            for name in sorted(files):
                path = os.path.join(at, name)
                if not name.endswith((".hpp", ".cpp", ".inc")) or path.endswith(GENERATED) or "hygiene/bad" in path:
                    continue
                if "RETORT_UNROLL for" not in open(path, encoding="utf-8").read():
                    yield path


def formatter():
    for name in ("clang-format-19", "clang-format"):
        found = shutil.which(name)
        if found and re.search(r"version 19\.", subprocess.run([found, "--version"], capture_output=True, text=True).stdout):
            return found
    return None


def main():
    root, fix = sys.argv[1], "--fix" in sys.argv
    tool = formatter()
    if not tool:
        print("skipped: there is no clang-format 19 (Debian: clang-format-19)")
        return 77
    files = list(sources(root))
    if fix:
        return subprocess.run([tool, "-i", *files]).returncode
    done = subprocess.run([tool, "--dry-run", "-Werror", *files], capture_output=True, text=True)
    wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "[-Wclang-format-violations]" in line})
    for path in wrong:
        print(os.path.relpath(path, root) + ": is not as clang-format leaves it (tests/hygiene/format.py . --fix)")
    print(f"{len(files)} files, {len(wrong)} to be formatted")
    return 1 if wrong or done.returncode else 0


sys.exit(main())
