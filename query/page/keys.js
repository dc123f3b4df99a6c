/* keys.js - the page by keyboard: / j k ? and Enter. Nothing is taken from fields, nor from keys with a modifier. */

const isField = (element) => element.matches("input, textarea, select, [contenteditable]");

/** Moves the current result by one, and its link gets the focus, so that Enter opens it. */
function move(hits, step) {
    const now = hits.findIndex((hit) => hit.classList.contains("now"));
    const next = now < 0 ? (step > 0 ? 0 : hits.length - 1) : Math.min(Math.max(now + step, 0), hits.length - 1);
    hits[now]?.classList.remove("now");
    hits[next].classList.add("now");
    hits[next].querySelector("h2 a, h3 a").focus({ preventScroll: true });
    hits[next].scrollIntoView({ block: "nearest" });
}

function help() {
    const box = document.getElementById("help");
    if (!box) return;
    box.open = !box.open;
    if (box.open) box.querySelector("summary").focus();
    if (box.open) box.scrollIntoView({ block: "nearest" });
}

/** What a key is called here. On an Arabic keyboard it brings another letter, and is known by its place. */
function nameOf(event) {
    const places = { KeyJ: "j", KeyK: "k", Slash: event.shiftKey ? "?" : "/" };
    return /^[\u0600-\u06ff]+$/.test(event.key) ? places[event.code] : event.key;
}

export function keys(document) {
    const hits = [...document.querySelectorAll(".hit")];
    const step = (by) => {
        if (hits.length) move(hits, by);
        else document.dispatchEvent(new CustomEvent("fihrist:step", { detail: by }));
    };
    const actions = {
        "/": () => {
            document.getElementById("q").focus();
            document.getElementById("q").select();
        },
        j: () => step(1),
        k: () => step(-1),
        "?": help,
    };
    document.addEventListener("keydown", (event) => {
        const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
        const action = actions[nameOf(event)];
        if (!plain || !action || isField(event.target)) return;
        event.preventDefault();
        action();
    });
}
