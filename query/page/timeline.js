/* timeline.js - dragging over the bars of the timeline narrows the dates to what was dragged over. */
import { element, say } from "./say.js";

export function timeline(document) {
    const chart = document.querySelector(".chart");
    if (!chart) return;
    const bars = [...chart.querySelectorAll("a")];
    const form = document.querySelector(".dates");
    let start = null;
    let end = null;

    /** The bar nearest to a place on the screen. */
    const nearest = (x) => {
        let best = null;
        let least = Infinity;
        for (const bar of bars) {
            const box = bar.querySelector(".reach").getBoundingClientRect();
            const away = Math.abs(x - (box.left + box.right) / 2);
            if (away < least) [best, least] = [bar, away];
        }
        return bars.indexOf(best);
    };
    const pick = () => {
        const [from, to] = [Math.min(start, end), Math.max(start, end)];
        bars.forEach((bar, i) => bar.classList.toggle("picked", start !== null && i >= from && i <= to));
    };
    const stop = () => {
        start = end = null;
        pick();
    };
    chart.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        start = end = nearest(event.clientX);
        chart.setPointerCapture(event.pointerId);
    });
    chart.addEventListener("pointermove", (event) => {
        if (start === null) return;
        end = nearest(event.clientX);
        pick();
    });
    chart.addEventListener("pointerup", (event) => {
        if (start === null) return;
        end = nearest(event.clientX);
        form.elements.from.value = bars[Math.min(start, end)].dataset.from;
        form.elements.to.value = bars[Math.max(start, end)].dataset.from;
        form.requestSubmit();
    });
    chart.addEventListener("pointercancel", stop);
    chart.addEventListener("dragstart", (event) => event.preventDefault());
    chart.addEventListener("click", (event) => event.preventDefault()); /* pointerup has gone there */
    (document.querySelector(".timeline .ends") ?? chart).after(element("p", { className: "hint", textContent: say("drag") }));
}
