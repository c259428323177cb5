// Frames: whole pages of the server's whose gaps, [[name]] or [[html:name]], are filled on the phone.
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export function fill(text, values) {
  return text.replace(/\[\[(html:)?([a-z_-]+)\]\]/g, (_gap, html, name) => {
    const value = String(values[name] ?? "");
    return html ? value : escaped(value);
  });
}

export function escaped(text) {
  return text.replace(/[&<>"']/g, (sign) => ESCAPES[sign]);
}

/** The frame with its gaps filled, marked as a page that the phone made. */
export async function filled(frame, values) {
  return again(frame, fill(await frame.text(), values), "made");
}

/** A kept page, marked so: it can say that it is not of now. */
export async function marked(answer, how) {
  return again(answer, await answer.text(), how);
}

function again(answer, text, how) {
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length", "Set-Cookie"]) headers.delete(name);
  return new Response(text.replace("<body ", `<body data-from-phone="${how}" `), { headers });
}
