// Only for pages with a map; Leaflet comes with it.
import "./map-view.js";
