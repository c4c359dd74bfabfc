// The npm package `@openai/agents` as its users know it, with another transport, over responses and chat completions.
// usage: node agents.mjs RETORT TEMPLATE
import assert from "node:assert/strict";
import { Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, run as runAgent, setTracingDisabled, tool } from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";
import { endless, plain, question, run, tooled } from "./bridge.mjs";

setTracingDisabled(true);
const client = ({ fetch }) => new OpenAI({ apiKey: "none", baseURL: "http://in.process/v1", fetch, maxRetries: 0 });
const settings = { temperature: 0, maxTokens: 300 };
const told = [];
const add = tool({
  name: "add", description: "adds two numbers",
  parameters: z.object({ a: z.int().min(0).max(99), b: z.int().min(0).max(99) }),
  execute: async ({ a, b }) => {
    told.push(a + b);
    return String(a + b);
  },
});
const tests = {};

for (const [form, Model] of [["responses", OpenAIResponsesModel], ["chat", OpenAIChatCompletionsModel]]) {
  const thinks = new Model(client(plain), "deepseek-reasoner"), answers = new Model(client(plain), "deepseek-chat");
  const calls = new Model(client(tooled), "deepseek-chat");
  Object.assign(tests, {
    async [`${form}: completes`]() {
      const r = await runAgent(new Agent({ name: "one", instructions: "", model: thinks, modelSettings: settings }), question);
      assert.match(r.finalOutput, /42/);
      assert.ok(r.rawResponses[0].usage.outputTokens > 0);
    },
    async [`${form}: tells the thought`]() {
      const r = await runAgent(new Agent({ name: "one", model: thinks, modelSettings: settings }), question);
      assert.ok(r.newItems.some((i) => i.type === "reasoning_item"), r.newItems.map((i) => i.type).join());
    },
    async [`${form}: streams what it completes`]() {
      const agent = new Agent({ name: "one", model: thinks, modelSettings: settings });
      const whole = await runAgent(agent, question);
      const stream = await runAgent(agent, question, { stream: true });
      let text = "";
      for await (const piece of stream.toTextStream()) text += piece;
      await stream.completed;
      assert.equal(text, whole.finalOutput);
    },
    async [`${form}: calls a tool, runs it, and goes on`]() {
      const n = told.length;
      const agent = new Agent({ name: "one", model: calls, tools: [add], modelSettings: { ...settings, toolChoice: "required", parallelToolCalls: false, maxTokens: 200 } });
      const r = await runAgent(agent, question, { maxTurns: 2 });
      assert.equal(told.length, n + 1);
      assert.ok(r.newItems.some((i) => i.type === "tool_call_output_item"));
      assert.equal(r.rawResponses.length, 2);
    },
    async [`${form}: structured output with zod`]() {
      const Sum = z.object({ sum: z.int(), sure: z.boolean() });
      const r = await runAgent(new Agent({ name: "one", model: answers, outputType: Sum, modelSettings: settings }), question);
      assert.deepEqual(Sum.parse(r.finalOutput), r.finalOutput);
    },
    async [`${form}: one agent hands over to another`]() {
      const second = new Agent({ name: "second", model: answers, modelSettings: settings });
      const first = new Agent({ name: "first", model: calls, handoffs: [second], modelSettings: { ...settings, toolChoice: "required", parallelToolCalls: false } });
      const r = await runAgent(first, question, { maxTurns: 2 });
      assert.equal(r.lastAgent.name, "second");
    },
    async [`${form}: is aborted`]() {
      const n = endless.cancelled.length;
      const stop = new AbortController(), talks = new Model(client(endless), "deepseek-reasoner");
      const stream = await runAgent(new Agent({ name: "one", model: talks, modelSettings: { ...settings, maxTokens: 900 } }), question, { stream: true, signal: stop.signal });
      let seen = 0;
      try {
        for await (const _ of stream) if (++seen === 6) stop.abort();
        await stream.completed;
      } catch (e) {
        assert.equal(e.name, "AbortError", String(e));
      }
      assert.ok(seen < 20, String(seen));
      assert.equal(endless.cancelled.length, n + 1);
    },
  });
}
delete tests["chat: tells the thought"]; // this client reads it in another field than the service's reasoning_content

await run(tests);
