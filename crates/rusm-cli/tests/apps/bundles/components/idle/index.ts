// Is there, and hears everything.
import { Process } from "rusm-ts";

export default async function main(): Promise<void> {
  for (;;) await Process.receive();
}
