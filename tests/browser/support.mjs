// support.mjs - what the browser tests share: an index of its own for each file, a server on it, pages that are watched.
//
// A page fails its test when it says anything on the console, throws, or asks another host. Pictures go to
// build/browser/shots. FIHRIST: the program; CHROMIUM: the browser.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const require = createRequire(join(root, "build/browser/"));
const { chromium } = require("playwright-core");
const program = resolve(root, process.env.FIHRIST ?? "build/release/fihrist");
const shots = join(root, "build/browser/shots");

export const desktop = { width: 1280, height: 900 };
export const phone = { width: 390, height: 844 };

/** Indexes files (and made-up articles) and serves them; tokens: what the token file holds. */
export async function serve({ files = [join(root, "seeds/articles.jsonl"), join(root, "seeds/texts")], articles = [], tokens = "" } = {}) {
    const scratch = mkdtempSync(join(tmpdir(), "fihrist-browser-"));
    const more = join(scratch, "articles.jsonl");
    writeFileSync(more, articles.map((article) => JSON.stringify(article) + "\n").join(""));
    const inputs = articles.length ? [...files, more] : files;
    execFileSync(program, ["index", "--index", join(scratch, "index"), "--format", "auto", ...inputs], { stdio: "pipe" });
    const list = join(scratch, "tokens");
    if (tokens) writeFileSync(list, tokens, { mode: 0o600 });
    const options = tokens ? ["--tokens", list] : [];
    const server = spawn(program, ["serve", "--index", join(scratch, "index"), "--http", "127.0.0.1:0", ...options]);
    const url = await new Promise((done, failed) => {
        server.stdout.once("data", (line) => done(String(line).match(/http:\/\/\S+/)[0]));
        server.once("exit", () => failed(new Error("the server ended")));
    });
    const stop = () =>
        new Promise((done) => {
            server.once("exit", done);
            server.kill("SIGTERM");
        }).then(() => rmSync(scratch, { recursive: true }));
    return { url, stop };
}

/** One browser for a file of tests. */
export async function browse() {
    return chromium.launch({
        executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
        args: process.getuid() === 0 ? ["--no-sandbox"] : [],
    });
}

/** Opens `path` in a window of its own, lets `use` work with it, and checks that the page kept to itself. */
export async function open(browser, server, path, use, options = {}) {
    const context = await browser.newContext({ viewport: desktop, locale: "fr-MA", baseURL: server.url, ...options });
    const wrong = [];
    const page = await context.newPage();
    page.on("console", (message) => {
        // Chromium notes every answer of 400 and above; those are asked for here.
        if (!/Failed to load resource: .* status of 4\d\d/.test(message.text())) wrong.push(message.text());
    });
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("request", (request) => {
        if (!request.url().startsWith(server.url)) wrong.push(`asked ${request.url()}`);
    });
    try {
        await page.goto(path);
        await use(page, context);
        assert.deepEqual(wrong, []);
    } finally {
        await context.close();
    }
}

/** Keeps a picture of a page. */
export async function shoot(page, name, options = {}) {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `${name}.png`), ...options });
}

/** What axe-core finds wrong with the page as it is now. */
export async function check(page) {
    // Injected by the protocol, not by the page: the policy of the page forbids scripts of others.
    await page.evaluate(require("axe-core").source);
    const { violations } = await page.evaluate(() =>
        window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
    );
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
    assert.deepEqual(told, []);
}

export const texts = (page, selector) => page.locator(selector).allTextContents();
