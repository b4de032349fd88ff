// What only the browser knows: how wide the page is, and the key of lecture mode. Streamlit calls
// this anew with every change of the data and never takes the former call back, so it listens once
// and acts for the newest.
const SETTLE_MS = 250, MORE_PX = 8, PATIENCE = 40
const TYPED_INTO = "input:not([type=range]), textarea, select, [contenteditable=true]"
let page = null, main = null, told = 0, timer = 0, turned = null

export default function (component) {
  page = component
  if (page.data.lecture === turned) turned = null
  if (!document.documentElement.dataset.filterscope) {
    window.addEventListener("keydown", keys)
    document.documentElement.dataset.filterscope = "listens"
  }
  const now = document.querySelector('[data-testid="stMainBlockContainer"]')
  if (now === main) return
  main = now
  resized.disconnect()
  if (main) resized.observe(main) // tells its first size, too
}

const resized = new ResizeObserver(() => {
  clearTimeout(timer)
  timer = setTimeout(measure, SETTLE_MS, PATIENCE)
})

function measure(patience) {
  // Streamlit drops what it has not yet sent of a page that it draws anew: let it end first
  const app = document.querySelector('[data-testid="stApp"]')
  if (app?.dataset.testScriptState === "running" && patience) {
    timer = setTimeout(measure, SETTLE_MS, patience - 1)
    return
  }
  const style = getComputedStyle(main)
  const room = main.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
  const width = Math.floor(room)
  // what is too wide by one pixel does not fit; what is a little too narrow is not worth a redraw
  const fits = page.data.width <= width && width < page.data.width + MORE_PX
  if (width < 200 || fits || width === told) return
  told = width
  document.cookie = `filterscope_width=${width}; path=/; SameSite=Lax; max-age=31536000`
  page.setStateValue("width", width)
}

function keys(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return
  if (event.composedPath().some((each) => each instanceof Element && each.matches(TYPED_INTO))) return
  // a second press turns back the first, also before the server has answered that
  const lecture = turned ?? page.data.lecture
  if (event.key === "p" || (event.key === "Escape" && lecture)) {
    event.preventDefault()
    turned = !lecture
    page.setTriggerValue("lecture", { on: turned })
  }
}
