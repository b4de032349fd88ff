// A window dragged over an image: the answer at each place is in the grid that came with the page.
const KEYS = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
const SETTLED_MS = 500; // after the last key, before the place counts as chosen
let held = false; // whether the keyboard is the window's

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".brush");
  const [stage, image, pane, bars] =
    [".stage", "img", ".window", ".bars"].map((name) => root.querySelector(name));
  const by = data.side / data.pixels;
  const between = (value, count) => Math.min(Math.max(value, 0), count - 1);
  const percent = (share) => `${(100 * share).toFixed(1)} %`;

  image.src = data.image;
  image.alt = data.alt;
  image.style.imageRendering = data.side % data.pixels ? "auto" : "pixelated";
  stage.setAttribute("aria-label", `${data.alt}. Arrow keys move the window, Enter chooses.`);
  stage.style.width = stage.style.height = `${data.side}px`;
  pane.style.width = pane.style.height = `${Math.round(data.window * by)}px`;
  pane.style.borderRadius = data.shape === "circle" ? "50%" : "0";
  pane.style.backgroundImage = `url(${data.fill})`;
  pane.style.backgroundSize = `${data.side}px`;
  pane.style.imageRendering = image.style.imageRendering;
  root.style.width = `${data.side}px`;
  bars.replaceChildren(...data.classes.map(bar));

  // a page that is drawn anew meanwhile takes neither the window out of the hand nor its choice away
  if (!root.busy) root.cell = data.cell;
  else if (root.later) root.later = setTimeout(choose, SETTLED_MS);
  draw();

  function bar({ name, colour, known }) {
    const row = document.createElement("div");
    row.innerHTML =
      '<p><span></span><b></b></p><div class="now"></div><div class="whole"></div>';
    row.querySelector("span").textContent = known ? `${name} ✓` : name;
    row.querySelector(".now").style.background = colour;
    return row;
  }

  function draw() {
    const [row, column] = root.cell;
    const [y, x] = [row, column].map((place) => place * data.stride * by);
    pane.style.transform = `translate(${x}px, ${y}px)`;
    pane.style.backgroundPosition = `${-x}px ${-y}px`;
    const now = data.grid[row * data.columns + column];
    const told = [];
    data.classes.forEach(({ name }, index) => {
      const [at, whole] = [now[index], data.base[index]];
      const place = bars.children[index];
      place.querySelector("b").textContent = `${percent(whole)} → ${percent(at)}`;
      place.querySelector(".now").style.width = `${Math.max(100 * at, 0.4)}%`;
      place.querySelector(".whole").style.width = `${Math.max(100 * whole, 0.4)}%`;
      told.push(`${name} ${percent(at)}`);
    });
    root.dataset.cell = `${row},${column}`;
    root.querySelector(".told").textContent = root.busy ? told.slice(0, 2).join(", ") : "";
  }

  function move(row, column) {
    root.cell = [between(row, data.rows), between(column, data.columns)];
    draw();
  }

  function choose() {
    clearTimeout(root.later);
    root.later = null;
    root.busy = false;
    if (String(root.cell) !== String(data.cell)) setTriggerValue("cell", root.cell.join(","));
  }

  function toPointer(event) {
    const place = stage.getBoundingClientRect();
    const scale = by * (place.width / data.side); // the page itself may be scaled
    const cell = (px) => Math.round((px / scale - data.window / 2) / data.stride);
    move(cell(event.clientY - place.top), cell(event.clientX - place.left));
  }

  // Streamlit may put the window into the page anew: whoever held it still does
  stage.onfocus = () => (held = true);
  stage.onblur = (event) => event.relatedTarget && (held = false);
  if (held && document.activeElement === document.body) stage.focus({ preventScroll: true });

  stage.onpointerdown = (event) => {
    if (event.button) return;
    stage.setPointerCapture(event.pointerId);
    root.busy = true;
    toPointer(event);
  };
  stage.onpointermove = (event) => {
    if (root.busy && stage.hasPointerCapture(event.pointerId)) toPointer(event);
  };
  stage.onpointerup = choose;
  stage.onpointercancel = choose;
  stage.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in KEYS) {
      const far = event.shiftKey ? 4 : 1;
      root.busy = true;
      move(...KEYS[event.key].map((step, axis) => root.cell[axis] + far * step));
      clearTimeout(root.later);
      root.later = setTimeout(choose, SETTLED_MS);
    } else if (event.key === "Enter" || event.key === " ") {
      choose();
    } else {
      return;
    }
    event.preventDefault(); // no scrolling,
    event.stopPropagation(); // and no step of the epoch
  };

  return () => clearTimeout(root.later);
}
