// The npm package `openai` as its users know it, with another transport: chat completions and responses.
// usage: node openai.mjs RETORT TEMPLATE
import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodFunction, zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { endless as endlessly, plain as plainly, question as asked, run, tooled as withTools } from "./bridge.mjs";

const client = ({ fetch }) => ({ api: new OpenAI({ apiKey: "none", baseURL: "http://in.process/v1", fetch, maxRetries: 0 }) });
const plain = client(plainly), tooled = client(withTools), endless = client(endlessly);
const question = [{ role: "user", content: asked }];
const tools = [{
  type: "function",
  function: {
    name: "add", description: "adds two numbers",
    parameters: {
      type: "object",
      properties: { a: { type: "integer", minimum: 0, maximum: 99 }, b: { type: "integer", minimum: 0, maximum: 99 } },
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
  async "a stream can be left, and is cancelled"() {
    const before = endlessly.cancelled.length;
    const stream = await endless.api.chat.completions.create({ ...base, messages: question, stream: true, max_tokens: 900 });
    for await (const _ of stream) break;
    assert.equal(endlessly.cancelled.length, before + 1);
    const r = await endless.api.chat.completions.create({ ...base, messages: question, max_tokens: 5 });
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
    assert.equal(said.tool_calls.length, 1);
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
  async "an answer satisfies its zod schema, and is parsed"() {
    const Sum = z.object({ sum: z.int(), sure: z.boolean(), steps: z.array(z.enum(["add", "carry"])).max(2) });
    const r = await plain.api.chat.completions.parse({ ...base, messages: question, response_format: zodResponseFormat(Sum, "sum") });
    assert.deepEqual(Sum.parse(r.choices[0].message.parsed), r.choices[0].message.parsed);
  },
  async "a request is aborted"() {
    const stop = new AbortController();
    const before = plainly.cancelled.length;
    plainly.next().then(() => stop.abort());
    const e = await plain.api.chat.completions.create({ ...base, messages: question }, { signal: stop.signal })
      .then(() => null, (e) => e);
    assert.ok(e instanceof OpenAI.APIUserAbortError, String(e));
    assert.equal(plainly.cancelled.length, before + 1);
    const after = await plain.api.chat.completions.create({ ...base, messages: question, max_tokens: 3 });
    assert.equal(after.choices[0].finish_reason, "length");
  },
  async "several requests at once are all answered"() {
    const all = await Promise.all([1, 2, 3].map((n) => plain.api.chat.completions.create({ ...base, messages: question, max_tokens: n })));
    assert.deepEqual(all.map((r) => r.usage.completion_tokens), [1, 2, 3]);
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
    assert.equal((await plain.api.models.retrieve("deepseek-chat")).id, "deepseek-chat");
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

Object.assign(tests, {
  async "responses: completes, thinks and streams the same"() {
    const ask = { model: "deepseek-reasoner", input: asked, temperature: 0, max_output_tokens: 300 };
    const whole = await plain.api.responses.create(ask);
    assert.equal(whole.status, "completed");
    assert.match(whole.output_text, /42/);
    assert.deepEqual(whole.output.map((i) => i.type), ["reasoning", "message"]);
    assert.ok(whole.output[0].content[0].text.length > 0);
    assert.ok(whole.usage.output_tokens_details.reasoning_tokens > 0);
    let text = "", thought = "", last;
    for await (const event of await plain.api.responses.create({ ...ask, stream: true })) {
      if (event.type === "response.output_text.delta") text += event.delta;
      if (event.type === "response.reasoning_text.delta") thought += event.delta;
      last = event;
    }
    assert.equal(last.type, "response.completed");
    assert.equal(text, whole.output_text);
    assert.equal(thought, whole.output[0].content[0].text);
  },
  async "responses: the client's own stream helper adds up"() {
    const stream = plain.api.responses.stream({ model: "m", input: asked, temperature: 0, max_output_tokens: 300 });
    let text = "";
    stream.on("response.output_text.delta", (e) => (text += e.delta));
    const r = await stream.finalResponse();
    assert.equal(r.output_text, text);
    assert.equal(r.output[0].type, "reasoning");
  },
  async "responses: calls a function, is told, and answers"() {
    const flat = tools.map((t) => ({ type: "function", strict: true, ...t.function }));
    const first = await tooled.api.responses.create({ model: "m", input: asked, tools: flat, tool_choice: "required", parallel_tool_calls: false, max_output_tokens: 300 });
    const calls = first.output.filter((i) => i.type === "function_call");
    assert.equal(calls.length, 1);
    const { a, b } = JSON.parse(calls[0].arguments);
    const input = [{ role: "user", content: asked }, ...first.output, { type: "function_call_output", call_id: calls[0].call_id, output: String(a + b) }];
    const second = await tooled.api.responses.create({ model: "m", input, tools: flat, max_output_tokens: 20 });
    assert.ok(second.usage.input_tokens > first.usage.input_tokens);
    const stream = tooled.api.responses.stream({ model: "m", input: asked, tools: flat, tool_choice: "required", max_output_tokens: 300 });
    const streamed = (await stream.finalResponse()).output.find((i) => i.type === "function_call");
    assert.deepEqual(Object.keys(JSON.parse(streamed.arguments)), ["a", "b"]);
  },
  async "responses: an answer satisfies its zod schema, and is parsed"() {
    const Sum = z.object({ sum: z.int(), sure: z.boolean() });
    const r = await plain.api.responses.parse({ model: "m", input: asked, text: { format: zodTextFormat(Sum, "sum") }, max_output_tokens: 400 });
    assert.deepEqual(Sum.parse(r.output_parsed), r.output_parsed);
  },
  async "responses: what is cut, aborted or wrong says so"() {
    const cut = await plain.api.responses.create({ model: "m", input: asked, max_output_tokens: 4 });
    assert.deepEqual([cut.status, cut.incomplete_details.reason], ["incomplete", "max_output_tokens"]);
    const stop = new AbortController();
    plainly.next().then(() => stop.abort());
    const e = await plain.api.responses.create({ model: "m", input: asked }, { signal: stop.signal }).then(() => null, (e) => e);
    assert.ok(e instanceof OpenAI.APIUserAbortError, String(e));
    const stored = await plain.api.responses.create({ model: "m", input: asked, previous_response_id: "resp_1" }).catch((e) => e);
    assert.ok(stored instanceof OpenAI.BadRequestError, String(stored));
    assert.equal(stored.param, "previous_response_id");
  },
});

await run(tests);
