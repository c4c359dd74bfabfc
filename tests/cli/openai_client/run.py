"""Runs client.mjs with the npm package `openai` against `retort api`; exits 77 with a reason where that cannot be had.

usage: run.py RETORT
"""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = "openai@6"
TEMPLATE = (
    "{{ bos_token }}{% if tools %}Call with <tool_call>. {{ tools | tojson }}{% endif %}"
    "{% for m in messages %}{{ m.role }}: {{ m.content or '' }}"
    "{% for c in m.tool_calls or [] %}<tool_call>\n{{ c.function | tojson }}\n</tool_call>{% endfor %}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}")


def skip(reason):
    print("SKIPPED: " + reason)
    sys.exit(77)


def main():
    retort = os.path.abspath(sys.argv[1])
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        skip("node and npm are not installed")
    major = int(subprocess.run([node, "--version"], capture_output=True, text=True).stdout.lstrip("v").split(".")[0] or 0)
    if major < 20:
        skip("the package needs node 20, this is %d" % major)
    if subprocess.run([retort, "inspect"], capture_output=True).returncode != 0:
        skip("no model is built into " + retort)
    with tempfile.TemporaryDirectory() as work:
        with open(os.path.join(work, "package.json"), "w") as f:
            f.write('{"private": true}')
        try:
            done = subprocess.run([npm, "install", "--no-audit", "--no-fund", "--loglevel=error", PACKAGE], cwd=work,
                                  capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            skip("npm install %s took more than two minutes" % PACKAGE)
        if done.returncode != 0:
            skip("npm install %s: %s" % (PACKAGE, (done.stderr.strip().splitlines() or ["failed"])[-1]))
        shutil.copy(os.path.join(HERE, "client.mjs"), work)
        template = os.path.join(work, "template.jinja")
        with open(template, "w") as f:
            f.write(TEMPLATE)
        sys.stdout.flush()
        sys.exit(subprocess.run([node, "client.mjs", retort, template], cwd=work, timeout=600).returncode)


if __name__ == "__main__":
    main()
