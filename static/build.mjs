// Builds static/dist/: style sheets and scripts under names that carry a hash of their content, one sprite of
// icons, and manifest.json, which says where each of them went. Beside each lies the same pressed as small as it goes.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const icons = join(here, "..", "node_modules", "lucide-static", "icons");

/** Style sheets and scripts, bundled and shrunk: [{ name: "app.css", text }]. */
async function bundles() {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: [
      "css/app.css", "css/map.css", "js/app.js", "js/map.js", "js/pack/pack.js", "js/phone/phone.js", "js/voice/voice.js", "js/sw/sw.js", "js/sw/sw-off.js",
    ],
    entryNames: "[name]",
    outdir: dist,
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    legalComments: "eof",
    // The oldest browsers with light-dark(); nothing newer is written down for them.
    target: ["chrome123", "firefox128", "safari17.5"],
    loader: { ".png": "dataurl" },
    logLevel: "warning",
  });
  return outputFiles.map((file) => ({ name: basename(file.path), text: file.text }));
}

/** One symbol of the sprite: the picture without its own <svg> element and comments. */
function symbol(name, svg) {
  const box = svg.match(/viewBox="([^"]+)"/)[1];
  const shapes = svg.replace(/<!--.*?-->/gs, "").match(/<svg[^>]*>(.*)<\/svg>/s)[1].replace(/\s*\n\s*/g, "");
  return `<symbol id="${name}" viewBox="${box}">${shapes}</symbol>`;
}

/** Our mark and the icons named in icons/icons.json, nothing else. */
async function sprite() {
  const names = JSON.parse(await readFile(join(here, "icons", "icons.json"), "utf8"));
  const drawn = await Promise.all(names.map((name) => readFile(join(icons, `${name}.svg`), "utf8")));
  const mark = await readFile(join(here, "icons", "mark.svg"), "utf8");
  const symbols = [symbol("mark", mark), ...names.map((name, at) => symbol(name, drawn[at]))];
  return { name: "sprite.svg", text: `<svg xmlns="http://www.w3.org/2000/svg"><!-- Icons: Lucide, ISC licence, lucide.dev/license -->\n${symbols.join("\n")}\n</svg>\n` };
}

/** app.css becomes app-1a2b3c4d.css: the address changes exactly when the content does. */
function hashed({ name, text }) {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 8);
  return name.replace(/(?=\.[a-z]+$)/, `-${hash}`);
}

const files = [...(await bundles()), await sprite()].sort((a, b) => (a.name < b.name ? -1 : 1));
const manifest = Object.fromEntries(files.map((file) => [file.name, hashed(file)]));

// The house may be at work: what pages name now stays until the manifest, in one step, names what lies beside it.
await mkdir(dist, { recursive: true });
await Promise.all(files.map((file) => writeFile(join(dist, manifest[file.name]), file.text)));
await Promise.all(files.map((file) => writeFile(join(dist, `${manifest[file.name]}.br`), brotliCompressSync(file.text))));
await writeFile(join(dist, "manifest.json.new"), `${JSON.stringify(manifest, null, 2)}\n`);
await rename(join(dist, "manifest.json.new"), join(dist, "manifest.json"));
const named = new Set(["manifest.json", ...Object.values(manifest).flatMap((name) => [name, `${name}.br`])]);
for (const name of await readdir(dist)) if (!named.has(name)) await rm(join(dist, name));
for (const file of files) console.log(`${manifest[file.name]} ${Buffer.byteLength(file.text)} bytes`);
