// The runner has all of it built in; a bundle only names it.
export {
  CallError,
  Pid,
  Process,
  ServiceError,
  Topics,
  call,
  connect,
  kv,
  pidOf,
  service,
  spawn,
  websocket,
} from "rusm:runtime";
