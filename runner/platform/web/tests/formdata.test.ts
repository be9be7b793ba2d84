import { equal, ok, rejects, test, throws } from "./support/test";

test("append, set, get, getAll, has, delete", () => {
  const form = new FormData();
  form.append("a", "1");
  form.append("b", "2");
  form.append("a", "3");
  equal([form.get("a"), form.getAll("a"), form.get("x"), form.has("b"), form.has("x")], ["1", ["1", "3"], null, true, false]);
  form.set("a", "4");
  equal([...form] as unknown, [["a", "4"], ["b", "2"]]);
  form.delete("a");
  equal([...form.keys()], ["b"]);
  form.append("u", undefined as never);
  form.append("n", null as never);
  equal([form.get("u"), form.get("n")], ["undefined", "null"]);
  throws(TypeError, () => (form.append as never as (a: string) => void)("a"));
  throws(TypeError, () => form.append("a", "b", "c"));
  throws(TypeError, () => new FormData({} as never));
});

test("blobs become files", () => {
  const form = new FormData();
  form.append("a", new Blob(["x"], { type: "t/u" }));
  form.append("b", new Blob(["x"]), "name");
  const file = new File(["y"], "f", { lastModified: 5 });
  form.append("c", file);
  form.append("d", file, "g");
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => form.get(name) as File);
  ok(a instanceof File && c === file);
  equal([a!.name, a!.type, b!.name, c!.name, d!.name, d!.lastModified], ["blob", "t/u", "name", "f", "g", 5]);
});

test("iterators", () => {
  const form = new FormData();
  form.append("a", "1");
  form.append("b", "2");
  equal([...form.values()] as unknown, ["1", "2"]);
  const seen: unknown[] = [];
  form.forEach((value, name) => seen.push([name, value]));
  equal(seen, [["a", "1"], ["b", "2"]]);
  equal(String(form.entries()), "[object FormData Iterator]");
});

test("written and read again", async () => {
  const form = new FormData();
  form.append("text", "line\nbreak\r\nand \"quotes\"");
  form.append('na"me\r\n', "ü");
  form.append("file", new File([new Uint8Array([0, 13, 10, 45, 45, 255])], 'f"1\n.bin', { type: "application/x" }));
  form.append("empty", new File([], ""));
  const response = new Response(form);
  const body = await response.clone().text();
  ok(body.includes('name="na%22me%0D%0A"') && body.includes('filename="f%221%0A.bin"') && body.includes("Content-Type: application/octet-stream"), body);
  const read = await response.formData();
  equal(read.get("text"), "line\r\nbreak\r\nand \"quotes\"");
  equal(read.get('na"me\r\n'), "ü");
  const file = read.get("file") as File;
  equal([file.name, file.type, file.size], ['f"1\n.bin', "application/x", 6]);
  equal(await file.bytes(), new Uint8Array([0, 13, 10, 45, 45, 255]));
  equal((read.get("empty") as File).name, "");
});

const parse = (body: string, type = "multipart/form-data; boundary=b") => new Response(body, { headers: { "content-type": type } }).formData();

/** Multipart bodies that are forms. */
for (const [what, body, expected] of [
  ["no part", "--b--\r\n", []],
  ["one", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--', [["a", "1"]]],
  ["an empty value", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n--b--', [["a", ""]]],
  ["an empty name", '--b\r\nContent-Disposition: form-data; name=""\r\n\r\nx\r\n--b--', [["", "x"]]],
  ["lower-case fields", '--b\r\ncontent-disposition:form-data;name="a"\r\n\r\n1\r\n--b--', [["a", "1"]]],
  ["a bare name", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--", [["a", "1"]]],
  ["another field", '--b\r\nX-Y: z\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--', [["a", "1"]]],
  ["a boundary within", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n--b x --bb\r\n--b--', [["a", "--b x --bb"]]],
  ["a preamble and an epilogue", 'hello\r\n--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\nbye', [["a", "1"]]],
  ["two of a name", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n2\r\n--b--\r\n', [["a", "1"], ["a", "2"]]],
  ["UTF-8", '--b\r\nContent-Disposition: form-data; name="é"\r\n\r\n€\r\n--b--', [["é", "€"]]],
] as [string, string, [string, string][]][]) {
  test(`reads a form with ${what}`, async () => equal([...(await parse(body))] as unknown, expected));
}
/** And those that are not. */
for (const [what, body, type] of [
  ["nothing", "", undefined],
  ["no end", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1', undefined],
  ["no name", "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--", undefined],
  ["no disposition", "--b\r\nContent-Type: a/b\r\n\r\n1\r\n--b--", undefined],
  ["an attachment", '--b\r\nContent-Disposition: attachment; name="a"\r\n\r\n1\r\n--b--', undefined],
  ["another boundary", "--c--\r\n", undefined],
  ["no boundary in the type", "--b--", "multipart/form-data"],
  ["another type", "--b--", "text/plain"],
] as [string, string, string | undefined][]) {
  test(`refuses a form with ${what}`, () => rejects(TypeError, parse(body, type)).then(() => {}));
}
test("a quoted boundary", async () => equal((await parse("--a b--", 'multipart/form-data; boundary="a b"')).get("x"), null));
test("urlencoded", async () => {
  equal([...(await parse("a=1+2&b=%C3%A9", "application/x-www-form-urlencoded;charset=UTF-8"))] as unknown, [["a", "1 2"], ["b", "é"]]);
  equal([...(await parse("", "application/x-www-form-urlencoded"))], []);
});
test("a file's default type", async () => {
  const form = await parse('--b\r\nContent-Disposition: form-data; name="a"; filename="x.txt"\r\n\r\nabc\r\n--b--');
  const file = form.get("a") as File;
  equal([file.name, file.type, await file.text()], ["x.txt", "text/plain", "abc"]);
});
