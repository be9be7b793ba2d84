/** One client's connection. */
import { CallError, connect, websocket } from "rusm-ts";

const rooms = connect<typeof import("../rooms")>("rooms");

/** The codes from 4000 on are for applications to give a meaning. */
const REFUSED = 4000;

export default websocket({
  async open(s) {
    try {
      await rooms.join(s.params.room!, s.query.get("name") ?? "");
    } catch (error) {
      if (!(error instanceof CallError) || (error.code !== "name" && error.code !== "taken")) {
        throw error;
      }
      s.close(REFUSED, error.message);
    }
  },
  async message(s, data) {
    if (typeof data !== "string" || data === "" || data.length > 1000) {
      s.close(1003, "a message is a text of 1 to 1000 characters");
    } else {
      await rooms.say(data);
    }
  },
  // There is no `mail`: what the room tells, the client gets.
});
