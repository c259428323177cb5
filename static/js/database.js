// An IndexedDB as pages and the worker hold it: opened once, and anew when it could not be or was closed under us, as happens
// to a phone that was killed or is short of room.
const open = {}; // by name: a connection for as long as this page or worker lives

/** @param {(db: IDBDatabase) => void} make makes its stores, the first time */
export function database(name, make) {
  open[name] ??= new Promise((done, failed) => {
    const asked = indexedDB.open(name, 1);
    asked.onupgradeneeded = () => make(asked.result);
    asked.onsuccess = () => {
      asked.result.onclose = asked.result.onversionchange = () => {
        asked.result.close();
        delete open[name];
      };
      done(asked.result);
    };
    asked.onerror = () => failed(asked.error);
  }).catch((wrong) => {
    delete open[name];
    throw wrong;
  });
  return open[name];
}
