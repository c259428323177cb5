// What the pages about this phone need beside every page's script.
import "./install-ways.js";
import "./phone-kept.js";
