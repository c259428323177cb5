// How far two places lie apart, and how that is said: as crmweb/geo.py and crmweb/languages.py do.
const EARTH = 6_371_008.8; // metres, the mean radius
const radians = (degrees) => (degrees * Math.PI) / 180;

/** Metres along the sphere between two places {lat, lng}. Source: R. W. Sinnott, Virtues of the Haversine, 1984. */
export function metres(a, b) {
  const [up, across] = [radians(b.lat - a.lat) / 2, radians(b.lng - a.lng) / 2];
  const part = Math.sin(up) ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(across) ** 2;
  return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(part)));
}

/** `400 m` below a kilometre, then one decimal: `1.2 km`, `1,2 km` in Vietnamese; whole from 100 km. */
export function far(metres, lang) {
  if (metres < 995) return `${metres >= 100 ? Math.round(metres / 10) * 10 : Math.round(metres)} m`;
  const digits = metres >= 100_000 ? 0 : 1;
  return `${new Intl.NumberFormat(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(metres / 1000)} km`;
}
