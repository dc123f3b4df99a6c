#!/usr/bin/env -S node --test-reporter=tap
// test_refused.mjs - what is refused before a page is made is a page, too; where tokens are asked for a browser signs in.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browse, check, desktop, open, phone, serve, shoot, texts } from "./support.mjs";

const token = "Wq2m0cO2eK1r7v5yT8uB4nXzL9aJ3hSd";
let server, guarded, browser;
before(async () => {
    server = await serve();
    guarded = await serve({ tokens: `read ${token}\n` });
    browser = await browse();
});
after(async () => {
    await browser.close();
    await server.stop();
    await guarded.stop();
});

// Without a name and a password to give, a browser without a window fails instead of showing the page.
const stranger = { username: "anyone", password: "x".repeat(32) };
const refused = {
    nothing: ["/nowhere", "Il n'y a rien à cette adresse", "لا شيء في هذا العنوان"],
    address: ["/?q=safran&colour=red", "Cette adresse ne se comprend pas", "تعذّر فهم هذا العنوان"],
    unknown: ["/?q=safran", "Identifiez-vous pour chercher", "سجّل الدخول للبحث"],
};
for (const [name, [path, french, arabic]] of Object.entries(refused))
    for (const [locale, size, said] of [["fr-MA", "desktop", french], ["ar-MA", "phone", arabic]])
        test(`${name} in ${locale}, ${size}: a page in its language and look`, () =>
            open(browser, name === "unknown" ? guarded : server, path, async (page) => {
                await page.evaluate(() => document.fonts.ready);
                await shoot(page, `refused-${name}-${locale.slice(0, 2)}-${size}`);
                assert.deepEqual(await texts(page, ".wrong h1"), [said]);
                assert.equal(await page.getAttribute("html", "dir"), locale === "ar-MA" ? "rtl" : "ltr");
                assert.match(await page.evaluate(() => getComputedStyle(document.querySelector(".wrong")).borderInlineStartStyle), /solid/);
                const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                assert.ok(over <= 0, `${over} pixels too wide`);
                await check(page);
            }, { locale, viewport: size === "phone" ? phone : desktop, httpCredentials: stranger }));

test("a browser that gives a token as its password sees every page, and its scripts can ask", () =>
    open(browser, guarded, "/?q=safran", async (page) => {
        assert.equal(await page.textContent("#count"), "1 article");
        await page.locator("#q").fill("");
        await page.locator("#q").pressSequentially("region:");
        await page.waitForSelector(".options li");
        await page.goto("/read/fr-safran?q=safran");
        assert.equal((await texts(page, "article mark")).length, 3);
    }, { httpCredentials: { username: "anyone", password: token } }));
