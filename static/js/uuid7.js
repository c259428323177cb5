const DAY = 86_400_000; // ms

/**
 * Now, as far as our server would take it for the date of an id: a day ahead of its clock is too much. A phone whose clock
 * runs ahead names what it writes by the day of the last page that we sent it, which is never later than today.
 */
function today() {
  const now = Date.now();
  const served = Number(globalThis.document?.body.dataset.served) || now;
  return now - served < DAY ? now : served + (now % DAY);
}

/**
 * A UUID of version 7 (RFC 9562, section 5.7): 48 bits of milliseconds since 1970, then 74 bits of chance.
 * @param {number} at milliseconds since 1970
 */
export function uuid7(at = today()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(at / 2 ** 32));
  view.setUint32(2, at % 2 ** 32);
  bytes[6] = (bytes[6] & 0x0f) | 0x70; // version
  bytes[8] = (bytes[8] & 0x3f) | 0x80; // variant
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
