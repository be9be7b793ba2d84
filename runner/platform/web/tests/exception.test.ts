import { equal, ok, test, throws } from "./support/test";

/** webidl/ecmascript-binding/es-exceptions. */
const codes: Record<string, number> = {
  IndexSizeError: 1, HierarchyRequestError: 3, WrongDocumentError: 4, InvalidCharacterError: 5, NoModificationAllowedError: 7, NotFoundError: 8, NotSupportedError: 9, InUseAttributeError: 10,
  InvalidStateError: 11, SyntaxError: 12, InvalidModificationError: 13, NamespaceError: 14, InvalidAccessError: 15, TypeMismatchError: 17, SecurityError: 18, NetworkError: 19, AbortError: 20,
  URLMismatchError: 21, TimeoutError: 23, InvalidNodeTypeError: 24, DataCloneError: 25, EncodingError: 0, NotReadableError: 0, UnknownError: 0,
  ConstraintError: 0, DataError: 0, TransactionInactiveError: 0, ReadOnlyError: 0, VersionError: 0, OperationError: 0, NotAllowedError: 0, Whatever: 0,
};
for (const [name, code] of Object.entries(codes)) {
  test(`${name} has the code ${code}`, () => {
    const error = new DOMException("m", name);
    equal([error.name, error.message, error.code, `${error}`], [name, "m", code, `${name}: m`]);
  });
}
test("constants", () => {
  const constants = DOMException as unknown as Record<string, number>;
  equal([constants["INDEX_SIZE_ERR"], constants["ABORT_ERR"], constants["DATA_CLONE_ERR"], constants["DOMSTRING_SIZE_ERR"]], [1, 20, 25, 2]);
  equal((new DOMException() as unknown as Record<string, number>)["SYNTAX_ERR"], 12);
});
test("an Error with a stack", () => {
  const error = new DOMException();
  ok(error instanceof Error && error instanceof DOMException);
  equal([error.name, error.message, error.code], ["Error", "", 0]);
  ok(typeof error.stack === "string");
  equal(Object.prototype.toString.call(error), "[object DOMException]");
  throws(TypeError, () => Object.getOwnPropertyDescriptor(DOMException.prototype, "name")!.get!.call({}));
});
