import known from "./data/url-known.json";
import { equal, expectToFail, ok, test, throws } from "./support/test";
import setters from "./data/setters_tests.json";
import table from "./data/urltestdata.json";

interface Row {
  input: string;
  base: string | null;
  failure?: boolean;
  relativeTo?: string;
  href?: string;
  origin?: string;
}

expectToFail(known);

const PARTS = ["href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash", "origin", "searchParams"] as const;

for (const row of table as unknown as (Row | string)[]) {
  if (typeof row === "string") continue;
  const name = `${JSON.stringify(row.input)}${row.base === null ? "" : ` on ${JSON.stringify(row.base)}`}`;
  const body = () => {
    const parse = () => (row.base === null ? new URL(row.input) : new URL(row.input, row.base));
    if (row.failure) {
      throws(TypeError, parse);
      equal(URL.canParse(row.input, row.base ?? undefined), false);
      equal(URL.parse(row.input, row.base ?? undefined), null);
      return;
    }
    const url = parse();
    for (const part of PARTS) {
      const expected = (row as unknown as Record<string, string>)[part];
      if (expected !== undefined) equal(String(url[part]), expected, part);
    }
    equal(new URL(url.href).href, url.href, "parsed again");
  };
  test(name, body);
}

for (const [attribute, rows] of Object.entries(setters as unknown as Record<string, { href: string; new_value: string; expected: Record<string, string> }[]>)) {
  if (attribute === "comment") continue;
  for (const row of rows) {
    test(`set ${attribute} of ${row.href} to ${JSON.stringify(row.new_value)}`, () => {
      const url = new URL(row.href);
      (url as unknown as Record<string, string>)[attribute] = row.new_value;
      for (const [part, expected] of Object.entries(row.expected)) {
        equal((url as unknown as Record<string, string>)[part], expected, part);
      }
    });
  }
}

test("searchParams follows the URL and the URL follows it", () => {
  const url = new URL("http://a/?b=1#c");
  const { searchParams } = url;
  ok(searchParams === url.searchParams);
  searchParams.append("d", "2 3");
  equal(url.href, "http://a/?b=1&d=2+3#c");
  url.search = "?e=4";
  equal([...searchParams], [["e", "4"]]);
  url.href = "http://x/?f=5";
  equal(searchParams.get("f"), "5");
  searchParams.delete("f");
  equal(url.href, "http://x/");
  url.search = "";
  equal(searchParams.size, 0);
});

test("members and shape", () => {
  equal(Object.prototype.toString.call(new URL("http://a")), "[object URL]");
  equal(JSON.stringify({ url: new URL("http://a/b") }), '{"url":"http://a/b"}');
  ok(Object.keys(URL.prototype).includes("href"));
  throws(TypeError, () => (URL as unknown as () => void)());
  throws(TypeError, () => new (URL as unknown as new () => void)());
  throws(TypeError, () => {
    new URL("http://a").href = "no URL";
  });
});
