/** The pack, where this phone has one that is not too old; else null. Without a signal the service worker answers. */
export async function readPack() {
  try {
    const answer = await fetch("/pack");
    const pack = answer.ok ? await answer.json() : null;
    return pack && new Date(pack.expires_at) > new Date() ? pack : null;
  } catch {
    return null;
  }
}
