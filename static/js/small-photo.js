// A photo as it travels: a JPEG of at most 150 KB.
const LONGEST_SIDE = 1600; // pixels
const LARGEST = 150_000; // bytes
const QUALITIES = [0.82, 0.7, 0.58, 0.46, 0.34];

/** The photo as a JPEG of at most 150 KB, upright; the file itself where this browser cannot draw it. */
export async function small(file) {
  const image = await createImageBitmap(file).catch(() => null);
  if (!image) return file;
  let blob = null;
  for (let side = LONGEST_SIDE; side > 200 && (!blob || blob.size > LARGEST); side *= 0.75) {
    const canvas = drawn(image, Math.min(1, side / Math.max(image.width, image.height)));
    blob = await written(canvas);
  }
  image.close();
  return blob ?? file;
}

function drawn(image, scale) {
  const [width, height] = [image.width, image.height].map((length) => Math.max(1, Math.round(length * scale)));
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").drawImage(image, 0, 0, width, height);
  return canvas;
}

/** At the best quality that is small enough, or the lowest. */
async function written(canvas) {
  let blob = null;
  for (const quality of QUALITIES) {
    blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (!blob || blob.size <= LARGEST) break;
  }
  return blob;
}
