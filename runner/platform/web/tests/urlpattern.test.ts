import known from "./data/urlpattern-known.json";
import { equal, expectToFail, ok, test, throws } from "./support/test";
import table from "./data/urlpatterntestdata.json";

expectToFail(known);

interface Row {
  pattern: unknown[];
  inputs?: unknown[];
  exactly_empty_components?: string[];
  expected_obj?: Record<string, string> | "error";
  expected_match?: Record<string, unknown> | "error" | null;
}

const PARTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"] as const;

/** urlpattern/resources/urlpattern.js of the web platform tests. */
(table as unknown as Row[]).forEach((row, index) => {
  test(`${index}: ${JSON.stringify(row.pattern)} with ${JSON.stringify(row.inputs ?? [])}`, () => {
    const make = () => new (URLPattern as unknown as new (...values: unknown[]) => InstanceType<typeof URLPattern>)(...row.pattern);
    if (row.expected_obj === "error") {
      throws(TypeError, make);
      return;
    }
    const pattern = make();
    for (const part of PARTS) {
      const expected = expectedPattern(row, part);
      if (expected !== undefined) equal(pattern[part], expected, part);
    }
    if (row.inputs === undefined) return;
    const inputs = row.inputs as [never, never];
    if (row.expected_match === "error") {
      throws(TypeError, () => pattern.test(...inputs));
      throws(TypeError, () => pattern.exec(...inputs));
      return;
    }
    equal(pattern.test(...inputs), Boolean(row.expected_match), "test");
    const result = pattern.exec(...inputs) as unknown as Record<string, unknown> | null;
    if (!row.expected_match) {
      equal(result, row.expected_match ?? null);
      return;
    }
    ok(result, "exec");
    const expected = row.expected_match as Record<string, { input: string; groups: Record<string, string | null> }>;
    equal(result!["inputs"], expected["inputs"] ?? row.inputs, "inputs");
    for (const part of PARTS) {
      const found = result![part] as { input: string; groups: Record<string, string | undefined> };
      const wanted = expected[part] ?? { input: "", groups: row.exactly_empty_components?.includes(part) ? {} : { "0": "" } };
      equal(found.input, wanted.input, `${part}.input`);
      const groups = Object.fromEntries(Object.entries(wanted.groups).map(([name, value]) => [name, value ?? undefined]));
      equal(found.groups, groups, `${part}.groups`);
    }
  });
});

/** What a component's pattern reads back as, by the rules of the table's own runner. */
function expectedPattern(row: Row, part: (typeof PARTS)[number]): string | undefined {
  const expected = row.expected_obj as Record<string, string> | undefined;
  if (expected?.[part] !== undefined) return expected[part];
  if (row.exactly_empty_components?.includes(part)) return "";
  const [first] = row.pattern;
  if (typeof first === "object" && first !== null && (first as Record<string, string>)[part] !== undefined) return (first as Record<string, string>)[part];
  return undefined;
}
