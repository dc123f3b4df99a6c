/* complete.js - proposals while a query is typed: operators, fields, and the values that a field has in this index. */
import { element } from "./say.js";

const FIELDS = ["title:", "source:", "section:", "region:", "author:", "lang:", "date:"];
const OPERATORS = ["AND", "OR", "NOT"];
const VALUED = ["source", "section", "region", "author", "lang"];
const MOST = 8;
const SHORTEST = 2;

/** The word that ends at the cursor, and where it begins. */
function wordAt(input) {
    const before = input.value.slice(0, input.selectionStart);
    const begin = Math.max(...[...before.matchAll(/(?:^|[\s(])(?=[^\s(]*$)/g)].map((m) => m.index + m[0].length), 0);
    return { begin, text: before.slice(begin) };
}

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Every value of a field, asked for once a page. */
const values = new Map();
async function valuesOf(field) {
    if (!values.has(field)) {
        const address = `/facets?q=${encodeURIComponent("lang:(fr | ar | mixed | en)")}&fields=${field}&values=1000`;
        values.set(
            field,
            fetch(address)
                .then((reply) => (reply.ok ? reply.json() : null))
                .then((answer) => answer?.facets?.[field]?.values ?? [])
                .catch(() => []),
        );
    }
    return values.get(field);
}

/** Values that hold spaces or signs go between quotation marks. */
const quoted = (value) => (/^[\p{L}\p{N}]+$/u.test(value) ? value : /["“”„]/.test(value) ? `«${value}»` : `"${value}"`);

async function proposals(word) {
    const field = VALUED.find((name) => fold(word).startsWith(`${name}:`));
    if (field) {
        const typed = fold(word.slice(field.length + 1).replace(/^["«“]/, ""));
        const found = (await valuesOf(field)).filter(({ value }) => fold(value).includes(typed));
        return found.slice(0, MOST).map(({ value, count }) => ({ text: `${field}:${quoted(value)}`, note: `${count}` }));
    }
    const found = [];
    if (word.length >= SHORTEST) for (const name of FIELDS) if (name.startsWith(fold(word))) found.push({ text: name });
    for (const name of OPERATORS) if (word && name !== word && name.startsWith(word)) found.push({ text: name });
    return found;
}

export function completion(document) {
    const input = document.getElementById("q");
    const form = input?.form;
    if (!form) return;
    const list = element("ul", { id: "options", className: "options", role: "listbox", hidden: true });
    let shown = [];
    let now = -1;
    let asked = 0;

    list.setAttribute("aria-label", input.labels[0]?.textContent ?? "");
    form.append(list);
    for (const [name, value] of Object.entries({
        role: "combobox",
        "aria-autocomplete": "list",
        "aria-expanded": "false",
        "aria-controls": "options",
    }))
        input.setAttribute(name, value);

    const hide = () => {
        asked++;
        shown = [];
        now = -1;
        list.hidden = true;
        list.replaceChildren();
        input.setAttribute("aria-expanded", "false");
        input.removeAttribute("aria-activedescendant");
    };
    const select = (next) => {
        now = next;
        [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === now)));
        if (now >= 0) input.setAttribute("aria-activedescendant", `option${now}`);
        else input.removeAttribute("aria-activedescendant");
        list.children[now]?.scrollIntoView({ block: "nearest" });
    };
    const take = (i) => {
        const { begin, text } = wordAt(input);
        const word = shown[i].text;
        input.setRangeText(word.endsWith(":") ? word : `${word} `, begin, begin + text.length, "end");
        hide();
        input.focus();
        if (word.endsWith(":")) propose();
    };
    const show = (found) => {
        hide();
        if (!found.length) return;
        shown = found;
        list.append(
            ...found.map(({ text, note }, i) => {
                const option = element("li", { id: `option${i}`, role: "option" });
                option.setAttribute("aria-selected", "false");
                option.append(element("bdi", { textContent: text }), element("span", { textContent: note ?? "" }));
                option.addEventListener("pointerdown", (event) => {
                    event.preventDefault();
                    take(i);
                });
                return option;
            }),
        );
        list.hidden = false;
        input.setAttribute("aria-expanded", "true");
    };
    async function propose() {
        const turn = ++asked;
        const found = await proposals(wordAt(input).text);
        if (turn === asked) show(found);
    }
    input.addEventListener("input", propose);
    input.addEventListener("blur", hide);
    input.addEventListener("keydown", (event) => {
        if (!shown.length || event.isComposing) return;
        if (event.key === "ArrowDown") select((now + 1) % shown.length);
        else if (event.key === "ArrowUp") select((now <= 0 ? shown.length : now) - 1);
        else if (event.key === "Escape") hide();
        else if ((event.key === "Enter" && now >= 0) || event.key === "Tab") take(Math.max(now, 0));
        else return;
        event.preventDefault();
    });
}
