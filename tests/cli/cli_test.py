"""The command line tool's manners: exit codes, one-sentence errors, files that are not what they say.

usage: cli_test.py RETORT [--golden]     --golden: what needs golden data alone, status 77 where there is none"""
import glob
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

RETORT = os.path.abspath(sys.argv.pop(1))
WITH_GOLDEN = "--golden" in sys.argv
if WITH_GOLDEN:
    sys.argv.remove("--golden")
GOLDEN = os.environ.get("RETORT_GOLDEN", "../shared/golden")
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DROP = os.path.join(ROOT, "models", "drop.gguf")


def retort(*arguments, stdin=""):
    return subprocess.run([RETORT, *arguments], input=stdin, capture_output=True, text=True, timeout=120)


def golden(path):
    return os.path.join(GOLDEN, path)


class Usage(unittest.TestCase):
    def test_wrong_usage_exits_2(self):
        for arguments in ([], ["nothing"], ["run"], ["logits"], ["run", "-p", "x", "--cache", "q3"], ["bench", "-r", "0"]):
            self.assertEqual(retort(*arguments).returncode, 2, arguments)

    def test_help_and_version_exit_0(self):
        self.assertEqual(retort("--help").returncode, 0)
        self.assertRegex(retort("--version").stdout, r"^\d+\.\d+\.\d+")

    def refused(self, *arguments, stdin="", says=""):
        done = retort(*arguments, stdin=stdin)
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("retort: "), done.stderr)
        self.assertIn(says, done.stderr)

    def test_errors_are_one_sentence_and_exit_1(self):
        with tempfile.TemporaryDirectory() as work:
            empty, tokens = os.path.join(work, "empty"), os.path.join(work, "tokens.json")
            open(empty, "w").close()
            with open(tokens, "w") as f:
                f.write("[1, -5]")
            self.refused("inspect", "-m", "no/such/file.gguf", says="no/such/file.gguf")
            self.refused("inspect", "-m", empty, says="empty")
            self.refused("inspect", "-m", work)
            self.refused("greedy", "-m", empty, "--tokens", tokens, says="entry 1")
            self.refused("dequant", "--type", "q9", "--in", empty, "--out", empty, says="q9")
            self.refused("dequant", "--type", "q4_0", "--in", tokens, "--out", empty, says="18")
            self.refused("render", "--template", "no/such/template")


@unittest.skipUnless(WITH_GOLDEN, "a test of its own")
class GoldenMalformed(unittest.TestCase):
    def test_every_malformed_file_is_an_error(self):
        folder = golden("text/containers/gguf-bad")
        for path in sorted(glob.glob(os.path.join(folder, "*.gguf"))):
            done = retort("inspect", "-m", path)
            self.assertEqual(done.returncode, 1, path)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)


@unittest.skipUnless(WITH_GOLDEN, "a test of its own")
class GoldenDequantization(unittest.TestCase):
    def compare(self, name, blocks, floats):
        with tempfile.TemporaryDirectory() as work:
            out = os.path.join(work, "out.f32")
            done = retort("dequant", "--type", name, "--in", blocks, "--out", out)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(out, "rb") as a, open(floats, "rb") as b:
                got, wanted = a.read(), b.read()
            self.assertEqual(len(got), len(wanted), name)
            if got == wanted:
                return
            got, wanted = (struct.unpack("<%df" % (len(x) // 4), x) for x in (got, wanted))
            for i, (x, y) in enumerate(zip(got, wanted)):  # NaN payloads may differ
                self.assertTrue(x == y or (x != x and y != y), "%s element %d: %r, not %r" % (name, i, x, y))

    def test_all_types_bit_equal(self):
        for folder in ("models/dequant", "text/quants"):
            for blocks in sorted(glob.glob(os.path.join(golden(folder), "*.blocks"))):
                name = os.path.basename(blocks)[:-len(".blocks")].lower()
                self.compare(name.split(".")[0], blocks, blocks[:-len(".blocks")] + ".f32")


class Text(unittest.TestCase):
    def test_tokens_there_and_back(self):
        if not os.path.exists(DROP):
            self.skipTest("no built-in model")
        lines = ["What is 12 + 30?", "كم يساوي ٤٥", "  two  spaces\n", "🙂"]
        stdin = "".join(json.dumps({"text": t}) + "\n" for t in lines)
        ids = retort("tokenize", "--no-bos", stdin=stdin)
        self.assertEqual(ids.returncode, 0, ids.stderr)
        back = retort("tokenize", "--ids", stdin=ids.stdout)
        self.assertEqual([json.loads(x)["text"] for x in back.stdout.splitlines()], lines)

    def test_render_gives_text_or_error_per_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".jinja") as f:
            f.write("{% for m in messages %}{{ m.role }}: {{ m.content }};{% endfor %}")
            f.flush()
            done = retort("render", "--template", f.name,
                          stdin='{"messages": [{"role": "user", "content": "hi"}]}\n{"messages": 7}\n')
        first, second = map(json.loads, done.stdout.splitlines())
        self.assertEqual(first, {"text": "user: hi;"})
        self.assertIn("error", second)


class BuiltIn(unittest.TestCase):
    def setUp(self):
        if not os.path.exists(DROP):
            self.skipTest("no built-in model")

    def test_run_answers_from_any_folder(self):
        with tempfile.TemporaryDirectory() as work:
            done = subprocess.run([RETORT, "run", "--temp", "0", "-n", "200", "-p", "What is 12 + 30?"], cwd=work,
                                  capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("42", done.stdout)
        self.assertIn("tokens/s", done.stderr)

    def test_same_seed_same_text(self):
        runs = [retort("run", "-n", "40", "--temp", "1", "--seed", "7", "-t", t, "-p", "Tell me").stdout for t in "12"]
        self.assertEqual(runs[0], runs[1])

    def test_samplers_have_their_options(self):
        ask = ["run", "-n", "30", "--temp", "3", "--top-p", "1", "-p", "Tell me"]
        greedy = retort("run", "-n", "30", "--temp", "0", "-p", "Tell me").stdout
        drawn = retort(*ask).stdout
        for more in (["--top-k", "1"], ["--top-nsigma", "0.0001"], ["--mirostat-ent", "0.0001"],
                     ["--samplers", "top_k;temperature", "--top-k", "1"]):
            self.assertEqual(retort(*ask, *more).stdout, greedy, more)
        for more in (["--typical", "0.3"], ["--xtc-probability", "1", "--xtc-threshold", "0.01"], ["--dynatemp-range", "0.9"],
                     ["--dry-multiplier", "50", "--dry-allowed-length", "0"], ["--samplers", "xtc"],
                     ["--repeat-penalty", "3"], ["--mirostat-ent", "1", "--mirostat-lr", "0.5"]):
            done = retort(*ask, *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotEqual(done.stdout, drawn, more)
        self.assertEqual(retort(*ask, "--samplers", "top_q").returncode, 2)
        self.assertEqual(retort(*ask, "--dry-multiplier", "-1").returncode, 1)

    def test_chat_answers_every_line_and_ends(self):
        done = retort("chat", "--temp", "0", "-n", "120", stdin="What is 2 + 3?\nWhat is 4 + 4?\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("5", done.stdout)
        self.assertRegex(done.stdout, r"5\.\s+\S")  # a second reply; what it says is free: the drop was taught single questions

    def test_inspect_json(self):
        info = json.loads(retort("inspect", "--json").stdout)
        self.assertEqual(info["architecture"], "deepseek2")
        self.assertGreater(info["session"]["bytes_cache"], 0)

    def test_bench_json(self):
        b = json.loads(retort("bench", "-p", "16", "-n", "8", "-r", "1", "--json").stdout)
        self.assertGreater(b["generation"]["tokens_per_s"], 0)


class Api(unittest.TestCase):
    """Requests that can be cancelled; they would take many times longer than the tests wait."""
    LONG = {"messages": [{"role": "user", "content": "hi"}], "thinking": {"type": "disabled"}, "max_tokens": 100000,
            "response_format": {"type": "json_schema", "json_schema": {"schema": {
                "type": "array", "items": {"type": "string", "minLength": 500}, "minItems": 60}}}}

    def setUp(self):
        if not os.path.exists(DROP):
            self.skipTest("no built-in model")
        self.api = None

    def tearDown(self):
        if self.api:
            self.api.kill()
            self.api.wait()
            for pipe in (self.api.stdin, self.api.stdout, self.api.stderr):
                pipe.close()

    def start(self, *arguments):
        self.api = subprocess.Popen([RETORT, "api", "--context", "100000", *arguments], text=True,
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def put(self, **line):
        self.api.stdin.write(json.dumps(line) + "\n")
        self.api.stdin.flush()

    def get(self):
        return json.loads(self.api.stdout.readline())

    def test_a_stream_is_cancelled_and_so_is_one_that_waits(self):
        self.start("--envelopes")
        path = "/v1/chat/completions"
        self.put(id="one", path=path, body=self.LONG | {"stream": True})
        self.put(id=2, path=path, body=self.LONG)
        for _ in range(5):
            self.assertEqual(self.get()["id"], "one")
        self.put(cancel="nobody")
        self.put(cancel=2)
        self.put(cancel="one")
        lines = []
        while not lines or not lines[-1].get("done"):
            lines.append(self.get())
        waited = [x for x in lines if x["id"] == 2]
        self.assertEqual([(x["status"], x["body"]["error"]["code"]) for x in waited], [(503, "aborted")])
        last = [x for x in lines if "chunk" in x][-1]
        self.assertEqual(last["chunk"]["choices"][0]["finish_reason"], "aborted")
        self.put(id=3, path=path, body=self.LONG | {"max_tokens": 2, "response_format": None})
        self.assertEqual((answer := self.get())["id"], 3, answer)
        self.assertEqual(answer["body"]["choices"][0]["finish_reason"], "length")
        self.put(path="/v1/models/some")
        self.assertEqual(self.get(), {"status": 200, "body": {"id": "some", "object": "model", "owned_by": "local"}})

    def test_whole_answers_are_cancelled_in_every_form(self):
        self.start("--envelopes")
        schema = self.LONG["response_format"]["json_schema"]["schema"]
        for n, (path, body, status) in enumerate([
                ("/chat/completions", self.LONG, ("choices", 0, "finish_reason", "aborted")),
                ("/v1/responses", {"input": "hi", "reasoning": {"effort": "none"},
                                   "text": {"format": {"type": "json_schema", "schema": schema}}}, ("status", "cancelled")),
                ("/anthropic/v1/messages", {"messages": self.LONG["messages"], "thinking": {"type": "disabled"},
                                            "output_format": {"type": "json_schema", "schema": schema}},
                 ("stop_reason", "aborted"))]):
            self.put(id=n, path=path, body=body)
            self.put(cancel=n)
            answer = self.get()
            self.assertEqual(answer["id"], n)
            at = answer["body"]
            if answer["status"] == 200:  # else it had not begun
                for key in status[:-1]:
                    at = at[key]
                self.assertEqual(at, status[-1])

    def test_without_envelopes_the_chunks_tell_the_id(self):
        self.start()
        self.put(**self.LONG, stream=True)
        self.put(cancel=self.get()["id"])
        last = None
        while (line := self.api.stdout.readline()) != "[DONE]\n":
            last = json.loads(line)
        self.assertEqual(last["choices"][0]["finish_reason"], "aborted")

    def test_ends_when_its_reader_has_gone(self):
        for stream in (True, False):
            self.start()
            self.put(**self.LONG, stream=stream)
            if stream:
                self.get()
            self.api.stdout.close()
            self.assertEqual(self.api.wait(timeout=60), 1)
            self.assertEqual(self.api.stderr.read().count("\n"), 1)
            self.tearDown()

    def test_answers_what_came_before_the_end_of_input(self):
        short = json.dumps(self.LONG | {"max_tokens": 1})
        done = retort("api", stdin=short + "\n\n" + short)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 2)


if __name__ == "__main__":
    if WITH_GOLDEN:
        if not os.path.isdir(GOLDEN):
            print("skipped: no golden data at %s (set RETORT_GOLDEN)" % GOLDEN)
            sys.exit(77)
        unittest.main(defaultTest=["GoldenMalformed", "GoldenDequantization"])
    unittest.main()
