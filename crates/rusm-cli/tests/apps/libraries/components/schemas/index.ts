import * as v from "valibot";
import { z } from "zod";

const Order = z.strictObject({
  id: z.uuid(),
  when: z.coerce.date(),
  email: z.email().toLowerCase(),
  items: z.array(z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("tea"), grams: z.number().int().positive() }),
    z.object({ kind: z.literal("cup"), colour: z.enum(["red", "blue"]).default("red") }),
  ])).min(1),
  note: z.string().trim().max(5).optional(),
});

const Person = v.pipe(
  v.object({ name: v.pipe(v.string(), v.trim(), v.minLength(1)), born: v.pipe(v.string(), v.isoDate(), v.transform((text) => new Date(text))) }),
  v.check((person) => person.born.getUTCFullYear() > 1900, "too old"),
);

const good = {
  id: "123e4567-e89b-42d3-a456-426614174000",
  when: "2026-01-02T03:04:05Z",
  email: "Ann@Example.com",
  items: [{ kind: "tea", grams: 5 }, { kind: "cup" }],
};

export default async function handle(): Promise<Response> {
  const bad = Order.safeParse({ ...good, id: "x", items: [{ kind: "tea", grams: 0.5 }], note: "far too long", more: 1 });
  const checked = await z.string().refine(async (text) => text === "open").safeParseAsync("shut");
  const person = v.safeParse(Person, { name: " ann ", born: "1850-01-01" });
  return Response.json({
    parsed: Order.parse(good),
    issues: bad.error?.issues.map(({ code, path }) => `${path.join(".")}: ${code}`),
    asynchronous: checked.success,
    schema: z.toJSONSchema(z.object({ n: z.number().min(1) })),
    recursive: z.object({ name: z.string(), get children() { return z.array(z.object({ name: z.string() })); } }).parse({ name: "a", children: [{ name: "b" }] }),
    person: v.parse(Person, { name: " ann ", born: "2000-01-01" }),
    misfit: person.issues?.map((issue) => issue.message),
  });
}
