// The microphone: a recording in the first kind that the browser makes, of so many seconds at most.
const KINDS = { "audio/webm;codecs=opus": "webm", "audio/mp4": "m4a", "audio/ogg;codecs=opus": "ogg" };
const BITS = 24_000; // a second: a voice is understood, and a minute is some 180 KB
const PIECE = 1_000; // ms of what is heard at once
const TICK = 200; // ms

const kind = () => Object.keys(KINDS).find((each) => globalThis.MediaRecorder?.isTypeSupported(each));

/** Whether this browser can record at all. */
export function canRecord() {
  return Boolean(kind() && navigator.mediaDevices?.getUserMedia);
}

/** The name says when, so that another recording is seen to be another. */
function fileOf(pieces) {
  const said = kind();
  return new File(pieces, `voice-${Date.now()}.${KINDS[said]}`, { type: said.split(";")[0] });
}

/**
 * Records until `stop` is called, or something else ends it: time, a call, another app.
 * @param {{most: number, tick: (seconds: number) => void, so: (file: File, seconds: number) => void}} heard `so`: what there is so far
 * @returns {Promise<{stop: () => void, over: Promise<{file: File, seconds: number}>}>} rejects where there is no microphone, or no leave
 */
export async function record({ most, tick, so }) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
  const recorder = new MediaRecorder(stream, { mimeType: kind(), audioBitsPerSecond: BITS });
  const pieces = [];
  const began = performance.now();
  const seconds = () => Math.min((performance.now() - began) / 1000, most);
  const stop = () => recorder.state === "recording" && recorder.stop();
  const clock = setInterval(() => {
    tick(Math.floor(seconds()));
    if (seconds() >= most) stop();
  }, TICK);
  const over = new Promise((done) => {
    recorder.addEventListener("stop", () => {
      clearInterval(clock);
      for (const track of stream.getTracks()) track.stop();
      done({ file: fileOf(pieces), seconds: Math.max(Math.round(seconds()), 1) });
    });
  });
  recorder.addEventListener("dataavailable", ({ data }) => {
    if (data.size) pieces.push(data);
    if (recorder.state === "recording") so(fileOf(pieces), Math.ceil(seconds()));
  });
  recorder.start(PIECE);
  return { stop, over };
}
