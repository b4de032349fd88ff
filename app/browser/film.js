// A film of tiles, drawn here from one sprite: the player in the bar moves it, without a round trip.
const ROW_PX = 40, NUMBER_PX = 11

export default function ({ parentElement, data, setTriggerValue }) {
  const canvas = parentElement.querySelector("canvas")
  const { tile, columns, by, gap, room, epochs, numbers, rows, chosen, label } = data
  const left = rows.length ? ROW_PX : 0, sharp = Math.ceil(window.devicePixelRatio || 1)
  const across = tile[0] * by + gap, down = tile[1] * by + room + gap
  const width = left + columns * across - gap + 4
  const height = Math.ceil(numbers.length / columns) * down - gap + 4
  canvas.width = width * sharp
  canvas.height = height * sharp
  canvas.style.width = `${width}px`
  canvas.style.height = `${height}px`
  canvas.setAttribute("aria-label", label)

  const sprite = new Image()
  const draw = () => {
    const pen = canvas.getContext("2d"), { color, fontFamily } = getComputedStyle(canvas)
    const epoch = Number(document.documentElement.dataset.epoch ?? data.epoch)
    const frame = Math.max(0, epochs.findLastIndex((each) => each <= epoch))
    pen.setTransform(sharp, 0, 0, sharp, 2 * sharp, 2 * sharp)
    pen.clearRect(-2, -2, width, height)
    pen.imageSmoothingEnabled = false
    pen.font = `${NUMBER_PX}px ${fontFamily}`
    pen.fillStyle = color
    numbers.forEach((number, index) => {
      const column = index % columns, row = Math.floor(index / columns)
      const x = left + column * across, y = row * down
      pen.drawImage(
        sprite, index * tile[0], frame * tile[1], tile[0], tile[1],
        x, y, tile[0] * by, tile[1] * by,
      )
      pen.textBaseline = "top"
      pen.fillText(number, x, y + tile[1] * by + 3)
      if (column === 0 && left) {
        pen.textBaseline = "middle"
        pen.fillText(rows[row], 0, y + (tile[1] * by) / 2)
      }
      if (index === chosen) {
        pen.strokeStyle = "#e69f00"
        pen.lineWidth = 2.5
        pen.strokeRect(x - 1, y - 1, tile[0] * by + 2, tile[1] * by + 2)
      }
    })
    canvas.dataset.epoch = epochs[frame]
  }
  canvas.onclick = (event) => {
    const box = canvas.getBoundingClientRect()
    const column = Math.floor((event.clientX - box.left - 2 - left) / across)
    const index = Math.floor((event.clientY - box.top - 2) / down) * columns + column
    if (column >= 0 && column < columns && index < numbers.length) setTriggerValue("clicked", index)
  }
  sprite.onload = () => {
    draw()
    window.addEventListener("filterscope epoch", draw)
  }
  sprite.src = data.sprite
  if (!canvas.film) {
    canvas.film = true
    window.dispatchEvent(new Event("filterscope film"))
  }
  return () => window.removeEventListener("filterscope epoch", draw)
}
