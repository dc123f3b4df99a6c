#!/usr/bin/env -S node --test-reporter=tap
// test_search.mjs - asking, reading results, opening an article: with scripts and without, in French and in Arabic.
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

for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? "" : ", without scripts";

    test(`a query typed and sent shows its articles with what matches marked${how}`, () =>
        visit("/", async (page) => {
            await page.fill("#q", "safran");
            await page.press("#q", "Enter");
            await page.waitForURL("**/?q=safran");
            assert.equal(await page.textContent("#count"), "1 article");
            assert.deepEqual(await texts(page, ".hit h2 mark"), ["safran"]);
            assert.match(await page.textContent(".hit .by"), /Le Carnet de l'Atlas · Agriculture · .*12 novembre 2025.*Samira/);
            assert.equal(await page.inputValue("#q"), "safran");
        }, { javaScriptEnabled }));

    test(`an article is read with its matches marked, and the way back keeps the search${how}`, () =>
        visit("/?q=safran&sort=date", async (page) => {
            await page.click(".hit h2 a");
            await page.waitForURL("**/read/fr-safran?*");
            assert.deepEqual(await texts(page, "article mark"), ["safran", "safran", "safrans"]);
            await page.click(".back");
            await page.waitForURL("**/?q=safran&sort=date");
        }, { javaScriptEnabled }));

    test(`a result tells why it is one, and an article that is none what it lacks${how}`, () =>
        visit("/?q=" + encodeURIComponent("safran -football"), async (page) => {
            await page.click(".hit a.why");
            await page.waitForURL("**/why/fr-safran?*");
            assert.match((await texts(page, ".why tbody th")).join(), /^safran,as written,football excluded$|^safran,ainsi écrit,football exclu$/);
            const adds = (await texts(page, ".why tbody td:last-child")).map((text) => parseFloat(text.replace(",", ".")));
            const score = parseFloat((await page.textContent(".why tfoot td")).replace(",", "."));
            assert.ok(Math.abs(adds.reduce((sum, each) => sum + each) - score) < 0.002);
            await page.goto("/why/fr-barrage?q=safran");
            assert.deepEqual(await texts(page, ".why .fails th"), ["safran"]);
            await page.click(".hit h2 a");
            await page.waitForURL("**/read/fr-barrage?q=safran");
        }, { javaScriptEnabled }));

    test(`an Arabic query finds Arabic articles, each in its own direction${how}`, () =>
        visit("/?q=" + encodeURIComponent("سد OR barrage"), async (page) => {
            const sides = await page.$$eval(".hit", (hits) => hits.map((hit) => [hit.lang, getComputedStyle(hit).direction]));
            assert.ok(sides.some(([lang, side]) => lang === "ar" && side === "rtl"));
            assert.ok(sides.some(([lang, side]) => lang === "fr" && side === "ltr"));
            assert.equal(await page.getAttribute("html", "dir"), "ltr");
        }, { javaScriptEnabled }));
}

test("the page speaks the language the browser asks for, or the one that was chosen", async () => {
    for (const [locale, lang, dir] of [["fr-MA", "fr", "ltr"], ["ar-MA", "ar", "rtl"], ["en-GB", "en", "ltr"], ["de", "fr", "ltr"]])
        await visit("/", async (page) => {
            assert.equal(await page.getAttribute("html", "lang"), lang);
            assert.equal(await page.getAttribute("html", "dir"), dir);
        }, { locale });
    await visit("/?q=safran", async (page) => {
        await page.click(".langs a[lang=ar]");
        await page.waitForURL("**/?q=safran&ui=ar");
        assert.equal(await page.textContent("#count"), "مقال واحد");
        assert.match(await page.textContent(".hit time"), /12 نونبر 2025/);
        await page.fill("#q", "سد");
        await page.press("#q", "Enter");
        await page.waitForURL("**ui=ar");
        assert.equal(await page.getAttribute("html", "lang"), "ar");
    });
});

test("a wrong query is told at its place, with a query to click that is right", () =>
    visit("/?q=" + encodeURIComponent("café (safran"), async (page) => {
        assert.match(await page.textContent("#wrong"), /parenthèse ouverte ici/);
        assert.equal(await page.textContent(".place mark"), "(");
        assert.equal(await page.evaluate(() => document.getElementById("q").selectionStart), 5);
        assert.equal(await page.getAttribute("#q", "aria-invalid"), "true");
        await page.click(".fix a");
        await page.waitForURL("**/?q=caf%C3%A9%20(safran)");
        assert.match(await page.textContent("#count"), /article/);
    }));

test("each kind of mistake has its fix", async () => {
    const fixes = [
        ['"chef du', '"chef du"'],
        ["«chef du", "«chef du»"],
        ["roi)", "roi"],
        ["((roi", "((roi))"],
        ["roi AND", "roi"],
        ["titre:roi", "title:roi"],
        ["nom:roi", '"nom:roi"'],
        ["title:source:roi", "title:roi"],
        ["safran date:2025-13", "safran"],
        ["date:2025..2019", "date:2019..2025"],
        ["safran^0", "safran"],
        ["safran~2", "safran"],
        ["source:Le*", "source:Le"],
        ['"a (b', '"a (b"'],
    ];
    for (const [asked, fixed] of fixes)
        await visit("/?q=" + encodeURIComponent(asked), async (page) => {
            assert.deepEqual(await texts(page, ".fix code"), [fixed], asked);
        });
});

test("nothing found says what to try", () =>
    visit("/?q=xylophone", async (page) => {
        assert.equal(await page.textContent("#count"), "Aucun article");
        assert.match(await page.textContent(".nothing"), /autre graphie/);
    }));

test("results go on beyond the ten thousandth", async () => {
    const many = await serve({ files: [], articles: Array.from({ length: 10025 }, (_, i) => ({ id: `a${i}`, title: `mot ${i}` })) });
    try {
        await open(browser, many, "/?q=mot&offset=9990", async (page) => {
            const seen = await texts(page, ".hit h2");
            await page.click(".pages .next");
            await page.waitForURL("**after=**");
            seen.push(...(await texts(page, ".hit h2")));
            assert.match(await page.textContent(".pages span"), /10\D001–10\D010 \/ 10\D025/);
            await page.click(".pages .next");
            seen.push(...(await texts(page, ".hit h2")));
            await page.click(".pages .next");
            seen.push(...(await texts(page, ".hit h2")));
            assert.equal(await page.locator(".pages .next").count(), 0);
            assert.equal(new Set(seen).size, 35);
        });
    } finally {
        await many.stop();
    }
});

test("pages of results follow each other and lead back", () =>
    visit("/?q=" + encodeURIComponent("lang:fr | lang:ar"), async (page) => {
        const first = await texts(page, ".hit h2");
        assert.equal(first.length, 10);
        await page.click(".pages .next");
        await page.waitForURL("**offset=10");
        const second = await texts(page, ".hit h2");
        assert.equal(new Set([...first, ...second]).size, 20);
        assert.match(await page.textContent(".pages span"), /11–20 \/ 4\d/);
        await page.click(".pages .prev");
        await page.waitForURL((url) => !url.search.includes("offset"));
        assert.deepEqual(await texts(page, ".hit h2"), first);
    }));
