// Validates outputs with ajv, one JSON line each: {"schema": ..., "output" or "text": ..., "ended": ...}; every output
// must be JSON, and valid under its schema, which is read as the draft that $schema names or that it fits.
// usage: validate.mjs FILE [PERCENT], with ajv and ajv-formats where node finds them from the folder NODE_MODULES; drafts 3 and
// 4 are judged where ajv-draft-04 is there too. Schemas that ajv cannot read are counted, not judged. A line with an
// "error" instead of an output is a schema that was refused; PERCENT of all lines may be (0).
import { createRequire } from "node:module";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

const require = createRequire((process.env.NODE_MODULES ?? process.cwd()) + "/");
const formats = require("ajv-formats").default;
const optional = name => {
  try {
    return require(name).default;
  } catch {
    return undefined;
  }
};
const drafts = {
  "2020-12": require("ajv/dist/2020").default,
  "2019-09": require("ajv/dist/2019").default,
  "draft-07": require("ajv").default,
  "draft-04": optional("ajv-draft-04"),
};
const named = schema => Object.keys(drafts).find(d => String(schema?.$schema).includes(d));

/// The schema without the names of its draft and itself, which ajv would look up.
function body(schema) {
  if (typeof schema !== "object" || schema === null) return schema;
  const { $schema, ...rest } = schema;
  return rest;
}

function compile(schema) {
  const first = named(schema);
  let why;
  for (const draft of first ? [first] : Object.keys(drafts))
    for (const unicodeRegExp of [true, false]) {
      if (!drafts[draft]) continue;
      try {
        const ajv = new drafts[draft]({
          strict: false,
          allErrors: true,
          logger: false,
          ownProperties: true,
          unicodeRegExp,
        });
        formats(ajv);
        const validate = ajv.compile(body(schema));
        return { ajv, validate };
      } catch (e) {
        why = e;
      }
    }
  return { why };
}

const mayRefuse = Number(process.argv[3] ?? 0);
let n = 0,
  refused = 0,
  cut = 0,
  notJson = 0,
  invalid = 0,
  notJudged = 0;
for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  if (!line) continue;
  const { id, schema, output, text = output, ended, error } = JSON.parse(line);
  const where = "\n  " + (id === undefined ? "" : id + ": ") + JSON.stringify(schema).slice(0, 2000) + "\n  " + text;
  ++n;
  if (error !== undefined) {
    ++refused;
    console.log("refused: " + (id ?? JSON.stringify(schema)) + ": " + error);
    continue;
  }
  if (!ended) {
    ++cut;
    console.log("cut or stuck" + where);
    continue;
  }
  let value;
  try {
    value = JSON.parse(text);
  } catch (e) {
    ++notJson;
    console.log("not JSON: " + e.message + where);
    continue;
  }
  const { ajv, validate, why } = compile(schema);
  if (!validate) {
    ++notJudged;
    if (process.env.VERBOSE) console.log("not judged: " + String(why).slice(0, 200));
  } else if (!validate(value)) {
    ++invalid;
    console.log("invalid: " + ajv.errorsText(validate.errors).slice(0, 500) + where);
  }
}
console.log(
  `${n} outputs: ${refused} refused, ${cut} cut or stuck, ${notJson} not JSON, ${invalid} not valid, ${notJudged} not judged`,
);
const judged = n - refused - notJudged;
process.exit(judged > 0 && refused * 100 <= n * mayRefuse && cut + notJson + invalid === 0 ? 0 : 1);
