// What the pages of a pack need beside every page's script.
import "./icons.js";
import "./pack-list.js";
import "./pack-people.js";
