import { websocket } from "rusm-ts";

export default websocket({
  message: (s, data) => void s.send(data),
});
