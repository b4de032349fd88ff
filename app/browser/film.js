// A film of tiles: drawn here from one sprite, so that playing costs no round trip.
export default function ({ parentElement, data, setTriggerValue }) {
  const find = (name) => parentElement.querySelector(name);
  const canvas = find("canvas"), play = find("button"), at = find("input");
  const speed = find("select"), words = find("output");
  const { tiles, tile, columns, by, gap, room, epochs, chosen, label } = data;
  const rows = Math.ceil(tiles / columns), sharp = Math.ceil(window.devicePixelRatio || 1);
  const across = tile[0] * by + gap, down = tile[1] * by + room + gap;
  const width = columns * across - gap + 4, height = rows * down - gap + 4;
  canvas.width = width * sharp;
  canvas.height = height * sharp;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.setAttribute("aria-label", label);
  at.max = epochs.length - 1;
  const state = (canvas.film ??= { place: 0, playing: !matchMedia("(prefers-reduced-motion: reduce)").matches });
  state.place = Math.min(state.place, epochs.length - 1);

  const sprite = new Image();
  const draw = () => {
    const pen = canvas.getContext("2d");
    const ink = getComputedStyle(canvas).color;
    pen.setTransform(sharp, 0, 0, sharp, 2 * sharp, 2 * sharp);
    pen.clearRect(-2, -2, width, height);
    pen.imageSmoothingEnabled = false;
    pen.font = "11px sans-serif";
    pen.textBaseline = "top";
    for (let index = 0; index < tiles; index++) {
      const x = (index % columns) * across, y = Math.floor(index / columns) * down;
      pen.drawImage(
        sprite, index * tile[0], state.place * tile[1], tile[0], tile[1],
        x, y, tile[0] * by, tile[1] * by,
      );
      pen.fillStyle = ink;
      pen.fillText(index, x, y + tile[1] * by + 3);
      if (index === chosen) {
        pen.strokeStyle = "#e69f00";
        pen.lineWidth = 2.5;
        pen.strokeRect(x - 1, y - 1, tile[0] * by + 2, tile[1] * by + 2);
      }
    }
    at.value = state.place;
    at.setAttribute("aria-valuetext", `epoch ${epochs[state.place]}`);
    words.textContent = `epoch ${epochs[state.place]} of ${epochs.at(-1)}`;
    play.textContent = state.playing ? "❚❚" : "▶";
    play.setAttribute("aria-label", state.playing ? "Pause" : "Play");
  };
  let timer;
  const tick = () => {
    const last = state.place === epochs.length - 1;
    if (state.playing) {
      state.place = last ? 0 : state.place + 1;
      draw();
    }
    const rest = state.place === epochs.length - 1 ? 4 : 1; // the last one stands longer
    timer = setTimeout(tick, (rest * 1000) / Number(speed.value));
  };
  play.onclick = () => {
    state.playing = !state.playing;
    draw();
  };
  at.oninput = () => {
    state.playing = false;
    state.place = Number(at.value);
    draw();
  };
  canvas.onclick = (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left - 2) / across);
    const index = Math.floor((event.clientY - box.top - 2) / down) * columns + column;
    if (column >= 0 && column < columns && index < tiles) setTriggerValue("clicked", index);
  };
  sprite.onload = () => {
    draw();
    timer = setTimeout(tick, 1000 / Number(speed.value));
  };
  sprite.src = data.sprite;
  return () => clearTimeout(timer);
}
