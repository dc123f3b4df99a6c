#!/usr/bin/env -S node --test-reporter=tap
// test_narrow.mjs - filters and their counts, the timeline, sorting: every state is an address.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browse, open, serve, texts } from "./support.mjs";

const query = "/?q=" + encodeURIComponent("lang:fr | lang:ar");
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

/** {value: count} of a filter as the page shows it. */
const counts = (page, filter) =>
    page.$$eval(`.facet[data-filter=${filter}] li`, (items) =>
        Object.fromEntries(items.map((item) => [item.querySelector("bdi").textContent, Number(item.querySelector(".count").textContent)])),
    );
const total = async (page) => Number.parseInt(await page.textContent("#count"), 10);
const pick = (page, filter, value) => page.locator(`.facet[data-filter=${filter}] a`, { hasText: value }).click();

for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? "" : ", without scripts";

    test(`a value picked leaves as many articles as its count said${how}`, () =>
        visit(query, async (page) => {
            const before = await counts(page, "source");
            await pick(page, "source", "Vigie Atlantique");
            await page.waitForURL("**source=Vigie%20Atlantique");
            assert.equal(await total(page), before["Vigie Atlantique"]);
            assert.deepEqual(new Set(await texts(page, ".hit .source")), new Set(["Vigie Atlantique"]));
        }, { javaScriptEnabled }));

    test(`values of one filter add up, filters restrict each other${how}`, () =>
        visit(query, async (page) => {
            const sources = await counts(page, "source");
            await pick(page, "source", "Vigie Atlantique");
            await pick(page, "source", "Agence Zellige");
            assert.equal(await total(page), sources["Vigie Atlantique"] + sources["Agence Zellige"]);
            assert.deepEqual(await counts(page, "source"), sources);
            const sections = await counts(page, "section");
            await pick(page, "section", "Pêche");
            assert.equal(await total(page), sections["Pêche"]);
            assert.equal((await counts(page, "source"))["Agence Zellige"], undefined);
            assert.deepEqual(await texts(page, ".chips li:not(.clear) bdi"), ["Vigie Atlantique", "Agence Zellige", "Pêche"]);
            await page.locator(".chips a", { hasText: "Pêche" }).click();
            assert.equal(await total(page), sources["Vigie Atlantique"] + sources["Agence Zellige"]);
            await page.click(".clear a");
            assert.deepEqual([...new URL(page.url()).searchParams.keys()], ["q"]);
        }, { javaScriptEnabled }));

    test(`a bar of the timeline leaves the articles of its month${how}`, () =>
        visit(query, async (page) => {
            const bar = page.locator(".chart a[data-from='2025-11']");
            const [, count] = (await bar.locator("title").textContent()).match(/novembre 2025 · (\d+) articles/);
            await bar.click();
            await page.waitForURL("**from=2025-11&to=2025-11**");
            assert.equal(await total(page), Number(count));
        }, { javaScriptEnabled }));

    test(`days typed narrow the search${how}`, () =>
        visit("/?q=" + encodeURIComponent("lang:fr") + "&source=Vigie%20Atlantique", async (page) => {
            await page.fill(".dates [name=from]", "2025-06");
            await page.fill(".dates [name=to]", "2025-08-31");
            await page.click(".dates button");
            assert.equal(await total(page), 2);
            assert.match((await texts(page, ".chips bdi")).join("|"), /juin 2025 – 31 août 2025/);
            assert.deepEqual(new Set(await texts(page, ".hit .source")), new Set(["Vigie Atlantique"]));
        }, { javaScriptEnabled }));
}

test("dragging over the timeline narrows to what was dragged over", () =>
    visit(query, async (page) => {
        const boxOf = (from) => page.locator(`.chart a[data-from='${from}'] .reach`).boundingBox();
        const [first, last] = [await boxOf("2025-09"), await boxOf("2025-05")];
        await page.mouse.move(first.x + first.width / 2, first.y + 10);
        await page.mouse.down();
        await page.mouse.move(last.x + last.width / 2, last.y + 20, { steps: 5 });
        assert.ok((await page.locator(".chart .picked").count()) >= 5);
        await page.mouse.up();
        await page.waitForURL("**from=2025-05&to=2025-09**");
        assert.equal((await page.$$(".chart a")).length > 0, true);
    }));

test("a new query keeps filters, order and language", () =>
    visit(query + "&lang=ar&sort=date&ui=en", async (page) => {
        await page.fill("#q", "سد");
        await page.press("#q", "Enter");
        await page.waitForURL((url) => url.searchParams.get("q") === "سد");
        const search = new URL(page.url()).searchParams;
        assert.deepEqual([search.get("lang"), search.get("sort"), search.get("ui")], ["ar", "date", "en"]);
    }));

test("the newest come first when asked for by date", () =>
    visit(query, async (page) => {
        await page.locator(".choice a", { hasText: "date" }).click();
        await page.waitForURL("**sort=date**");
        const days = await page.$$eval(".hit time", (times) => times.map((time) => time.dateTime));
        assert.deepEqual(days, [...days].sort().reverse());
    }));

test("any word is enough when asked for so", () =>
    visit("/?q=safran+phosphate", async (page) => {
        assert.equal(await page.textContent("#count"), "Aucun article");
        await page.locator(".choice a", { hasText: "l'un des mots" }).click();
        await page.waitForURL("**op=or**");
        assert.equal(await total(page), 2);
    }));

test("a parenthesis in the words does not reach into the filters", () =>
    visit("/?q=" + encodeURIComponent("safran) OR (barrage") + "&lang=ar", async (page) => {
        assert.equal(await page.getAttribute("#wrong", "data-code"), "close_parenthesis");
    }));

test("a date that is none is told, not dropped", () =>
    visit("/?q=safran&from=soon", async (page) => assert.match(await page.textContent(".wrong"), /n'est pas une date/)));
