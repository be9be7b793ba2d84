export default function install(native) {
  let kind, fetchHandler;
  globalThis.console = { log: (...a) => native.print(a.join(" ")) };
  class Headers2 {}
  globalThis.Response = class Response { constructor(body, init) { this.body = body; this.init = init; } };
  globalThis.URL = class URL { constructor(u) { this.href = u; this.pathname = u; } };
  return {
    exports: { ownPid: () => native.ownPid() },
    describe(bundle) { const d = bundle.default; if (typeof d !== "function") throw new Error("no default export"); fetchHandler = d; return { kind: "fetch" }; },
    handle(method, target, params) {
      const r = fetchHandler({ method, url: "http://localhost" + target });
      if (r instanceof Promise) return r.then(finish);
      return finish(r);
    },
    async run() { throw new Error("not yet"); },
    nextTimer() { return Infinity; },
    runTimers() {},
    unheard(reason) { return "unhandled rejection: " + reason; },
    show(error) { return error instanceof Error ? error.name + ": " + error.message + "\n" + error.stack : String(error); },
  };
  function finish(r) { return [200, [["content-type", "text/plain"]], r.body]; }
}
