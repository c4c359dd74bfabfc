// Schemas as the generators that people use write them: zod, valibot and typebox, one for each constructor, and idioms
// of pydantic and OpenAPI; one JSON line each, {"id": ..., "schema": ...}.
// usage: generators.mjs, with the generators where node finds them from the folder NODE_MODULES. A constructor that a
// generator cannot write as JSON schema, or lacks in its version, is left out.
import { createRequire } from "node:module";

const require = createRequire((process.env.NODE_MODULES ?? process.cwd()) + "/");
const { z } = require("zod");
const v = require("valibot");
const { toJsonSchema } = require("@valibot/to-json-schema");
const { Type: t } = require("@sinclair/typebox");

function print(from, makers, write = x => x) {
  for (const [name, make] of Object.entries(makers)) {
    let schema;
    try {
      schema = write(make());
    } catch {
      continue;
    }
    if (schema !== undefined) console.log(JSON.stringify({ id: from + " " + name, schema }));
  }
}

const heat = ["hot", "cold"];
const smith = { name: z.string(), age: z.int().nonnegative() };
const zodMakers = {
  string: () => z.string(),
  number: () => z.number(),
  int: () => z.int(),
  int32: () => z.int32(),
  uint32: () => z.uint32(),
  float32: () => z.float32(),
  float64: () => z.float64(),
  boolean: () => z.boolean(),
  null: () => z.null(),
  any: () => z.any(),
  unknown: () => z.unknown(),
  json: () => z.json(),
  numberInt: () => z.number().int(),
  positive: () => z.number().positive(),
  negative: () => z.number().negative(),
  nonnegative: () => z.number().nonnegative(),
  nonpositive: () => z.number().nonpositive(),
  between: () => z.number().gt(0).lt(1),
  minMax: () => z.number().min(1).max(10),
  multipleOf: () => z.number().multipleOf(5),
  step: () => z.number().step(0.5),
  even: () => z.int().multipleOf(2),
  min: () => z.string().min(3),
  max: () => z.string().max(5),
  length: () => z.string().length(3),
  nonempty: () => z.string().nonempty(),
  regex: () => z.string().regex(/^[a-z]+-\d+$/),
  regexAndLength: () =>
    z
      .string()
      .regex(/^[a-z]+$/)
      .min(2)
      .max(10),
  startsWith: () => z.string().startsWith("iron"),
  endsWith: () => z.string().endsWith("ore"),
  includes: () => z.string().includes("coal"),
  lowercase: () => z.string().lowercase(),
  uppercase: () => z.string().uppercase(),
  trim: () => z.string().trim(),
  email: () => z.email(),
  emailMax: () => z.email().max(60),
  html5Email: () => z.email({ pattern: z.regexes.html5Email }),
  uuid: () => z.uuid(),
  uuidv4: () => z.uuidv4(),
  uuidv7: () => z.uuidv7(),
  guid: () => z.guid(),
  url: () => z.url(),
  httpUrl: () => z.httpUrl(),
  hostname: () => z.hostname(),
  emoji: () => z.emoji(),
  base64: () => z.base64(),
  base64url: () => z.base64url(),
  jwt: () => z.jwt(),
  nanoid: () => z.nanoid(),
  cuid: () => z.cuid(),
  cuid2: () => z.cuid2(),
  ulid: () => z.ulid(),
  xid: () => z.xid(),
  ksuid: () => z.ksuid(),
  ipv4: () => z.ipv4(),
  ipv6: () => z.ipv6(),
  mac: () => z.mac(),
  cidrv4: () => z.cidrv4(),
  cidrv6: () => z.cidrv6(),
  e164: () => z.e164(),
  hex: () => z.hex(),
  hash: () => z.hash("md5"),
  date: () => z.iso.date(),
  time: () => z.iso.time(),
  datetime: () => z.iso.datetime(),
  offset: () => z.iso.datetime({ offset: true }),
  duration: () => z.iso.duration(),
  literal: () => z.literal("oil"),
  literals: () => z.literal(["oil", 5, null, true]),
  enum: () => z.enum(heat),
  nativeEnum: () => z.enum({ A: 1, B: "two" }),
  template: () => z.templateLiteral(["no-", z.number(), z.enum(["a", "b"])]),
  array: () => z.array(z.number()),
  arrayBounds: () => z.array(z.int()).min(1).max(3),
  arrayLength: () => z.array(z.boolean()).length(2),
  tuple: () => z.tuple([z.string(), z.number()]),
  tupleRest: () => z.tuple([z.string()], z.boolean()),
  tupleOptional: () => z.tuple([z.string(), z.int().optional()]),
  object: () => z.object(smith),
  strict: () => z.strictObject(smith),
  loose: () => z.looseObject(smith),
  catchall: () => z.object(smith).catchall(z.number()),
  empty: () => z.object({}),
  partial: () => z.object(smith).partial(),
  extended: () => z.object(smith).extend({ tools: z.array(z.string()) }),
  nested: () => z.object({ of: z.object(smith) }),
  described: () =>
    z.object({
      a: z
        .string()
        .describe("a name")
        .meta({ title: "Name", examples: ["Ada"] }),
    }),
  nullable: () => z.string().nullable(),
  optional: () => z.object({ a: z.string().optional() }),
  nullish: () => z.object({ a: z.string().nullish() }),
  withDefault: () => z.object({ a: z.int().default(3) }),
  record: () => z.record(z.string(), z.number()),
  recordRegex: () => z.record(z.string().regex(/^k\d$/), z.number()),
  recordEnum: () => z.record(z.enum(heat), z.number()),
  recordUuid: () => z.record(z.uuid(), z.boolean()),
  partialRecord: () => z.partialRecord(z.enum(heat), z.number()),
  looseRecord: () => z.looseRecord(z.string().regex(/^n_/), z.number()),
  union: () => z.union([z.string(), z.number()]),
  objects: () => z.union([z.object(smith), z.object({ ore: z.string() })]),
  xor: () => z.xor([z.string(), z.number()]),
  discriminated: () =>
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("bar"), kg: z.number() }),
      z.object({ kind: z.literal("wire"), m: z.number() }),
    ]),
  intersection: () => z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() })),
  looseIntersection: () => z.intersection(z.looseObject({ a: z.string() }), z.looseObject({ b: z.number() })),
  catch: () => z.string().catch("x"),
  readonly: () => z.array(z.string()).readonly(),
  brand: () => z.string().brand(),
  refine: () => z.string().refine(s => s.length > 2),
  pipe: () => z.string().pipe(z.string().min(2)),
  coerce: () => z.coerce.number(),
  keyof: () => z.object(smith).keyof(),
  recursive: () => {
    const node = z.object({
      value: z.number(),
      get children() {
        return z.array(node);
      },
    });
    return node;
  },
  mutual: () => {
    const smithy = z.object({
      name: z.string(),
      get orders() {
        return z.array(order);
      },
    });
    const order = z.object({
      item: z.string(),
      get of() {
        return smithy.nullable();
      },
    });
    return smithy;
  },
};
for (const target of ["draft-2020-12", "draft-7", "openapi-3.0"])
  print("zod " + target, zodMakers, s => z.toJSONSchema(s, { target }));
print("zod input", zodMakers, s => z.toJSONSchema(s, { io: "input" }));

const text = (...checks) => v.pipe(v.string(), ...checks),
  number = (...checks) => v.pipe(v.number(), ...checks);
const bar = v.object({ kind: v.literal("bar"), kg: v.number() }),
  wire = v.object({ kind: v.literal("wire"), m: v.number() });
print(
  "valibot",
  {
    string: () => v.string(),
    number: () => v.number(),
    boolean: () => v.boolean(),
    null: () => v.null(),
    any: () => v.any(),
    array: () => v.array(v.number()),
    tuple: () => v.tuple([v.string(), v.number()]),
    loose: () => v.looseTuple([v.string()]),
    strictTuple: () => v.strictTuple([v.string()]),
    tupleRest: () => v.tupleWithRest([v.string()], v.number()),
    object: () => bar,
    looseObject: () => v.looseObject({ a: v.string() }),
    strict: () => v.strictObject({ a: v.string() }),
    objectRest: () => v.objectWithRest({ a: v.string() }, v.number()),
    record: () => v.record(v.string(), v.number()),
    recordRegex: () => v.record(text(v.regex(/^k\d$/)), v.number()),
    literal: () => v.literal(5),
    picklist: () => v.picklist(heat),
    enum: () => v.enum({ A: "hot", B: 5 }),
    union: () => v.union([v.string(), v.number()]),
    variant: () => v.variant("kind", [bar, wire]),
    intersect: () => v.intersect([v.object({ a: v.string() }), v.object({ b: v.number() })]),
    optional: () => v.object({ a: v.optional(v.string()) }),
    nullish: () => v.object({ a: v.nullish(v.string(), "x") }),
    nullable: () => v.nullable(v.string()),
    partial: () => v.partial(bar),
    lazy: () => {
      const node = v.object({ value: v.number(), children: v.array(v.lazy(() => node)) });
      return node;
    },
    email: () => text(v.email()),
    rfcEmail: () => text(v.rfcEmail()),
    url: () => text(v.url()),
    uuid: () => text(v.uuid()),
    ipv4: () => text(v.ipv4()),
    ipv6: () => text(v.ipv6()),
    isoDate: () => text(v.isoDate()),
    isoDateTime: () => text(v.isoDateTime()),
    isoTimestamp: () => text(v.isoTimestamp()),
    base64: () => text(v.base64()),
    bic: () => text(v.bic()),
    cuid2: () => text(v.cuid2()),
    decimal: () => text(v.decimal()),
    digits: () => text(v.digits()),
    emoji: () => text(v.emoji()),
    hexColor: () => text(v.hexColor()),
    nanoid: () => text(v.nanoid()),
    slug: () => text(v.slug()),
    ulid: () => text(v.ulid()),
    minLength: () => text(v.minLength(3)),
    length: () => text(v.length(3)),
    nonEmpty: () => text(v.nonEmpty()),
    emailMax: () => text(v.email(), v.maxLength(50)),
    regexAndLength: () => text(v.regex(/^[a-z]+$/), v.minLength(2), v.maxLength(8)),
    startsWith: () => text(v.startsWith("iron")),
    includes: () => text(v.includes("coal")),
    minValue: () => number(v.minValue(2)),
    gtValue: () => number(v.gtValue(2)),
    integer: () => number(v.integer()),
    safe: () => number(v.safeInteger()),
    range: () => number(v.integer(), v.minValue(0), v.maxValue(100)),
    multipleOf: () => number(v.multipleOf(5)),
    values: () => number(v.values([1, 2])),
    bounds: () => v.pipe(v.array(v.number()), v.minLength(1), v.maxLength(3)),
    entries: () => v.pipe(v.record(v.string(), v.number()), v.minEntries(1), v.maxEntries(2)),
  },
  toJsonSchema,
);

const format = name => () => t.String({ format: name });
const oneBar = t.Object({ kind: t.Literal("bar"), kg: t.Number() });
print("typebox", {
  any: () => t.Any(),
  string: () => t.String(),
  number: () => t.Number(),
  integer: () => t.Integer(),
  boolean: () => t.Boolean(),
  null: () => t.Null(),
  literal: () => t.Literal("oil"),
  array: () => t.Array(t.Number()),
  unique: () => t.Array(t.Integer(), { uniqueItems: true, maxItems: 4 }),
  tuple: () => t.Tuple([t.String(), t.Number()]),
  contains: () => t.Array(t.Integer(), { contains: t.Literal(7), minContains: 1 }),
  noItems: () => t.Tuple([]),
  object: () => oneBar,
  closed: () => t.Object({ a: t.String() }, { additionalProperties: false }),
  additional: () => t.Object({ a: t.String() }, { additionalProperties: t.Number() }),
  properties: () => t.Object({}, { minProperties: 1, maxProperties: 2 }),
  partial: () => t.Partial(oneBar),
  optional: () => t.Object({ a: t.Optional(t.String()) }),
  pick: () => t.Pick(oneBar, ["kg"]),
  keyof: () => t.KeyOf(oneBar),
  record: () => t.Record(t.String(), t.Number()),
  recordNumber: () => t.Record(t.Number(), t.String()),
  recordRegex: () => t.Record(t.RegExp(/^n_/), t.Number()),
  recordClosed: () => t.Record(t.String({ pattern: "^n_" }), t.Number(), { additionalProperties: false }),
  union: () => t.Union([t.String(), t.Number()]),
  unionLiterals: () => t.Union([t.Literal("hot"), t.Literal("cold")]),
  intersect: () => t.Intersect([t.Object({ a: t.String() }), t.Object({ b: t.Number() })]),
  unevaluated: () =>
    t.Intersect([t.Object({ a: t.String() }), t.Object({ b: t.Number() })], { unevaluatedProperties: false }),
  enum: () => t.Enum({ A: "hot", B: "cold" }),
  not: () => t.Intersect([t.Integer(), t.Not(t.Literal(5))]),
  template: () => t.TemplateLiteral("no-${1|2|3}"),
  nullable: () => t.Union([t.String(), t.Null()]),
  recursive: () => t.Recursive(self => t.Object({ value: t.Number(), children: t.Array(self) }), { $id: "Node" }),
  module: () => t.Module({ A: t.Object({ b: t.Ref("B") }), B: t.String() }).Import("A"),
  email: format("email"),
  uri: format("uri"),
  dateTime: format("date-time"),
  date: format("date"),
  time: format("time"),
  uuid: format("uuid"),
  ipv4: format("ipv4"),
  ipv6: format("ipv6"),
  duration: format("duration"),
  hostname: format("hostname"),
  pointer: format("json-pointer"),
  reference: format("uri-reference"),
  emailMax: () => t.String({ format: "email", maxLength: 40 }),
  bounds: () => t.String({ minLength: 2, maxLength: 5 }),
  pattern: () => t.String({ pattern: "^[a-z]*$", minLength: 1, maxLength: 8 }),
  half: () => t.Number({ multipleOf: 0.5 }),
  over: () => t.Number({ exclusiveMinimum: 0 }),
  from: () => t.Integer({ minimum: 1 }),
  annotated: () => t.Object({ a: t.String({ default: "x", description: "a", "x-order": 1 }) }),
});

const record = (properties, more) => ({ type: "object", properties, required: Object.keys(properties), ...more });
const shapes = {
  Bar: record({ kind: { const: "bar" }, kg: { type: "number" } }),
  Wire: record({ kind: { const: "wire" } }),
};
const refs = [{ $ref: "#/$defs/Bar" }, { $ref: "#/$defs/Wire" }];
const mapping = { bar: "#/$defs/Bar", wire: "#/$defs/Wire" };
print("idiom", {
  optional: () => ({ anyOf: [{ type: "string" }, { type: "null" }], default: null, title: "Name" }),
  discriminator: () => ({ oneOf: refs, discriminator: { propertyName: "kind", mapping }, $defs: shapes }),
  union: () => ({ anyOf: refs, $defs: shapes }),
  tagged: () => record({ item: { oneOf: refs, discriminator: { propertyName: "kind", mapping } } }, { $defs: shapes }),
  decimal: () => ({ anyOf: [{ type: "number" }, { type: "string", pattern: "^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$" }] }),
  keys: () => ({ type: "object", additionalProperties: { type: "integer" }, propertyNames: { enum: heat } }),
  longKeys: () => ({ type: "object", additionalProperties: { type: "integer" }, propertyNames: { minLength: 3 } }),
  tuple: () => ({ type: "array", minItems: 2, maxItems: 2, prefixItems: [{ type: "integer" }, { type: "string" }] }),
  set: () => ({ type: "array", items: { type: "integer" }, uniqueItems: true }),
  embedded: () => ({ type: "string", contentMediaType: "application/json", contentSchema: { type: "integer" } }),
  path: () => ({ type: "string", format: "path" }),
  binary: () => ({ type: "string", format: "binary" }),
  password: () => ({ type: "string", format: "password", writeOnly: true }),
  int64: () => ({ type: "integer", format: "int64" }),
  int32: () => ({ type: "integer", format: "int32", minimum: 0 }),
  nullable: () => ({ type: "string", nullable: true, example: "coal" }),
  extension: () =>
    record({ a: { type: "string", "x-order": 1 } }, { "x-internal": true, externalDocs: { url: "about:docs" } }),
  inherited: () => ({ allOf: [{ $ref: "#/$defs/Bar" }, record({ at: { type: "string" } })], $defs: shapes }),
  components: () => ({ $ref: "#/components/schemas/Bar", components: { schemas: shapes } }),
  either: () => ({ type: "object", properties: { a: {}, b: {} }, anyOf: [{ required: ["a"] }, { required: ["b"] }] }),
  one: () => ({ type: "object", properties: { a: {}, b: {} }, oneOf: [{ required: ["a"] }, { required: ["b"] }] }),
  dependent: () => ({ type: "object", properties: { a: {}, b: {} }, dependentRequired: { a: ["b"] } }),
  conditional: () => ({
    type: "object",
    properties: { a: { type: "boolean" }, b: { type: "integer" } },
    if: { properties: { a: { const: true } }, required: ["a"] },
    then: { required: ["b"] },
  }),
});
