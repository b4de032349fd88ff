// What only the browser knows: how wide the page is, and the key of lecture mode.
const SETTLE_MS = 250, DIFFERENT_PX = 8, PATIENCE = 40
let told = 0

export default function ({ data, setStateValue, setTriggerValue }) {
  const main = document.querySelector('[data-testid="stMainBlockContainer"]')
  if (!main) return
  document.documentElement.classList.toggle("lecture", data.lecture)

  const measure = (patience = PATIENCE) => {
    // Streamlit drops what it has not yet sent of a page that it draws anew: let it end first
    const app = document.querySelector('[data-testid="stApp"]')
    if (app?.dataset.testScriptState === "running" && patience) {
      timer = setTimeout(measure, SETTLE_MS, patience - 1)
      return
    }
    const style = getComputedStyle(main)
    const room = main.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
    const width = Math.floor(room)
    if (width < 200 || Math.abs(width - data.width) < DIFFERENT_PX || width === told) return
    told = width
    document.cookie = `filterscope_width=${width}; path=/; SameSite=Lax; max-age=31536000`
    setStateValue("width", width)
  }
  let timer = setTimeout(measure, SETTLE_MS)
  const observer = new ResizeObserver(() => {
    clearTimeout(timer)
    timer = setTimeout(measure, SETTLE_MS)
  })
  observer.observe(main)

  const keys = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return
    const typing = event.composedPath().some(
      (each) => each instanceof Element && each.matches("input:not([type=range]), textarea, select, [contenteditable=true]")
    )
    if (typing) return
    if (event.key === "p" || (event.key === "Escape" && data.lecture)) {
      event.preventDefault()
      setTriggerValue("lecture", { on: !data.lecture })
    }
  }
  window.addEventListener("keydown", keys)
  document.documentElement.dataset.filterscope = "listens"
  return () => {
    clearTimeout(timer)
    observer.disconnect()
    window.removeEventListener("keydown", keys)
  }
}
