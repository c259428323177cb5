// Pins too close to be told apart: the loudest keeps its size and says how many stand behind it, the others shrink.

const APART = 34; // px between the middles of two pins that can both be read: twice the radius of their heads
const UNDER = -1000; // px of z-index, under all that stand alone

/**
 * @param {Map} map at the zoom to look at
 * @param {{at: LatLng, pinned: Marker, rank: number}[]} points the loudest first; the louder lies on
 *   top, and is given `behind`, the number of those it stands for
 */
export function thin(map, points) {
  const shown = [];
  for (const point of points) {
    const { at, pinned, rank } = point;
    const place = map.latLngToLayerPoint(at);
    const host = shown.find((each) => each.place.distanceTo(place) < APART)?.point;
    point.behind = 0;
    if (host) host.behind += 1;
    else shown.push({ place, point });
    pinned.setZIndexOffset(host ? UNDER : rank);
    pinned.getElement().classList.toggle("behind", Boolean(host));
  }
  for (const { pinned, behind } of points) tell(pinned.getElement(), behind);
}

function tell(element, behind) {
  element.classList.toggle("crowded", behind > 0);
  element.querySelector(".more text").textContent = behind ? `+${behind}` : "";
}
