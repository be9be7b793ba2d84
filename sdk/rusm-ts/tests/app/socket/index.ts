import { Process, websocket } from "rusm-ts";

export default websocket({
  open(s) {
    s.send("welcome\n");
    const room: string | undefined = s.params["room"];
    s.send(`${room} ${s.query.get("who")} ${s.headers.get("user-agent")} ${s.remoteAddress ?? "?"}`);
  },
  async message(s, data) {
    s.send(data);
    s.send(typeof data === "string" ? data.length.toString() : data.subarray(1));
    // @ts-expect-error: of an object send its JSON.
    s.send({ data });
    await kv.set("messages", Process.self().toString(), data);
  },
  mail(s, mail) {
    switch (mail.kind) {
      case "message":
        s.send(mail.bytes);
        break;
      case "down":
        s.close(1001, mail.reason.kind);
        break;
      case "stream":
        mail.cancel();
    }
  },
  close(_, frame) {
    console.log(frame?.code, process.env["HOME"]?.length);
  },
});
