/* wrong.js - an error in the query: the cursor goes to its place. */

export function wrong(document) {
    const box = document.getElementById("wrong");
    const input = document.getElementById("q");
    if (!box || !input) return;
    /* The server counts code points, the browser UTF-16 units. */
    const at = [...input.value].slice(0, Number(box.dataset.at)).join("").length;
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", "why");
    input.focus({ preventScroll: true });
    input.setSelectionRange(at, at);
}
