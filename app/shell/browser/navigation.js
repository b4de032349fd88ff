// Streamlit lists the groups of pages as boxes between a list and its items, which a screen reader
// then counts wrongly: links in a navigation say all that there is.
export default function () {
  const sidebar = document.querySelector('[data-testid="stSidebar"]')
  if (!sidebar) return
  const mend = () => {
    const parts = sidebar.querySelectorAll('[data-testid="stSidebarNavItems"], [data-testid="stSidebarNavItems"] li')
    for (const part of parts) part.setAttribute("role", "none")
  }
  mend()
  const observer = new MutationObserver(mend)
  observer.observe(sidebar, { childList: true, subtree: true })
  return () => observer.disconnect()
}
