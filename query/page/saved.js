/* saved.js - copying the address; searches kept in this browser, which no server hears of. */
import { element, say, tell } from "./say.js";

const STORE = "fihrist.saved";
const MOST = 200;

/** Only addresses of this page are ever followed, whatever the store has been made to hold. */
const isOurs = (item) => typeof item?.name === "string" && typeof item?.address === "string" && item.address.startsWith("/?");

function load() {
    try {
        const list = JSON.parse(localStorage.getItem(STORE) ?? "[]");
        return Array.isArray(list) ? list.filter(isOurs) : [];
    } catch {
        return [];
    }
}

function store(list) {
    try {
        localStorage.setItem(STORE, JSON.stringify(list.slice(0, MOST)));
        return true;
    } catch {
        return false;
    }
}

/** What a search is called: its words and its filters. */
function nameOf(document) {
    const chips = [...document.querySelectorAll(".chips li:not(.clear) bdi")].map((chip) => chip.textContent);
    return [document.getElementById("q").value.trim(), ...chips].filter(Boolean).join(" · ");
}

function keep(document) {
    const address = location.pathname + location.search;
    const rest = load().filter((item) => item.address !== address);
    if (store([{ name: nameOf(document), address }, ...rest])) tell(say("kept"));
}

function show(place) {
    const list = load();
    place.querySelector(".saved")?.remove();
    if (!list.length) return;
    const section = element("section", { className: "saved" });
    const rows = element("ul");
    for (const { name, address } of list) {
        const row = element("li");
        const remove = element("button", { type: "button", textContent: "×", title: say("remove") });
        remove.setAttribute("aria-label", `${say("remove")} ${name}`);
        remove.addEventListener("click", () => {
            store(load().filter((item) => item.address !== address));
            show(place);
        });
        row.append(element("a", { href: address, textContent: name, dir: "auto" }), remove);
        rows.append(row);
    }
    section.append(element("h2", { textContent: say("saved") }), rows);
    place.querySelector("#help").before(section);
}

async function copy() {
    await navigator.clipboard.writeText(location.href);
    tell(say("copied"));
}

function addButton(nav, name, action) {
    const button = element("button", { type: "button", className: name, textContent: say(name) });
    button.addEventListener("click", action);
    nav.append(button);
}

export function saved(document) {
    const nav = document.querySelector(".actions");
    const welcome = document.querySelector(".welcome");
    if (nav) {
        addButton(nav, "save", () => keep(document));
        if (navigator.clipboard) addButton(nav, "copy", copy);
    }
    if (welcome) show(welcome);
}
