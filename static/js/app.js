// Every page's script. Pages work without it; it makes them quicker and kinder.
import "./htmx.js";
import "./focus.js";
import "./weather.js";
import "./toast.js";
import "./once.js";
import "./reach.js";
import "./place-later.js";
import "./photo-field.js";
import "./chips.js";
import "./geo-field.js";
import "./local-draft.js";
import "./word-chips.js";
import "./note-offer.js";
import "./reorder-list.js";
import "./wide.js";
import "./share-text.js";
