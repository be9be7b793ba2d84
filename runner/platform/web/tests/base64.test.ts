import { equal, expectToFail, ok, test, throws } from "./support/test";

/** fetch/data-urls/resources/base64.json of the web platform tests: what each decodes to; null for what is no base64. */
const table: [string, number[] | null][] = [
  ["", []], ["abcd", [105, 183, 29]], [" abcd", [105, 183, 29]], ["abcd ", [105, 183, 29]], [" abcd===", null], ["abcd=== ", null], ["abcd ===", null], ["a", null],
  ["ab", [105]], ["abc", [105, 183]], ["abcde", null], ["\ud834\udd1e", null], ["=", null], ["==", null], ["===", null], ["====", null], ["=====", null], ["a=", null], ["a==", null],
  ["a===", null], ["ab=", null], ["ab==", [105]], ["ab===", null], ["abc=", [105, 183]], ["abc==", null], ["abcd=", null], ["abcd==", null], ["abcde=", null], ["abcde==", null],
  ["abcde===", null], ["=a", null], ["=aa", null], ["a=a", null], ["aa=a", null], ["ab=c", null], ["ab\u000Bcd", null], ["ab\u3000cd", null], ["ab\u00A0cd", null], ["ab\tcd", [105, 183, 29]],
  ["ab\ncd", [105, 183, 29]], ["ab\fcd", [105, 183, 29]], ["ab\rcd", [105, 183, 29]], ["ab cd", [105, 183, 29]], ["ab\t\n\f\r cd", [105, 183, 29]], [" \t\n\f\r ab\t\n\f\r cd\t\n\f\r ", [105, 183, 29]],
  ["ab\t\n\f\r =\t\n\f\r =\t\n\f\r ", [105]], ["A", null], ["/A", [252]], ["//A", [255, 240]], ["///A", [255, 255, 192]], ["////A", null], ["/", null], ["A/", [3]], ["AA/", [0, 15]], ["AAAA/", null],
  ["AAA/", [0, 0, 63]], ["\0nonsense", null], ["abcd\0nonsense", null], ["YQ", [97]], ["YR", [97]], ["~~", null], ["??", null], ["--", null], ["__", null],
];
for (const [input, expected] of table) {
  test(`atob ${JSON.stringify(input)}`, () => {
    if (expected === null) throws("InvalidCharacterError", () => atob(input));
    else equal([...atob(input)].map((char) => char.charCodeAt(0)), expected);
  });
}
for (const [input, expected] of [["", ""], ["a", "YQ=="], ["ab", "YWI="], ["abc", "YWJj"], ["\xff\xff\xc0", "///A"], ["\0", "AA=="], ["\x80", "gA=="]] as const) {
  test(`btoa ${JSON.stringify(input)}`, () => equal(btoa(input), expected));
}
test("btoa refuses what is no byte", () => {
  for (const input of ["\u0100", "a\u20ac", "\ud834\udd1e"]) throws("InvalidCharacterError", () => btoa(input));
});
expectToFail({ "The engine takes a missing argument for undefined.": ["both need an argument"] });
test("both need an argument", () => {
  throws(TypeError, () => (btoa as unknown as () => void)());
  throws(TypeError, () => (atob as unknown as () => void)());
});
test("both take anything for a string", () => {
  equal(btoa(undefined as never), btoa("undefined"));
  equal(btoa(null as never), btoa("null"));
  equal(btoa(12 as never), "MTI=");
  equal(atob(null as never), "\x9e\xe9e");
});
test("all bytes there and back", () => {
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, index) => index));
  ok(atob(btoa(all)) === all);
});
