#!/usr/bin/env python3
"""Checks the order of the house: house.py ROOT, where ROOT holds include/retort and may hold tests/ and cmake/.

  - an include points to a lower floor, or inside one room without going round in a circle
  - every include of Retort is written <retort/...> and names a file that is there
  - every header is reached from retort.hpp, or named in it as one to be included on request
  - a comment that names a file names one that is there
  - files, lines and rooms stay small
  - nothing prints, throws or ends the program
  - a dependency that CMake asks for is included somewhere, and no other one is
  - a test file stands beside its subject: tests/nn/rope_test.cpp or rope_xyz_test.cpp tests nn/rope.hpp
"""
import collections
import os
import re
import sys

MAX_HEADERS = 160
MAX_LINES = 800
MAX_COLUMNS = 120
MAX_SHARE = 0.20  # of all lines, in one room
GENERATED = {"text/unicode_tables.hpp", "tensor/iq_grids.hpp", "jinja/tables.hpp"}
MAY_THROW = {"base/types.hpp", "base/task.hpp", "base/border.hpp"}  # result::value(), what a coroutine must define, and
# what passes exceptions of callbacks through

# The rooms, each with those it may see: numbers on the left leg, words on the right, both met by model/ and run/.
ROOMS = {
    "base": "",
    "tensor": "base",
    "api": "base tensor",
    "text": "base",
    "simd": "base tensor",
    "io": "base api tensor text",
    "tokenizer": "base api text",
    "jinja": "base api text",
    "nn": "base tensor simd",
    "grammar": "base api text tokenizer",
    "model": "base api tensor simd io text tokenizer nn",
    "reply": "base api text tokenizer grammar",
    "run": "base api tensor simd io text tokenizer grammar nn model",
    "chat": "base api tensor simd io text tokenizer jinja grammar nn model reply run",
    "deepseek": "base api tensor simd io text tokenizer jinja grammar nn model reply run chat",
}
ROOMS["retort"] = " ".join(ROOMS)
SEES = {room: set(rooms.split()) for room, rooms in ROOMS.items()}

FORBIDDEN = re.compile(
    r"#\s*include\s*<iostream>|std::c(out|err|log)\W|\W(f?printf|f?puts|abort|_?exit|quick_exit)\s*\(|std::terminate|\Wthrow[\s;]")
# Third-party headers, with the package by which CMake finds each.
PACKAGES = {"Eigen": "Eigen3", "xsimd": "xsimd", "nlohmann": "nlohmann_json"}

complaints = []


def complain(where, what):
    complaints.append(f"{where}: {what}")


def room_of(path):
    """The room of a header; retort.hpp and api.hpp are rooms of their own."""
    return path.split("/")[0] if "/" in path else os.path.splitext(path)[0]


def lines_of(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read().split("\n")


def files_under(folder, *endings):
    found = []
    for at, folders, files in os.walk(folder):
        folders.sort()
        found += [os.path.join(at, f) for f in sorted(files) if f.endswith(endings)]
    return found


def check_header(path, lines, all_paths, needs):
    room = room_of(path)
    if path not in GENERATED:
        if len(lines) - 1 > MAX_LINES:
            complain(path, f"{len(lines) - 1} lines, at most {MAX_LINES} are allowed")
        for n, line in enumerate(lines, 1):
            if len(line) > MAX_COLUMNS:
                complain(f"{path}:{n}", f"{len(line)} columns, at most {MAX_COLUMNS} are allowed")
    if path.endswith(".hpp") and "#pragma once" not in lines:
        complain(path, "has no #pragma once")
    for line in lines:
        if re.match(r'\s*#\s*include\s*"', line):
            complain(path, f"{line.strip()}: write <retort/...>")
        target = re.match(r"\s*#\s*include\s*<retort/([^>]+)>", line)
        if target:
            target = target[1]
            if target not in all_paths:
                complain(path, f"includes {target}, which is not there")
            elif room_of(target) != room and room_of(target) not in SEES[room]:
                complain(path, f"includes {target}; {room} may see only: {' '.join(sorted(SEES[room]))}")
            needs[path].add(target)
        if path not in MAY_THROW:
            code = re.sub(r'"([^"\\]|\\.)*"', '""', re.sub(r"//.*", "", f" {line} "))
            if FORBIDDEN.search(code):
                complain(path, f"a library prints, throws and ends nothing: {line.strip()}")


def check_names(root, headers):
    """A comment that names a file names one that is there."""
    rooms = "|".join(r for r in ROOMS if r not in ("api", "retort"))
    for path, lines in headers.items():
        for n, line in enumerate(lines, 1):
            for name in re.findall(rf"(?<![\w/])(tests/[\w/]+\.\w+|docs/[\w/]+\.\w+|(?:{rooms})/[\w/]+\.(?:hpp|inc))", line):
                if not any(os.path.exists(os.path.join(root, at, name)) for at in ("", "include/retort")):
                    complain(f"{path}:{n}", f"names {name}, which is not there")


def check_circles(paths, needs):
    """Takes away what needs nothing that is left; what then remains goes in a circle."""
    left = set(paths)
    while True:
        free = {p for p in left if not needs[p] & left}
        if not free:
            break
        left -= free
    if left:
        complain(" ".join(sorted(left)), "these include each other in a circle")


def check_reachable(root, paths, needs):
    if "retort.hpp" not in paths:
        return complain("retort.hpp", "is not there")
    seen, todo = set(), ["retort.hpp"]
    # what retort.hpp names but does not include is for those who ask for it
    todo += re.findall(r"retort/([\w/]+\.hpp)", open(os.path.join(root, "retort.hpp"), encoding="utf-8").read())
    while todo:
        path = todo.pop()
        if path not in seen:
            seen.add(path)
            todo += needs[path]
    for path in paths:
        if path not in seen:
            complain(path, "retort.hpp neither reaches it nor names it")


def check_shares(headers):
    total, of_room = 0, collections.Counter()
    for path, lines in headers.items():
        total += len(lines) - 1
        of_room[room_of(path)] += len(lines) - 1
    for room, n in of_room.items():
        if n > MAX_SHARE * total:
            complain(room, f"holds {100 * n / total:.1f} % of all lines, at most {100 * MAX_SHARE:.0f} are allowed")
    return total, of_room


def check_dependencies(headers, cmake):
    if not os.path.exists(cmake):
        return
    asked = set(re.findall(r"^\s*retort_dependency\((\w+)", open(cmake, encoding="utf-8").read(), re.M))
    used = set()
    for path, lines in headers.items():
        for line in lines:
            package = re.match(r"\s*#\s*include\s*<(\w+)/", line)
            if package and package[1] in PACKAGES:
                used.add(PACKAGES[package[1]])
    for package in asked - used:
        complain(cmake, f"asks for {package}, which nothing includes")
    for package in used - asked:
        complain(cmake, f"does not ask for {package}, which the headers include")


def check_tests(tests, include):
    for path in files_under(tests, "_test.cpp"):
        room, name = os.path.split(os.path.relpath(path, tests))
        if room == "reference" or room.startswith("hygiene"):
            continue
        stem, beside = name[: -len("_test.cpp")], os.path.join(include, room)
        subjects = [os.path.splitext(f)[0] for f in (os.listdir(beside) if os.path.isdir(beside) else [])]
        if not any(stem == s or stem.startswith(s + "_") for s in subjects):
            complain(os.path.join("tests", room, name), f"has no subject: {room}/{stem}.hpp is not there")


def main():
    root = os.path.abspath(sys.argv[1])
    include, tests = os.path.join(root, "include", "retort"), os.path.join(root, "tests")
    paths = {os.path.relpath(p, include): p for p in files_under(include, ".hpp", ".inc")}
    headers, needs = {}, collections.defaultdict(set)
    for path, file in paths.items():
        if room_of(path) not in SEES:
            complain(path, f"there is no room called {room_of(path)}")
            continue
        headers[path] = lines_of(file)
        check_header(path, headers[path], paths, needs)
    if not headers:
        complain(include, "there are no files")
    n_headers = sum(p.endswith(".hpp") and p not in GENERATED for p in headers)
    if n_headers > MAX_HEADERS:
        complain(include, f"{n_headers} headers (without generated tables), at most {MAX_HEADERS} are allowed")
    check_names(root, headers)
    check_circles(headers, needs)
    check_reachable(include, headers, needs)
    total, of_room = check_shares(headers)
    check_dependencies(headers, os.path.join(root, "cmake", "dependencies.cmake"))
    check_tests(tests, include)
    for line in complaints:
        print(line)
    print(f"{len(headers)} files, {total} lines; the largest rooms: "
          + ", ".join(f"{room} {100 * n / max(total, 1):.0f} %" for room, n in of_room.most_common(4)))
    sys.exit(1 if complaints else 0)


main()
