/* steps.js - from match to match in an article: two buttons and a count in the place of the numbered links. */
import { element, say } from "./say.js";

export function steps(document) {
    const nav = document.querySelector(".steps");
    if (!nav) return;
    const marks = [...document.querySelectorAll("article mark")];
    const place = element("output", { dir: "ltr" });
    let now = -1;

    const go = (step) => {
        marks[now]?.classList.remove("now");
        now = now < 0 ? (step > 0 ? 0 : marks.length - 1) : (now + step + marks.length) % marks.length;
        marks[now].classList.add("now");
        marks[now].scrollIntoView({ block: "center" });
        show();
    };
    const show = () => (place.textContent = `${now + 1} / ${marks.length}`);
    const button = (name, text, step) => {
        const made = element("button", { type: "button", title: say(name), textContent: text });
        made.setAttribute("aria-label", say(name));
        made.addEventListener("click", () => go(step));
        return made;
    };
    for (const link of nav.querySelectorAll("a")) link.remove();
    nav.append(button("previous", "↑", -1), place, button("next", "↓", 1));
    document.addEventListener("fihrist:step", (event) => go(event.detail));
    show();
}
