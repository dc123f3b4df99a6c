#!/usr/bin/env -S node --test-reporter=tap
// test_hostile.mjs - markup and scripts in articles, file names, queries and addresses are shown as text, and nothing runs.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browse, open, serve, texts } from "./support.mjs";

const attack = "<img src=x onerror=alert(1)>";
const close = `"'></a></p></title></textarea></svg>--><script>alert(1)</script><!-- "' `;
const articles = [
    {
        id: `"><svg onload=alert(1)>/../%2e`,
        url: "javascript:alert(1)",
        lang: `"><b>`,
        source: attack,
        section: close,
        region: `${attack}“«»`,
        author: `"quoted" «author»`,
        date: "<b>hier</b>",
        title: `titre ${attack}${close}`,
        abstract: `chapeau ${close}`,
        tags: [attack, close],
        body: `corps hostile ${attack}\n${close}\nfin \u202e\u0001\ufffe &lt;b&gt; &amp;`,
    },
    { id: "two", url: `https://a.example/"><b>?'`, title: "corps hostile sans rien", body: "x", source: attack, date: "2025-01-02" },
];
let server, browser, folder;
before(async () => {
    folder = mkdtempSync(join(tmpdir(), "fihrist-hostile-"));
    const file = join(folder, "<img src=x onerror=alert(1)>.txt");
    writeFileSync(file, "corps hostile dans un fichier\n\nsans histoire\n");
    server = await serve({ files: [folder], articles });
    browser = await browse();
});
after(async () => {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true });
});

/** Opens a page and checks that nothing in it is more than text. */
const visit = (path, use, options) =>
    open(browser, server, path, async (page, context) => {
        page.on("dialog", (dialog) => assert.fail(`a dialog: ${dialog.message()}`));
        const odd = await page.evaluate(() =>
            [...document.querySelectorAll("main b, main img, main script, main svg:not(.chart), [onerror], [onload], a[href^='javascript:' i], iframe, object, style")].map((node) => node.outerHTML),
        );
        assert.deepEqual(odd, []);
        await use(page, context);
    }, options);

for (const javaScriptEnabled of [true, false])
    for (const ui of ["fr", "ar"])
        test(`hostile articles are listed, filtered and read as text (${ui}${javaScriptEnabled ? "" : ", without scripts"})`, () =>
            visit(`/?q=hostile&ui=${ui}`, async (page) => {
                const titles = await texts(page, ".hit h2");
                assert.equal(titles.length, 3);
                assert.ok(titles.some((title) => title.includes(attack) && title.includes("<script>alert(1)</script>")));
                assert.ok((await texts(page, ".facet bdi")).includes(attack));
                await page.locator(".facet a", { hasText: attack }).first().click();
                await page.waitForURL("**source=**");
                assert.ok((await texts(page, ".chips bdi")).includes(attack));
                for (const link of await page.$$eval(".hit h2 a", (links) => links.map((link) => link.getAttribute("href"))))
                    await visit(link, async (article) => assert.match(await article.textContent("article"), /hostile/), { javaScriptEnabled });
            }, { javaScriptEnabled }));

test("an address that is not of the web is no link", () =>
    visit("/?q=hostile", async (page) => {
        const out = await page.$$eval(".out", (links) => links.map((link) => link.protocol));
        assert.deepEqual(out, ["https:"]);
    }));

test("a file name is text", () =>
    visit("/?q=fichier", async (page) => {
        await page.click(".hit h2 a");
        await page.waitForURL("**/read/**");
        assert.match(await page.textContent("article"), /dans un fichier/);
    }));

for (const [name, text] of [["markup", attack], ["what closes everything", close], ["a quote of each kind", `"'«“<`]])
    test(`a query with ${name} is text in the box, the title, the error, the links and the feed`, () =>
        visit(`/?q=${encodeURIComponent(text)}&source=${encodeURIComponent(attack)}`, async (page) => {
            assert.equal(await page.inputValue("#q"), text);
            assert.ok((await page.title()).startsWith(text.trim().replace(/\s+/g, " ")));
            await page.evaluate(async (query) => {
                const reply = await fetch(`/search.atom?q=${encodeURIComponent(query)}`);
                const xml = new DOMParser().parseFromString(await reply.text(), "application/xml");
                if (xml.querySelector("parsererror")) throw new Error("the feed is no XML");
            }, text);
        }));

test("every parameter is text", () =>
    visit(`/?q=hostile&ui=en&from=${encodeURIComponent(attack)}`, async (page) => {
        assert.equal(await page.locator("main img").count(), 0);
        await visit(`/list?names=${encodeURIComponent(close)}`, async (list) => {
            assert.equal((await list.inputValue("#names")).trim(), close.trim());
            assert.equal((await texts(list, ".counts th a"))[0], close.trim());
        });
        await visit(`/read/${encodeURIComponent(attack)}?q=${encodeURIComponent(close)}`, async (read) =>
            assert.match(await read.textContent("main"), /n'existe pas/),
        );
    }));

test("the policy lets nothing else load or run", async () => {
    for (const path of ["/", "/?q=hostile", "/?q=(", "/list", "/read/two", "/read/absent", "/search.atom?q=hostile"]) {
        const { headers } = await fetch(server.url + path);
        assert.match(headers.get("content-security-policy"), /default-src 'none'; script-src 'self'; style-src 'self';/, path);
        assert.doesNotMatch(headers.get("content-security-policy"), /unsafe/, path);
        assert.equal(headers.get("referrer-policy"), "no-referrer", path);
        assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    }
});
