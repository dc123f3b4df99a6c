/* app.js - what the search page does beyond links and forms. Each part looks for what it works on and is content without. */
import { completion } from "./complete.js";
import { keys } from "./keys.js";
import { saved } from "./saved.js";
import { steps } from "./steps.js";
import { timeline } from "./timeline.js";
import { wrong } from "./wrong.js";

for (const part of [wrong, completion, keys, saved, steps, timeline]) part(document);
