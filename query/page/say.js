/* say.js - words of the page and short messages. The words come with the page, in its language. */

/** A word of the page: say("copied"). */
export const say = (name) => document.body.dataset[name] ?? "";

/** Shows a message for a moment, and has it read out. */
export function tell(text) {
    let place = document.querySelector(".said");
    if (!place) {
        place = element("p", { className: "said", role: "status" });
        document.body.append(place);
    }
    place.textContent = text;
    clearTimeout(tell.timer);
    tell.timer = setTimeout(() => (place.textContent = ""), 2500);
}

/** A new element with properties; text goes in as text. */
export const element = (name, properties = {}) => Object.assign(document.createElement(name), properties);
