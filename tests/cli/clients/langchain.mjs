// The npm package `@langchain/deepseek` as its users know it, with another transport.
// usage: node langchain.mjs RETORT TEMPLATE
import assert from "node:assert/strict";
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatDeepSeek } from "@langchain/deepseek";
import { z } from "zod";
import { endless, plain, question, run, tooled } from "./bridge.mjs";

const chat = ({ fetch }, more) =>
  new ChatDeepSeek({ apiKey: "none", temperature: 0, maxTokens: 300, maxRetries: 0, configuration: { baseURL: "http://in.process/v1", fetch }, ...more });
const thinks = chat(plain, { model: "deepseek-reasoner" }), calls = chat(tooled, { model: "deepseek-chat" });
const add = tool(async ({ a, b }) => String(a + b), {
  name: "add", description: "adds two numbers", schema: z.object({ a: z.int().min(0).max(99), b: z.int().min(0).max(99) }),
});

await run({
  async "completes, and tells the thought"() {
    const r = await thinks.invoke(question);
    assert.match(r.content, /42/);
    assert.ok(r.additional_kwargs.reasoning_content.length > 0);
    assert.ok(r.usage_metadata.output_tokens > 0);
    assert.equal(r.response_metadata.finish_reason, "stop");
  },
  async "streams what it completes"() {
    const whole = await thinks.invoke(question);
    let text = "", thought = "", n = 0;
    for await (const chunk of await thinks.stream(question)) {
      ++n;
      text += chunk.content;
      thought += chunk.additional_kwargs.reasoning_content ?? "";
    }
    assert.ok(n > 10);
    assert.equal(text, whole.content);
    assert.equal(thought, whole.additional_kwargs.reasoning_content);
  },
  async "several at once"() {
    const all = await thinks.batch([question, "What is 2 + 3?"]);
    assert.match(all[0].content, /42/);
    assert.match(all[1].content, /5/);
  },
  async "calls a tool, is told, and answers"() {
    const bound = calls.bindTools([add], { tool_choice: "add", parallel_tool_calls: false });
    const messages = [new HumanMessage(question)];
    const said = await bound.invoke(messages);
    assert.equal(said.tool_calls.length, 1);
    messages.push(said);
    for (const call of said.tool_calls) {
      const result = await add.invoke(call);
      assert.ok(result instanceof ToolMessage);
      assert.equal(result.content, String(call.args.a + call.args.b));
      messages.push(result);
    }
    const last = await calls.bindTools([add]).invoke(messages, { stop: ["\n"] });
    assert.ok(last.usage_metadata.input_tokens > said.usage_metadata.input_tokens);
  },
  async "streams calls"() {
    let all;
    for await (const chunk of await calls.bindTools([add], { tool_choice: "required" }).stream(question)) all = all ? all.concat(chunk) : chunk;
    assert.ok(all.tool_calls.length >= 1);
    assert.deepEqual(Object.keys(all.tool_calls[0].args), ["a", "b"]);
  },
  async "structured output, by a call and by a schema"() {
    const Sum = z.object({ sum: z.int(), sure: z.boolean() });
    for (const [of, method] of [[calls, "functionCalling"], [chat(plain, { model: "deepseek-chat" }), "jsonSchema"]]) {
      const r = await of.withStructuredOutput(Sum, { name: "sum", method }).invoke(question);
      assert.deepEqual(Sum.parse(r), r, method);
    }
  },
  async "is aborted"() {
    const n = endless.cancelled.length;
    const stop = new AbortController(), talks = chat(endless, { model: "deepseek-reasoner", maxTokens: 900 });
    let seen = 0;
    await assert.rejects(async () => {
      for await (const _ of await talks.stream(question, { signal: stop.signal })) if (++seen === 3) stop.abort();
    });
    assert.ok(seen < 10);
    assert.equal(endless.cancelled.length, n + 1);
    assert.match((await thinks.invoke(question)).content, /42/);
  },
  async "errors are thrown with their status"() {
    const e = await chat(plain, { model: "m", temperature: 3 }).invoke(question).then(() => null, (e) => e);
    assert.equal(e.status, 422, String(e));
  },
});
