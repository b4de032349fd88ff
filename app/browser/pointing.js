// The keyboard on pictures to point at: arrows move a ring from place to place and tell what the
// pointer would tell there, Enter and Space choose. plotly knows only the pointer, so the place
// under the ring is pressed as a pointer would press it.
const CHART = ".stPlotlyChart", RING_PX = 2
const ALONG = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const HOVER_MS = 120 // plotly looks at the pointer at most every 50 ms

const look = () => document.querySelectorAll(`${CHART}:not([data-own-arrows])`).forEach(reach)
const changed = new MutationObserver(look)

export default function () {
  changed.observe(document.body, { childList: true, subtree: true }) // once, however often called
  look()
}

function places(chart) {
  const plot = chart.querySelector(".js-plotly-plot")
  const layout = plot?._fullLayout
  const trace = plot?._fullData?.findLast((each) => each.customdata && each.mode === "markers")
  if (!trace || !layout.xaxis?.l2p) return []
  const { xaxis, yaxis } = layout
  return Array.from(trace.x, (x, index) => {
    const size = trace.marker.size
    return {
      x: xaxis._offset + xaxis.l2p(x),
      y: yaxis._offset + yaxis.l2p(trace.y[index]),
      size: typeof size === "number" ? size : size[index],
      tells: Array.isArray(trace.hovertext) ? trace.hovertext[index] : "",
    }
  })
}

function reach(chart) {
  if (!places(chart).length) return
  chart.dataset.ownArrows = ""
  chart.tabIndex = 0
  chart.setAttribute("role", "application")
  chart.setAttribute("aria-roledescription", "picture: arrow keys move, Enter chooses")
  chart.style.position = "relative"
  const ring = chart.appendChild(document.createElement("div"))
  ring.className = "filterscope-ring"
  ring.setAttribute("role", "status")
  let at = 0

  const show = () => {
    const all = places(chart)
    at = Math.min(at, all.length - 1)
    const place = all[at]
    if (!place) return
    const side = place.size + 2 * RING_PX
    Object.assign(ring.style, {
      left: `${place.x - side / 2}px`, top: `${place.y - side / 2}px`,
      width: `${side}px`, height: `${side}px`, display: "block",
    })
    ring.setAttribute("aria-label", String(place.tells ?? "").replace(/<[^>]*>/g, ", "))
    ring.scrollIntoView({ block: "nearest", inline: "nearest" })
    point("mousemove")
  }
  const point = (kind) => {
    const layer = chart.querySelector(".nsewdrag")
    const place = places(chart)[at]
    if (!layer || !place) return
    const box = chart.querySelector(".js-plotly-plot").getBoundingClientRect()
    const where = { clientX: box.left + place.x, clientY: box.top + place.y }
    layer.dispatchEvent(
      new MouseEvent(kind, { bubbles: true, cancelable: true, view: window, ...where })
    )
  }
  chart.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    if (event.key in ALONG) {
      const all = places(chart)
      at = next(all, at, ALONG[event.key])
      show()
    } else if (event.key === "Enter" || event.key === " ") {
      show()
      setTimeout(() => ["mousedown", "mouseup", "click"].forEach(point), HOVER_MS)
    } else return
    event.preventDefault()
    event.stopPropagation()
  })
  chart.addEventListener("focus", () => chart.matches(":focus-visible") && show())
  chart.addEventListener("blur", () => (ring.style.display = "none"))
}

function next(all, at, [dx, dy]) {
  const from = all[at]
  let best = at, least = Infinity
  all.forEach((place, index) => {
    const ahead = (place.x - from.x) * dx + (place.y - from.y) * dy
    const aside = Math.abs((place.x - from.x) * dy) + Math.abs((place.y - from.y) * dx)
    if (ahead > 1 && ahead + 3 * aside < least) [best, least] = [index, ahead + 3 * aside]
  })
  return best
}
