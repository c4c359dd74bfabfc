// The npm package `openai` as its users know it, with another transport: its `fetch` writes requests to a child
// process `retort api --envelopes` and makes responses of the lines that come back. Nothing goes over a network.
// usage: node client.mjs RETORT TEMPLATE, in a folder where the package is installed
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import OpenAI from "openai";

const [program, template] = process.argv.slice(2);

/** A fetch() that asks a child process; one request at a time, the next waits until all lines of the last have come. */
function transport(...more) {
  const child = spawn(program, ["api", "--envelopes", "--context", "1024", ...more], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("retort api has ended");
    return JSON.parse(value);
  };
  const json = (status, body) => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  let last = Promise.resolve();
  const fetch = async (url, init) => {
    const before = last;
    let finish;
    last = new Promise((resolve) => (finish = resolve));
    await before;
    const path = new URL(url).pathname;
    child.stdin.write(JSON.stringify(init.body ? { path, body: JSON.parse(init.body) } : { path }) + "\n");
    const first = await next();
    if (!("chunk" in first)) {
      finish();
      return json(first.status, first.body);
    }
    const { readable, writable } = new TransformStream(undefined, { highWaterMark: Infinity });
    const writer = writable.getWriter();
    const put = (text) => writer.write(new TextEncoder().encode(text)).catch(() => {});  // the reader may have left
    (async () => {
      for (let line = first; "chunk" in line; line = await next()) put(`data: ${JSON.stringify(line.chunk)}\n\n`);
      put("data: [DONE]\n\n");
      writer.close().catch(() => {});
      finish();
    })();
    return new Response(readable, { status: first.status, headers: { "content-type": "text/event-stream" } });
  };
  return { fetch, end: () => child.stdin.end() };
}

function client(...more) {
  const { fetch, end } = transport(...more);
  return { api: new OpenAI({ apiKey: "none", baseURL: "http://in.process/v1", fetch, maxRetries: 0 }), end };
}

const question = [{ role: "user", content: "What is 12 + 30?" }];
const plain = client();
const tooled = client("--template", template);
const tools = [{
  type: "function",
  function: {
    name: "add", description: "adds two numbers",
    parameters: {
      type: "object", properties: { a: { type: "integer", minimum: 0, maximum: 99 }, b: { type: "integer", minimum: 0, maximum: 99 } },
      required: ["a", "b"], additionalProperties: false,
    },
  },
}];
const base = { model: "deepseek-chat", max_tokens: 300 };

const tests = {
  async "completes"() {
    const r = await plain.api.chat.completions.create({ model: "deepseek-reasoner", messages: question, temperature: 0, max_tokens: 300 });
    assert.equal(r.object, "chat.completion");
    assert.equal(r.model, "deepseek-reasoner");
    assert.equal(r.choices[0].finish_reason, "stop");
    assert.match(r.choices[0].message.content, /42/);
    assert.equal(typeof r.choices[0].message.reasoning_content, "string");
    assert.equal(r.usage.total_tokens, r.usage.prompt_tokens + r.usage.completion_tokens);
  },
  async "streams what it completes"() {
    const ask = { model: "deepseek-reasoner", messages: question, temperature: 0, max_tokens: 300 };
    const whole = await plain.api.chat.completions.create(ask);
    const stream = await plain.api.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } });
    let content = "", thought = "", finish, usage, n = 0;
    for await (const chunk of stream) {
      ++n;
      if (chunk.usage) usage = chunk.usage;
      if (chunk.choices.length === 0) continue;
      content += chunk.choices[0].delta.content ?? "";
      thought += chunk.choices[0].delta.reasoning_content ?? "";
      finish = chunk.choices[0].finish_reason ?? finish;
    }
    assert.ok(n > 10);
    assert.equal(content, whole.choices[0].message.content);
    assert.equal(thought, whole.choices[0].message.reasoning_content);
    assert.equal(finish, "stop");
    assert.equal(usage.completion_tokens, whole.usage.completion_tokens);
  },
  async "a stream can be left"() {
    const stream = await plain.api.chat.completions.create({ ...base, messages: question, stream: true });
    for await (const _ of stream) break;
    const r = await plain.api.chat.completions.create({ ...base, messages: question, max_tokens: 5 });
    assert.equal(r.choices.length, 1);
  },
  async "the client's own stream helper adds up"() {
    const stream = plain.api.chat.completions.stream({ ...base, messages: question, temperature: 0 });
    let text = "";
    stream.on("content", (delta) => (text += delta));
    const r = await stream.finalChatCompletion();
    assert.equal(r.choices[0].message.content, text);
  },
  async "calls a tool, is told, and answers"() {
    const messages = [...question];
    const first = await tooled.api.chat.completions.create({ ...base, messages, tools, tool_choice: "required", parallel_tool_calls: false });
    const said = first.choices[0].message;
    assert.equal(first.choices[0].finish_reason, "tool_calls");
    assert.ok(said.tool_calls.length >= 1);
    messages.push(said);
    for (const call of said.tool_calls) {
      assert.equal(call.function.name, "add");
      const { a, b } = JSON.parse(call.function.arguments);
      assert.ok(Number.isInteger(a) && a >= 0 && a <= 99 && Number.isInteger(b) && b >= 0 && b <= 99);
      messages.push({ role: "tool", tool_call_id: call.id, content: String(a + b) });
    }
    const second = await tooled.api.chat.completions.create({ ...base, messages, tools, max_tokens: 20 });
    assert.ok(["stop", "length"].includes(second.choices[0].finish_reason));
    assert.ok(second.usage.prompt_tokens > first.usage.prompt_tokens);
  },
  async "tool calls stream as the client expects them"() {
    const stream = tooled.api.chat.completions.stream({ ...base, messages: question, tools, tool_choice: "required" });
    const r = await stream.finalChatCompletion();
    assert.equal(r.choices[0].finish_reason, "tool_calls");
    for (const call of r.choices[0].message.tool_calls) assert.deepEqual(Object.keys(JSON.parse(call.function.arguments)), ["a", "b"]);
  },
  async "the client's tool runner calls the function"() {
    const given = [];
    const add = ({ a, b }) => {
      given.push([a, b]);
      return String(a + b);
    };
    const runner = tooled.api.chat.completions.runTools({
      ...base, messages: question, tool_choice: { type: "function", function: { name: "add" } },
      tools: [{ type: "function", function: { ...tools[0].function, function: add, parse: JSON.parse } }],
    });
    await runner.done();
    assert.equal(given.length, 1);
    assert.equal(runner.messages.at(-1).content, String(given[0][0] + given[0][1]));
  },
  async "an answer satisfies its schema"() {
    const schema = { type: "object", properties: { sum: { type: "integer" }, sure: { type: "boolean" } }, required: ["sum", "sure"], additionalProperties: false };
    const r = await plain.api.chat.completions.create({ ...base, messages: question, response_format: { type: "json_schema", json_schema: { name: "sum", strict: true, schema } } });
    const value = JSON.parse(r.choices[0].message.content);
    assert.ok(Number.isInteger(value.sum));
    assert.equal(typeof value.sure, "boolean");
  },
  async "scores come with their tokens"() {
    const r = await plain.api.chat.completions.create({ ...base, messages: question, logprobs: true, top_logprobs: 3, max_tokens: 4 });
    assert.equal(r.choices[0].logprobs.content.length, r.usage.completion_tokens);
    assert.equal(r.choices[0].logprobs.content[0].top_logprobs.length, 3);
  },
  async "errors are thrown as the client's classes"() {
    const thrown = async (more) => plain.api.chat.completions.create({ ...base, messages: question, ...more }).then(() => assert.fail("no error"), (e) => e);
    const bad = await thrown({ top_logprobs: 3 });
    assert.ok(bad instanceof OpenAI.BadRequestError, String(bad));
    assert.deepEqual([bad.status, bad.param, bad.type], [400, "top_logprobs", "invalid_request_error"]);
    const wrong = await thrown({ temperature: 3 });
    assert.ok(wrong instanceof OpenAI.UnprocessableEntityError, String(wrong));
    assert.deepEqual([wrong.status, wrong.param], [422, "temperature"]);
    const streamed = await thrown({ stream: true, messages: [] });
    assert.ok(streamed instanceof OpenAI.BadRequestError, String(streamed));
    assert.equal(streamed.param, "messages");
    const long = await thrown({ messages: [{ role: "user", content: "1 + ".repeat(3000) }] });
    assert.equal(long.code, "context_length_exceeded");
    const nowhere = await plain.api.embeddings.create({ model: "m", input: "x" }).catch((e) => e);
    assert.ok(nowhere instanceof OpenAI.NotFoundError, String(nowhere));
  },
  async "models are listed"() {
    const ids = [];
    for await (const m of plain.api.models.list()) ids.push(m.id);
    assert.deepEqual(ids, ["Retort drop"]);
  },
  async "text is completed"() {
    const r = await plain.api.completions.create({ model: "m", prompt: "12 + 30", max_tokens: 8, logprobs: 2, echo: false });
    assert.equal(r.object, "text_completion");
    assert.equal(r.choices[0].logprobs.tokens.length, r.usage.completion_tokens);
    let text = "";
    for await (const chunk of await plain.api.completions.create({ model: "m", prompt: "12 + 30", max_tokens: 8, stream: true })) text += chunk.choices[0].text;
    assert.equal(text, r.choices[0].text);
    const filled = await plain.api.completions.create({ model: "m", prompt: "a", suffix: "b" }).catch((e) => e);
    assert.ok(filled instanceof OpenAI.BadRequestError);
    assert.equal(filled.param, "suffix");
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    console.log(`ok      ${name}`);
  } catch (e) {
    ++failed;
    console.log(`FAILED  ${name}\n${e.stack}`);
  }
}
plain.end();
tooled.end();
process.exitCode = failed ? 1 : 0;
