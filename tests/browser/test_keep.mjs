#!/usr/bin/env -S node --test-reporter=tap
// test_keep.mjs - what outlives a visit: saved searches, copied addresses, feeds, exports, lists of names.
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

test("a search is saved in the browser, found again on the first page and removed", () =>
    visit("/?q=safran&lang=fr", async (page) => {
        await page.click(".actions .save");
        assert.match(await page.textContent(".said"), /enregistrée/);
        await page.goto("/");
        assert.deepEqual(await texts(page, ".saved a"), ["safran · français"]);
        await page.click(".saved a");
        await page.waitForURL("**/?q=safran&lang=fr");
        await page.goto("/");
        await page.click(".saved button");
        assert.equal(await page.locator(".saved").count(), 0);
        await page.reload();
        assert.equal(await page.locator(".saved").count(), 0);
    }));

test("what others put into the store is not followed", () =>
    visit("/", async (page) => {
        await page.evaluate(() =>
            localStorage.setItem("fihrist.saved", JSON.stringify([{ name: "x", address: "javascript:alert(1)" }, 7, null, { name: "y", address: "//a.example" }, { name: "<b>ok</b>", address: "/?q=safran" }])),
        );
        await page.reload();
        assert.deepEqual(await texts(page, ".saved a"), ["<b>ok</b>"]);
        await page.evaluate(() => localStorage.setItem("fihrist.saved", "{"));
        await page.reload();
        assert.equal(await page.locator(".saved").count(), 0);
    }));

test("the address that is copied is that of the state", () =>
    visit("/?q=safran&sort=date", async (page, context) => {
        await context.grantPermissions(["clipboard-read", "clipboard-write"]);
        await page.click(".actions .copy");
        await page.waitForFunction(() => document.querySelector(".said")?.textContent);
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), server.url + "/?q=safran&sort=date");
    }));

test("the feed is Atom: the newest articles of the search, filters held", () =>
    visit("/?q=" + encodeURIComponent("lang:fr | lang:ar") + "&source=Vigie%20Atlantique&sort=score", async (page) => {
        const address = await page.getAttribute("link[type='application/atom+xml']", "href");
        const feed = await page.evaluate(async (address) => {
            const reply = await fetch(address);
            const xml = new DOMParser().parseFromString(await reply.text(), "application/xml");
            const text = (node, name) => node.getElementsByTagNameNS("http://www.w3.org/2005/Atom", name)[0]?.textContent;
            return {
                type: reply.headers.get("content-type"),
                wrong: xml.querySelector("parsererror")?.textContent,
                root: xml.documentElement.namespaceURI + " " + xml.documentElement.localName,
                updated: text(xml, "updated"),
                entries: [...xml.querySelectorAll("entry")].map((entry) => [text(entry, "updated"), text(entry, "id"), text(entry, "title")]),
            };
        }, address);
        assert.equal(feed.type, "application/atom+xml; charset=utf-8");
        assert.equal(feed.wrong, undefined);
        assert.equal(feed.root, "http://www.w3.org/2005/Atom feed");
        const times = feed.entries.map(([updated]) => Date.parse(updated));
        assert.deepEqual(times, [...times].sort((a, b) => b - a));
        assert.equal(feed.updated, feed.entries[0][0]);
        assert.equal(feed.entries.length, Number.parseInt(await page.textContent("#count"), 10));
        assert.equal(new Set(feed.entries.map(([, id]) => id)).size, feed.entries.length);
    }));

for (const sort of ["score", "date"]) test(`the files that are exported hold what is shown, by ${sort}, filters held`, () =>
    visit("/?q=" + encodeURIComponent("eau OR mer") + `&lang=fr&from=2025&sort=${sort}`, async (page) => {
        const shown = await page.$$eval(".hit h2 a", (links) => links.map((link) => decodeURIComponent(link.pathname.slice("/read/".length))));
        assert.equal(shown.length, Number.parseInt(await page.textContent("#count"), 10));
        const [csv, json] = await page.$$eval(".export", (links) => Promise.all(links.map(async (link) => (await fetch(link.href)).text())));
        const ids = json.trim().split("\n").map((line) => JSON.parse(line).id);
        assert.deepEqual(ids, shown);
        assert.deepEqual(csv.match(/^fr-[a-z]+(?=,)/gm), shown);
        const [file] = await Promise.all([page.waitForEvent("download"), page.click(".export")]);
        assert.equal(file.suggestedFilename(), "articles.csv");
    }));

test("twenty names pasted become a table of counts that lead to their articles", async () => {
    const names = ["Hamza Lahlou", "حمزة لحلو", "  Itto Amezian ", "Nobody Atall", 'un "mot"', ...Array.from({ length: 15 }, (_, i) => `Nom ${i}`)];
    for (const javaScriptEnabled of [true, false])
        await visit("/list", async (page) => {
            await page.fill("#names", names.join("\n\n"));
            await page.click(".names button");
            await page.waitForSelector(".counts");
            const rows = await page.$$eval(".counts tbody tr", (rows) => rows.map((row) => [row.querySelector("th").textContent, row.querySelector("td").dataset.count]));
            assert.deepEqual(rows.map(([name]) => name), names.map((name) => name.trim()));
            assert.deepEqual(rows.slice(0, 4).map(([, count]) => count), ["1", "1", "1", "0"]);
            await page.click(".counts a >> nth=0");
            await page.waitForURL("**/?q=%22Hamza%20Lahlou%22");
            assert.equal(await page.textContent("#count"), "1 article");
        }, { javaScriptEnabled });
});

test("more lines than a list may have are told", () =>
    visit("/list?names=" + Array.from({ length: 101 }, (_, i) => `a${i}`).join("%0A"), async (page) => {
        assert.equal(await page.locator(".counts tbody tr").count(), 100);
        assert.match(await page.textContent("main"), /100 premières lignes/);
    }));
