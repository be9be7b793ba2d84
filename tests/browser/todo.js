// Usage: node todo.js RUSM APP CHROMIUM
//
// Opens the page of examples/todo in two tabs of a real browser. RUSM is the command, APP the folder of the app, which is
// built. What a person would look for is looked for by role and name, as a screen reader does. Every wait is for something
// to happen.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { Node } from "./node.js";

const [rusm, app, executablePath] = process.argv.slice(2);

test("the page of the example todo, in two tabs", async (t) => {
  const node = new Node(rusm, app);
  t.after(() => node.remove());
  const address = await node.start();
  const browser = await chromium.launch({
    executablePath,
    // It looks for updates and the like by itself otherwise.
    args: ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
  });
  t.after(() => browser.close());
  const context = await browser.newContext({ baseURL: address });
  context.setDefaultTimeout(60_000);

  const errors = [];
  const open = async () => {
    const tab = await context.newPage();
    tab.on("pageerror", (error) => errors.push(error));
    await tab.goto("/");
    await tab.getByText("live", { exact: true }).waitFor();
    await tab.getByText("connected", { exact: true }).waitFor();
    return tab;
  };
  const [ann, bob] = [await open(), await open()];
  const todo = (tab, text) => tab.getByRole("checkbox", { name: text });
  const add = async (tab, text) => {
    await tab.getByLabel("What is to be done?").fill(text);
    await tab.getByRole("button", { name: "Add" }).click();
  };
  const say = async (tab, name, text) => {
    await tab.getByLabel("Your name").fill(name);
    await tab.getByLabel("Message").fill(text);
    await tab.getByRole("button", { name: "Send" }).click();
  };
  const heard = (tab, line) => tab.getByRole("log").getByText(line).waitFor();

  await t.test("what one tab does the other sees by an event", async () => {
    await add(ann, "buy tea");
    await todo(bob, "buy tea").check();
    await ann.locator("li:has(:checked)", { hasText: "buy tea" }).waitFor();
    await add(bob, "drink it");
    await todo(ann, "drink it").waitFor();
    await ann.getByRole("button", { name: "Delete buy tea" }).click();
    await todo(bob, "buy tea").waitFor({ state: "detached" });
  });

  await t.test("the tabs talk by WebSocket", async () => {
    await say(ann, "ann", "hello");
    await heard(bob, "ann: hello");
    await say(bob, "bob", "hi");
    await heard(ann, "bob: hi");
  });

  await t.test("after a restart each tab is told what it missed", async () => {
    await node.stop();
    for (const tab of [ann, bob]) {
      await tab.getByText("the connection is gone; trying again").nth(1).waitFor();
      // It stays only if the page is told changes, not the whole list.
      await tab.locator("li", { hasText: "drink it" }).evaluate((line) => (line.dataset.seen = "yes"));
    }
    // Behind the tabs' back, at an address that they do not know.
    const elsewhere = await node.start();
    const added = await fetch(`${elsewhere}/todos`, { method: "POST", body: '{"text":"wash the cup"}' });
    assert.equal(added.status, 201);
    await node.stop();

    const followed = (response) => response.url() === `${address}/changes` && response.ok();
    const replies = [ann, bob].map((tab) => tab.waitForResponse(followed));
    assert.equal(await node.start(Number(new URL(address).port)), address);
    for (const reply of replies) {
      const { "last-event-id": seen } = await (await reply).request().allHeaders();
      // Added, checked, added, deleted.
      assert.equal(seen, "4");
    }
    for (const tab of [ann, bob]) {
      await todo(tab, "wash the cup").waitFor();
      await tab.locator("li[data-seen]", { hasText: "drink it" }).waitFor();
      await tab.getByText("live", { exact: true }).waitFor();
      await tab.getByText("connected", { exact: true }).waitFor();
    }
    await say(bob, "bob", "still there?");
    await heard(ann, "bob: still there?");
  });

  assert.deepEqual(errors, []);
});
