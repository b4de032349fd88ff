// One player of epochs: step back, play, step on, scrub, speed. It answers at once and tells the
// server the epoch it stands at; what the server draws meanwhile is told apart by that number, so
// that five steps of an arrow key are five steps however late the pictures come. Where a film of all
// epochs is on the page, that follows in the browser, and the server is told where it comes to stand.
const BEAT_MS = 50, FRAME_MS = 700, FILM_MS = 350, LAST_FRAMES = 4, LOST_MS = 4000
const SEND_MS = 80, QUICK_MS = 300
const FILM = ".st-key-film"
const SPEED = "filterscope speed"
const states = new WeakMap()

export default function (component) {
  const { parentElement, data, setTriggerValue } = component
  let state = states.get(parentElement)
  if (!state) states.set(parentElement, (state = begin(parentElement)))
  state.send = (value) => setTriggerValue("moved", value)
  state.take(data)
  return () => {
    // Streamlit also takes back a call that a newer one overtook: the player goes on then
    if (parentElement.isConnected) return
    state.end()
    states.delete(parentElement)
  }
}

function begin(parent) {
  const find = (name) => parent.querySelector(`.${name}`)
  const [root, back, play, on, scrub, says, speed] =
    ["player", "back", "play", "on", "scrub", "says", "speed"].map(find)
  let data = null, index = 0, sent = null, sentAt = 0, timer = 0, playing = false, stoodAt = 0
  let film = false // that it plays

  const last = () => data.epochs.length - 1
  const draw = () => {
    scrub.max = last()
    scrub.value = index
    const epoch = data.epochs[index], following = data.following && index === last()
    scrub.setAttribute("aria-valuetext", `epoch ${epoch}`)
    says.textContent = `${data.label} ${epoch} of ${data.epochs[last()]}`
    says.title = following ? "Following the newest epoch" : ""
    root.classList.toggle("following", following)
    back.disabled = index === 0
    on.disabled = index === last()
    play.setAttribute("aria-label", playing ? "Pause" : "Play the epochs")
    play.title = play.getAttribute("aria-label")
    root.classList.toggle("playing", playing)
    if (!data.plays) return
    document.documentElement.dataset.epoch = epoch
    window.dispatchEvent(new Event("filterscope epoch"))
  }
  const tell = () => {
    sent = data.epochs[index]
    sentAt = performance.now()
    state.send({ epoch: sent, playing })
  }
  const go = (to, soon = true) => {
    to = Math.max(0, Math.min(last(), to))
    if (to === index && soon) return
    index = to
    draw()
    clearTimeout(timer)
    // the first of quick steps is told at once, of the others the last
    timer = setTimeout(tell, soon && performance.now() - sentAt < QUICK_MS ? SEND_MS : 0)
    sent = data.epochs[index]
    sentAt = performance.now()
  }
  const hold = () => (playing = film = false)
  const atRest = () => {
    const app = document.querySelector('[data-testid="stApp"]')
    return (
      sent === null &&
      app?.dataset.testScriptState !== "running" &&
      !document.querySelector(".st-key-job_panel")
    )
  }
  const beat = () => {
    if (sent !== null && performance.now() - sentAt > LOST_MS && !document.hidden) {
      // the server stands elsewhere and says nothing: it is right
      sent = null
      index = Math.max(0, data.epochs.indexOf(data.epoch))
      draw()
    }
    if (film) return roll()
    if (!playing) return
    if (!atRest()) {
      stoodAt = 0
      return
    }
    stoodAt = stoodAt || performance.now()
    if (performance.now() - stoodAt < FRAME_MS / Number(speed.value)) return
    stoodAt = 0
    if (index + 1 >= last()) playing = false
    go(index + 1, false)
  }
  const roll = () => {
    if (!document.querySelector(FILM)) return pause()
    const frames = index === last() ? LAST_FRAMES : 1
    stoodAt = stoodAt || performance.now()
    if (performance.now() - stoodAt < (frames * FILM_MS) / Number(speed.value)) return
    stoodAt = 0
    index = index === last() ? 0 : index + 1
    draw()
  }
  const pause = () => {
    hold()
    tell()
    draw()
  }
  const begins = () => {
    playing = film = true
    stoodAt = 0
    draw()
  }
  const begun = () => {
    if (data?.plays && !matchMedia("(prefers-reduced-motion: reduce)").matches) begins()
  }
  const keys = (event) => {
    if (!data.keys || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
    if (event.defaultPrevented || event.composedPath().some(ownsArrows)) return
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (by === undefined) return
    event.preventDefault()
    hold()
    go(index + by)
  }
  const clock = setInterval(beat, BEAT_MS)
  window.addEventListener("keydown", keys)
  window.addEventListener("filterscope film", begun)
  back.onclick = () => (hold(), go(index - 1))
  on.onclick = () => (hold(), go(index + 1))
  scrub.oninput = () => (hold(), go(Number(scrub.value)))
  play.onclick = () => {
    if (playing) return pause()
    if (document.querySelector(FILM)) return begins()
    playing = true
    stoodAt = 0
    if (index === last()) go(0, false)
    else tell()
    draw()
  }
  speed.value = localStorage.getItem(SPEED) ?? "1"
  if (speed.selectedIndex < 0) speed.value = "1"
  speed.onchange = () => localStorage.setItem(SPEED, speed.value)

  const state = {
    send: null,
    take(now) {
      const first = data === null
      data = now
      root.classList.toggle("slim", !data.plays)
      scrub.setAttribute("aria-label", data.label)
      if (film) {
        sent = null // the film goes on from where it is
      } else if (sent !== null && data.epoch !== sent && data.epochs.includes(sent)) {
        index = data.epochs.indexOf(sent) // newer than what was drawn
      } else {
        sent = null
        index = data.epochs.indexOf(data.epoch)
      }
      if (first) playing = data.playing
      if (first && document.querySelector(FILM)) begun()
      draw()
    },
    end() {
      clearInterval(clock)
      clearTimeout(timer)
      window.removeEventListener("keydown", keys)
      window.removeEventListener("filterscope film", begun)
    },
  }
  return state
}

function ownsArrows(element) {
  return (
    element instanceof Element &&
    (element.matches("input, textarea, select, [contenteditable=true], [data-own-arrows]") ||
      /^(slider|listbox|combobox|menu|menuitem|option|tab|radio|radiogroup|grid|gridcell|application)$/.test(
        element.getAttribute("role") ?? ""
      ))
  )
}
