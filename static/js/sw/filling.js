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

/** The frame with its gaps filled, marked as a page that the phone made; `at`, ms since the epoch: of when it tells, if that matters. */
export async function filled(frame, values, at) {
  return again(frame, fill(await frame.text(), values), "made", at);
}

/** A page as it was kept, marked so: it says of when it is. */
export async function marked(answer) {
  return again(answer, await answer.text(), "kept", Date.parse(answer.headers.get("Date")));
}

function again(answer, text, how, at) {
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length", "Set-Cookie"]) headers.delete(name);
  const asOf = at ? ` data-as-of="${new Date(at).toISOString()}"` : "";
  return new Response(text.replace("<body ", `<body data-from-phone="${how}"${asOf} `), { headers });
}
