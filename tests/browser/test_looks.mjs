#!/usr/bin/env -S node --test-reporter=tap
// test_looks.mjs - every page in each language, at desktop and phone width, light and dark: a picture of it is kept,
// axe-core finds nothing, nothing is wider than the window. Then weight, time to the first paint, and print.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browse, check, desktop, open, phone, serve, shoot } from "./support.mjs";

const q = encodeURIComponent;
const pages = {
    welcome: "/?",
    results: `/?q=${q("eau OR barrage OR الماء OR سد")}&`,
    filtered: `/?q=${q("lang:fr | lang:ar")}&source=Vigie%20Atlantique&from=2025&to=2025-11&sort=date&`,
    wrong: `/?q=${q("café (safran")}&`,
    wrongArabic: `/?q=${q('سد "أيت')}&`,
    nothing: `/?q=xylophone&`,
    article: `/read/fr-barrage?q=${q("barrage OR eau")}&`,
    articleArabic: `/read/ar-barrage?q=${q("سد OR الماء")}&`,
    why: `/why/fr-barrage?q=${q('barrage eau* "aït waghzif" -football date:2025-11..')}&`,
    whyNot: `/why/ar-barrage?q=${q("سد الزعفران -الماء")}&source=Hespress&`,
    list: `/list?names=${q("Hamza Lahlou\nحمزة لحلو\nItto Amezian\nPersonne")}&`,
};
let server, browser;
before(async () => {
    server = await serve();
    browser = await browse();
});
after(async () => {
    await browser.close();
    await server.stop();
});

const looks = [
    ["fr", "desktop", "light"],
    ["fr", "phone", "light"],
    ["fr", "desktop", "dark"],
    ["ar", "desktop", "light"],
    ["ar", "phone", "light"],
    ["ar", "phone", "dark"],
    ["en", "desktop", "light"],
];
for (const [ui, size, colorScheme] of looks)
    test(`${ui}, ${size}, ${colorScheme}: nothing overflows, axe-core is content`, () =>
        open(browser, server, "/help.txt", async (page) => {
            for (const [name, path] of Object.entries(pages)) {
                await page.goto(`${path}ui=${ui}`);
                await page.evaluate(() => document.fonts.ready);
                await shoot(page, `${name}-${ui}-${size}-${colorScheme}`);
                const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                assert.ok(over <= 0, `${name} is ${over} pixels too wide`);
                await check(page);
            }
        }, { viewport: size === "phone" ? phone : desktop, colorScheme }));

test("the help, the proposals and the end of the page are kept, too", () =>
    open(browser, server, `${pages.results}ui=ar`, async (page) => {
        await page.keyboard.press("?");
        await shoot(page, "whole-ar-phone", { fullPage: true });
        await page.goto(`${pages.results}ui=ar`);
        await page.locator("#q").fill("");
        await page.locator("#q").pressSequentially("region:");
        await page.waitForSelector(".options li");
        await shoot(page, "proposals-ar-phone");
        await check(page);
    }, { viewport: phone }));

test("a first visit transfers less than 60 kB without the font", () =>
    open(browser, server, "/help.txt", async (page, context) => {
        let bytes = 0;
        const session = await context.newCDPSession(page);
        await session.send("Network.enable");
        const fonts = new Set();
        session.on("Network.responseReceived", ({ requestId, type }) => type === "Font" && fonts.add(requestId));
        session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => (bytes += fonts.has(requestId) ? 0 : encodedDataLength));
        await page.goto(pages.results, { waitUntil: "networkidle" });
        console.log(`# ${bytes} bytes`);
        assert.ok(bytes > 0 && bytes < 60000, `${bytes} bytes`);
    }));

test("the first result is painted within 100 ms of the reply", () =>
    open(browser, server, "/", async (page) => {
        const times = [];
        for (let i = 0; i < 5; i++) {
            await page.goto(pages.results, { waitUntil: "networkidle" });
            times.push(
                await page.evaluate(() => {
                    const [{ responseEnd }] = performance.getEntriesByType("navigation");
                    const paint = performance.getEntriesByName("first-contentful-paint")[0];
                    return paint.startTime - responseEnd;
                }),
            );
        }
        console.log(`# ${times.map(Math.round).join(" ")} ms`);
        assert.ok(Math.min(...times) <= 100, `${times} ms`);
    }));

test("what is printed are the results alone, black on white", () =>
    open(browser, server, pages.results, async (page) => {
        await page.emulateMedia({ media: "print", colorScheme: "dark" });
        assert.ok(await page.locator(".hit").first().isVisible());
        for (const gone of [".ask", ".beside", ".actions", ".choice"]) assert.ok(await page.locator(gone).first().isHidden(), gone);
        await shoot(page, "print-fr", { fullPage: true });
    }));
