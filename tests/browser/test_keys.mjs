#!/usr/bin/env -S node --test-reporter=tap
// test_keys.mjs - the page by keyboard, completion, and steps from match to match.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browse, open, serve, texts } from "./support.mjs";

let server, browser;
before(async () => {
    server = await serve();
    browser = await browse();
});
after(async () => {
    await browser.close();
    await server.stop();
});
const visit = (path, use, options) => open(browser, server, path, use, options);
const options = (page) => texts(page, ".options li bdi");

test("a search is asked, read and left by keys alone", () =>
    visit("/?q=" + encodeURIComponent("eau OR الماء"), async (page) => {
        await page.keyboard.press("j");
        await page.keyboard.press("j");
        await page.keyboard.press("j");
        await page.keyboard.press("k");
        assert.equal(await page.$$eval(".hit", (hits) => hits.findIndex((hit) => hit.matches(".now:focus-within"))), 1);
        const title = await page.textContent(".hit.now h2");
        await page.keyboard.press("Enter");
        await page.waitForURL("**/read/**");
        assert.equal(await page.textContent("article h1"), title);
        await page.keyboard.press("/");
        assert.equal(await page.evaluate(() => document.activeElement.id), "q");
        await page.keyboard.type("safran j k ? /");
        assert.equal(await page.inputValue("#q"), "safran j k ? /");
    }));

test("? opens the help and closes it", () =>
    visit("/?q=safran", async (page) => {
        await page.keyboard.press("?");
        assert.equal(await page.getAttribute("#help", "open"), "");
        await page.keyboard.press("?");
        assert.equal(await page.getAttribute("#help", "open"), null);
    }));

test("on an Arabic keyboard the same places do the same", () =>
    visit("/?q=" + encodeURIComponent("eau OR الماء"), async (page) => {
        const press = (key, code, shiftKey = false) =>
            page.evaluate((init) => document.body.dispatchEvent(new KeyboardEvent("keydown", { ...init, bubbles: true })), { key, code, shiftKey });
        await press("ت", "KeyJ");
        await press("ت", "KeyJ");
        await press("ن", "KeyK");
        assert.equal(await page.$$eval(".hit", (hits) => hits.findIndex((hit) => hit.matches(".now"))), 0);
        await press("؟", "Slash", true);
        assert.equal(await page.getAttribute("#help", "open"), "");
        await press("ظ", "Slash");
        assert.equal(await page.evaluate(() => document.activeElement.id), "q");
    }));

test("keys with a modifier are the browser's", () =>
    visit("/?q=safran", async (page) => {
        await page.keyboard.press("Control+j");
        assert.equal(await page.locator(".hit.now").count(), 0);
    }));

test("matches of an article follow each other by key and by button, round and round", () =>
    visit("/read/fr-safran?q=safran", async (page) => {
        const now = () => page.$$eval("article mark", (marks) => marks.findIndex((mark) => mark.className === "now"));
        await page.keyboard.press("j");
        assert.deepEqual([await now(), await page.textContent(".steps output")], [0, "1 / 3"]);
        await page.click(".steps button:last-child");
        await page.click(".steps button:last-child");
        await page.click(".steps button:last-child");
        assert.equal(await now(), 0);
        await page.keyboard.press("k");
        assert.deepEqual([await now(), await page.textContent(".steps output")], [2, "3 / 3"]);
        assert.ok(await page.locator("article mark.now").isVisible());
    }));

test("without scripts each match has a link", () =>
    visit("/read/fr-safran?q=safran", async (page) => {
        await page.click(".steps a:nth-of-type(3)");
        assert.equal(await page.textContent("mark:target"), "safrans");
    }, { javaScriptEnabled: false }));

test("fields and operators are completed", () =>
    visit("/", async (page) => {
        await page.locator("#q").pressSequentially("safran so");
        await page.waitForSelector(".options li");
        assert.deepEqual(await options(page), ["source:"]);
        assert.equal(await page.getAttribute("#q", "aria-expanded"), "true");
        await page.keyboard.press("Escape");
        assert.ok(await page.locator(".options").isHidden());
        await page.fill("#q", "");
        await page.locator("#q").pressSequentially("safran O");
        await page.waitForSelector(".options li");
        await page.keyboard.press("Tab");
        assert.equal(await page.inputValue("#q"), "safran OR ");
    }));

test("values of a field are completed as they stand in the index, with their counts", () =>
    visit("/", async (page) => {
        await page.locator("#q").pressSequentially("sour");
        await page.waitForSelector(".options li");
        await page.keyboard.press("ArrowDown");
        assert.equal(await page.getAttribute("#q", "aria-activedescendant"), "option0");
        await page.keyboard.press("Enter");
        assert.equal(await page.inputValue("#q"), "source:");
        await page.locator("#q").pressSequentially("zel");
        await page.waitForFunction(() => document.querySelectorAll(".options li").length === 1);
        assert.match(await page.textContent(".options li"), /^source:"Agence Zellige"\d+$/);
        await page.keyboard.press("ArrowDown");
        await page.keyboard.press("Enter");
        assert.equal(await page.inputValue("#q"), 'source:"Agence Zellige" ');
        await page.keyboard.press("Enter");
        await page.waitForURL("**/?q=source**");
        assert.deepEqual(new Set(await texts(page, ".hit .source")), new Set(["Agence Zellige"]));
    }));

test("Arabic values are completed without their accents", () =>
    visit("/?ui=ar", async (page) => {
        await page.locator("#q").pressSequentially("region:سوس");
        await page.waitForSelector(".options li");
        assert.deepEqual(await options(page), ['region:"سوس-ماسة"']);
    }));
