// Validates the lines of constraint_samples with ajv: every output must be JSON, and valid under its schema.
// usage: constraint_validate.mjs FILE, with ajv and ajv-formats where node finds them from the folder NODE_MODULES.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire((process.env.NODE_MODULES ?? process.cwd()) + "/");
const Ajv = require("ajv/dist/2020").default;
const formats = require("ajv-formats").default;

let n = 0, cut = 0, notJson = 0, invalid = 0;
for (const line of readFileSync(process.argv[2], "utf8").split("\n")) {
  if (!line) continue;
  const { schema, output, ended } = JSON.parse(line);
  ++n;
  if (!ended) ++cut;
  let value;
  try {
    value = JSON.parse(output);
  } catch (e) {
    ++notJson;
    console.log("not JSON: " + e.message + "\n  " + output);
    continue;
  }
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats(ajv);
  const validate = ajv.compile(schema);
  if (!validate(value)) {
    ++invalid;
    console.log("invalid: " + ajv.errorsText(validate.errors) + "\n  " + JSON.stringify(schema) + "\n  " + output);
  }
}
console.log(`${n} outputs: ${cut} cut or stuck, ${notJson} not JSON, ${invalid} not valid`);
process.exit(n > 0 && cut + notJson + invalid === 0 ? 0 : 1);
