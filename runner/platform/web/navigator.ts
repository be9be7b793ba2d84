import { rust } from "./host";
import { SECRET, describeInterface } from "./webidl";

export class Navigator {
  #brand = true;

  constructor(secret?: unknown) {
    if (secret !== SECRET) throw new TypeError("Illegal constructor");
  }

  get userAgent(): string {
    void this.#brand;
    return `rusm/${rust.version}`;
  }
}

describeInterface(Navigator, "Navigator");
export const navigator = new Navigator(SECRET);
